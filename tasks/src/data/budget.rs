//! How much a dataset may cost before it is taken for an attack.

/// The most bytes of one file, and the most that a compressed one may hold.
pub const MAX_BYTES: u64 = 4 << 30;
/// The most bytes of one line.
pub const MAX_LINE: u64 = 256 << 20;
/// The most rows of one file.
pub const MAX_ROWS: usize = 20_000_000;
