//! Tables of the link.

use serde::Serialize;

use super::format::{self, fixed, optional, p_value};
use super::link_text::{self, odds_short, signed};
use super::link_text_across;
use crate::summary::Summary;
use crate::summary::link::{CheckpointRow, FlipRow, Predictor, RoutingMeasure, WithinRow};

/// Everything that is shown of the link.
#[derive(Serialize)]
pub(super) struct LinkView {
    flips: Level,
    within: Level,
    changes: Vec<String>,
    checkpoints: Vec<String>,
    matrices: Vec<Matrix>,
    trajectories: Vec<String>,
}

/// One level: sentences for the primary predictor, rows for all of them.
#[derive(Serialize)]
struct Level {
    sentences: Vec<String>,
    rows: Vec<LevelRow>,
}

/// One predictor of one comparison or checkpoint.
#[derive(Serialize)]
struct LevelRow {
    name: String,
    predictor: String,
    n: String,
    sd: String,
    odds: String,
    p: String,
    p_holm: String,
    area: String,
    /// Why there are no numbers.
    reason: String,
}

/// Correlations over checkpoints, a routing measure a column.
#[derive(Serialize)]
struct Matrix {
    title: String,
    measures: Vec<&'static str>,
    rows: Vec<MatrixRow>,
}

#[derive(Serialize)]
struct MatrixRow {
    name: String,
    points: usize,
    lineages: String,
    cells: Vec<String>,
}

impl LinkView {
    pub(super) fn of(summary: &Summary) -> Self {
        let link = summary.link();
        let primary = |predictor: Predictor| predictor == Predictor::PRIMARY;
        let flips = link.flips.iter().filter(|row| primary(row.predictor));
        let within = link.within.iter().filter(|row| primary(row.predictor));
        let (edges, models) = (flips.clone().count(), within.clone().count());
        Self {
            flips: Level {
                sentences: flips.map(|row| link_text::flip(row, edges)).collect(),
                rows: link.flips.iter().map(flip_row).collect(),
            },
            within: Level {
                sentences: within.map(|row| link_text::within(row, models)).collect(),
                rows: link.within.iter().map(within_row).collect(),
            },
            changes: link.changes.iter().map(link_text_across::changes).collect(),
            checkpoints: link_text_across::checkpoints(&link.checkpoints),
            matrices: matrices(&link.checkpoints),
            trajectories: link.trajectories.iter().map(link_text_across::trajectory).collect(),
        }
    }
}

fn predictor_name(predictor: Predictor) -> String {
    let role = if predictor == Predictor::PRIMARY { "primary" } else { "exploratory" };
    format!("{} ({role})", predictor.name())
}

fn flip_row(row: &FlipRow) -> LevelRow {
    let link = row.link.as_ref().ok();
    LevelRow {
        name: format!("{} → {}", row.from, row.to),
        predictor: predictor_name(row.predictor),
        n: link.map_or_else(dash, |link| format!("{} + {}", link.flips.gained, link.flips.lost)),
        sd: optional(link.map(|link| link.sd), 3),
        odds: link.map_or_else(dash, |link| odds_short(&link.adjusted.log_odds)),
        p: link.map_or_else(dash, |link| p_value(link.adjusted.p)),
        p_holm: row.p_holm.map_or_else(dash, p_value),
        area: String::new(),
        reason: row.link.as_ref().err().cloned().unwrap_or_default(),
    }
}

fn within_row(row: &WithinRow) -> LevelRow {
    let link = row.link.as_ref().ok();
    let gain = link.and_then(|link| {
        let (area, gain) = (link.area_without?, link.area_gain.as_ref()?);
        let ends = gain.interval.as_ref().map_or_else(String::new, |ends| {
            format!(" ({} to {})", fixed(100.0 * ends.low, 1), fixed(100.0 * ends.high, 1))
        });
        Some(format!("{} {}{ends}", fixed(100.0 * area, 1), signed(100.0 * gain.value, 1)))
    });
    LevelRow {
        name: row.model.clone(),
        predictor: predictor_name(row.predictor),
        n: link.map_or_else(dash, |link| link.n.to_string()),
        sd: optional(link.map(|link| link.sd), 3),
        odds: link.map_or_else(dash, |link| odds_short(&link.adjusted.log_odds)),
        p: link.map_or_else(dash, |link| p_value(link.adjusted.p)),
        p_holm: row.p_holm.map_or_else(dash, p_value),
        area: gain.unwrap_or_else(dash),
        reason: row.link.as_ref().err().cloned().unwrap_or_default(),
    }
}

fn dash() -> String {
    "–".to_owned()
}

/// A table a pair of languages; scores without a correlation are left out.
fn matrices(rows: &[CheckpointRow]) -> Vec<Matrix> {
    let mut languages: Vec<&(String, String)> = rows.iter().map(|row| &row.languages).collect();
    languages.dedup();
    let of = |pair: &(String, String)| {
        let rows: Vec<&CheckpointRow> = rows.iter().filter(|row| row.languages == *pair).collect();
        Matrix {
            title: format!("{} beside {}", format::language(&pair.0), format::language(&pair.1)),
            measures: RoutingMeasure::ALL.map(RoutingMeasure::name).into(),
            rows: matrix_rows(&rows),
        }
    };
    let mut matrices: Vec<Matrix> = languages.into_iter().map(of).collect();
    matrices.retain(|matrix| !matrix.rows.is_empty());
    matrices
}

fn matrix_rows(rows: &[&CheckpointRow]) -> Vec<MatrixRow> {
    let scores: Vec<&&CheckpointRow> =
        rows.iter().filter(|row| row.measure == RoutingMeasure::ALL[0]).collect();
    let row = |score: &&&CheckpointRow| {
        let same =
            |row: &&&CheckpointRow| row.score == score.score && row.is_average == score.is_average;
        let of =
            |measure: RoutingMeasure| rows.iter().filter(same).find(|row| row.measure == measure);
        let links = || RoutingMeasure::ALL.into_iter().filter_map(|m| of(m)?.link.as_ref());
        links().next()?;
        let cell = |measure| optional(of(measure).and_then(|row| Some(row.link.as_ref()?.r)), 2);
        Some(MatrixRow {
            name: if score.is_average {
                format!("average of {}", score.score)
            } else {
                score.score.clone()
            },
            points: score.points.len(),
            lineages: links().next().map_or_else(String::new, |link| link.lineages.to_string()),
            cells: RoutingMeasure::ALL.map(cell).into(),
        })
    };
    scores.iter().filter_map(row).collect()
}
