//! Jinja, rendered as Python would.
