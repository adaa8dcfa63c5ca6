//! Loss curves as the trainer leaves them.

use std::path::Path;

/// The losses of a `loss.csv`; empty when there is none.
pub fn read(path: &Path) -> Vec<f64> {
    let text = std::fs::read_to_string(path).unwrap_or_default();
    let loss = |line: &str| line.split(',').nth(2).and_then(|loss| loss.parse().ok());
    text.lines().skip(1).filter_map(loss).collect()
}
