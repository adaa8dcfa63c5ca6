//! `matrix.bin`: what one word costs beside another.

use std::path::Path;

use super::MecabError;
use super::bytes::{numbers, read};

/// The largest matrix that is read: IPADIC's has 3.5 MB.
const MAX_BYTES: u64 = 1 << 30;

/// Costs by the context ids of two neighbours.
pub(super) struct Connections {
    /// Context ids of words on the left.
    pub(super) left: usize,
    /// Context ids of words on the right.
    pub(super) right: usize,
    costs: Vec<i16>,
}

impl Connections {
    pub(super) fn open(path: &Path) -> Result<Self, MecabError> {
        let bytes = read(path, MAX_BYTES)?;
        let wrong = || MecabError::file(path, "not a matrix of connection costs");
        let (sizes, costs) = bytes.split_at_checked(4).ok_or_else(wrong)?;
        let mut sizes = numbers(sizes).map(|size| usize::from(u16::from_le_bytes(size)));
        let (left, right) = sizes.next().zip(sizes.next()).ok_or_else(wrong)?;
        let costs: Vec<i16> = numbers(costs).map(i16::from_le_bytes).collect();
        if left == 0 || right == 0 || costs.len() != left * right {
            return Err(wrong());
        }
        Ok(Self { left, right, costs })
    }

    /// The cost of a word whose right side is `right_of_left` before one
    /// whose left side is `left_of_right`; both below the matrix's sizes,
    /// which the lexicon checks.
    pub(super) fn cost(&self, right_of_left: u16, left_of_right: u16) -> i64 {
        let index = usize::from(right_of_left) + self.left * usize::from(left_of_right);
        i64::from(self.costs[index])
    }
}
