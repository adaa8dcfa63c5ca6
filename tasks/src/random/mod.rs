//! CPython's random stream.
