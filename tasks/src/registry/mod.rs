//! Tasks by name.
