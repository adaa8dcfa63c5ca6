//! [`Dim`]: a size that remembers where it was stated.

use std::fmt;

/// A dimension with the keys of `config.json` that it comes from.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Dim {
    pub(crate) size: usize,
    pub(crate) key: &'static str,
}

impl Dim {
    pub(crate) fn new(size: usize, key: &'static str) -> Self {
        Self { size, key }
    }
}

impl fmt::Display for Dim {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({})", self.size, self.key)
    }
}
