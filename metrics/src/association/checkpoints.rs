//! Over checkpoints: does a routing measure rise with a score?
//!
//! Checkpoints of one lineage are not independent, so what counts is the number of lineages.
//! Below [`FEWEST_LINEAGES`] of them everything here describes the points at hand and nothing
//! more: no line is drawn, and the correlation's interval and p-value say what they would be if
//! every checkpoint stood for itself.

use super::correlation::{fisher_interval, leave_one_out, pearson, permutation_p, spearman};
use super::line::Line;
use crate::scores::Resampling;

/// Below this many lineages points are described only.
pub const FEWEST_LINEAGES: usize = 5;

/// A checkpoint.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Point {
    /// Number of its lineage.
    pub lineage: usize,
    /// Its routing measure.
    pub routing: f64,
    /// Its score.
    pub score: f64,
}

/// What the checkpoints say.
#[derive(Clone, PartialEq, Debug)]
pub struct CheckpointLink {
    /// Pearson's r.
    pub r: f64,
    /// Spearman's rank correlation.
    pub rank: Option<f64>,
    /// Fisher's interval of r as if checkpoints were independent; `None` below four points.
    pub interval: Option<(f64, f64)>,
    /// Two-sided permutation p-value of r as if checkpoints were independent, twice the smaller
    /// tail.
    pub p_if_independent: Option<f64>,
    /// The same, exchanging checkpoints of one lineage only; `None` where every lineage has one, or
    /// there is one lineage.
    pub p_within_lineages: Option<f64>,
    /// The smallest and largest r without one point; `None` below four points.
    pub leave_one_out: Option<(f64, f64)>,
    /// The line through the points; `None` below [`FEWEST_LINEAGES`] lineages.
    pub line: Option<Line>,
    /// Points.
    pub points: usize,
    /// Independent lineages: the n that counts.
    pub lineages: usize,
}

impl CheckpointLink {
    /// Whether there are too few lineages to say more than what these points look like.
    #[must_use]
    pub fn is_descriptive(&self) -> bool {
        self.lineages < FEWEST_LINEAGES
    }
}

/// Asks the checkpoints; `None` below three points or without variation: two points always lie
/// on a line.
#[must_use]
pub fn link(points: &[Point], resampling: Resampling) -> Option<CheckpointLink> {
    let x: Vec<f64> = points.iter().map(|point| point.routing).collect();
    let y: Vec<f64> = points.iter().map(|point| point.score).collect();
    let r = pearson(&x, &y).filter(|_| points.len() > 2)?;
    let lineage: Vec<usize> = points.iter().map(|point| point.lineage).collect();
    let mut distinct = lineage.clone();
    distinct.sort_unstable();
    distinct.dedup();
    let lineages = distinct.len();
    let p = |blocks: &[usize]| permutation_p(&x, &y, blocks, pearson, resampling);
    Some(CheckpointLink {
        r,
        rank: spearman(&x, &y),
        interval: fisher_interval(r, points.len(), resampling.level),
        p_if_independent: p(&vec![0; points.len()]),
        p_within_lineages: (1 < lineages && lineages < points.len()).then(|| p(&lineage)).flatten(),
        leave_one_out: leave_one_out(&x, &y),
        line: (lineages >= FEWEST_LINEAGES).then(|| Line::through(&x, &y)).flatten(),
        points: points.len(),
        lineages,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Shared experts (%) and Hebrew averages of Qwen3-30B base and CPT and Nemotron base and CPT
    /// as printed in arXiv:2605.17598.
    fn paper(lineages: [usize; 4]) -> Vec<Point> {
        let (x, y) = ([43.8, 68.0, 73.4, 99.2], [61.85, 62.70, 65.61, 68.00]);
        let point = |i: usize| Point { lineage: lineages[i], routing: x[i], score: y[i] };
        (0..4).map(point).collect()
    }

    #[test]
    fn the_papers_four_points_describe_two_families() {
        let found = link(&paper([0, 0, 1, 1]), Resampling::default()).unwrap();
        assert!((found.r - 0.932_339).abs() < 5e-7);
        let (low, high) = found.interval.unwrap();
        assert!((low + 0.2766).abs() < 5e-5 && (high - 0.9986).abs() < 5e-5);
        assert!((found.p_if_independent.unwrap() - 2.0 / 24.0).abs() < 1e-12, "not 1/24");
        assert!((found.p_within_lineages.unwrap() - 0.5).abs() < 1e-12, "four arrangements");
        assert!(found.is_descriptive() && found.line.is_none());
        assert_eq!((found.points, found.lineages), (4, 2));
    }

    #[test]
    fn three_points_have_no_interval_and_two_no_answer() {
        let found = link(&paper([0; 4])[..3], Resampling::default()).unwrap();
        assert_eq!((found.interval, found.leave_one_out), (None, None));
        assert!((found.p_if_independent.unwrap() - 1.0 / 3.0).abs() < 1e-12);
        assert_eq!(link(&paper([0; 4])[..2], Resampling::default()), None);
    }

    #[test]
    fn five_lineages_have_a_line() {
        let point = |i: usize| Point { lineage: i, routing: i as f64, score: (i * i) as f64 };
        let found = link(&(0..5).map(point).collect::<Vec<_>>(), Resampling::default()).unwrap();
        assert!((found.line.unwrap().slope - 4.0).abs() < 1e-12 && !found.is_descriptive());
        assert_eq!(found.p_within_lineages, None);
    }
}
