use harness_models::UNCOUNTED;
use indexmap::IndexSet;

use crate::plan::Cell;

/// Routing groups: one for each distinct list of cells, numbered from 0 on.
#[derive(Debug, Default)]
pub(super) struct Groups(IndexSet<Vec<Cell>>);

impl Groups {
    /// The group of tokens that count for these cells, a new one if there was none.
    pub(super) fn of(&mut self, cells: &[Cell]) -> u32 {
        let known = self.0.get_index_of(cells);
        let index = known.unwrap_or_else(|| self.0.insert_full(cells.to_vec()).0);
        u32::try_from(index).expect("groups are fewer than tokens of a window, far below 2^32")
    }

    /// What a group counts for; nothing for [`UNCOUNTED`].
    pub(super) fn cells(&self, group: u32) -> &[Cell] {
        let known = (group != UNCOUNTED).then(|| self.0.get_index(group as usize)).flatten();
        known.map_or(&[], Vec::as_slice)
    }

    /// What each group counts for, with repetitions, in the order of their numbers.
    pub(super) fn iter(&self) -> impl Iterator<Item = &[Cell]> {
        self.0.iter().map(Vec::as_slice)
    }

    pub(super) fn len(&self) -> usize {
        self.0.len()
    }
}
