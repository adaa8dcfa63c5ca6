use std::ops::Range;

use harness_reports::Span;

use crate::encode::Pass;

/// Where a token's routing is counted: a document of the window, and a span of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Cell {
    /// Index of the document in its window.
    pub document: usize,
    /// The span.
    pub span: Span,
}

/// The cells of a stretch of distinct token positions, cut into runs of equal cells.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CellRuns {
    /// Disjoint ascending ranges of positions; a cell appears as often as the position counts for it.
    pub runs: Vec<(Range<usize>, Vec<Cell>)>,
}

impl CellRuns {
    /// Lays the runs of every pass that shares the positions `0..length` over one another.
    ///
    /// `runs` may overlap and come in any order; positions in none of them are counted nowhere.
    pub fn overlay(length: usize, runs: &[(Range<usize>, Cell)]) -> Self {
        let mut borders: Vec<usize> =
            runs.iter().flat_map(|(range, _)| [range.start, range.end]).collect();
        borders.extend([0, length]);
        borders.sort_unstable();
        borders.dedup();
        let cells_of = |piece: Range<usize>| {
            let covers =
                |range: &Range<usize>| range.start <= piece.start && piece.end <= range.end;
            let mut cells: Vec<Cell> =
                runs.iter().filter(|(range, _)| covers(range)).map(|(_, cell)| *cell).collect();
            cells.sort_unstable();
            (piece, cells)
        };
        let pieces = borders.windows(2).map(|pair| cells_of(pair[0]..pair[1]));
        Self { runs: pieces.filter(|(_, cells)| !cells.is_empty()).collect() }
    }
}

/// A pass's spans as runs of equal cells.
pub(super) fn runs_of(pass: &Pass, document: usize) -> Vec<(Range<usize>, Cell)> {
    let mut runs: Vec<(Range<usize>, Cell)> = Vec::new();
    for (at, span) in pass.spans.iter().enumerate() {
        let Some(span) = *span else { continue };
        let cell = Cell { document, span };
        match runs.last_mut() {
            Some((range, last)) if *last == cell && range.end == at => range.end = at + 1,
            _ => runs.push((at..at + 1, cell)),
        }
    }
    runs
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn overlay_counts_a_cell_as_often_as_it_covers_a_position() {
        let gold = Cell { document: 0, span: Span::ContinuationGold };
        let other = Cell { document: 0, span: Span::ContinuationOther };
        let runs = CellRuns::overlay(6, &[(0..4, other), (2..4, other), (3..5, gold)]).runs;
        assert_eq!(
            runs,
            [
                (0..2, vec![other]),
                (2..3, vec![other; 2]),
                (3..4, vec![gold, other, other]),
                (4..5, vec![gold])
            ]
        );
    }
}
