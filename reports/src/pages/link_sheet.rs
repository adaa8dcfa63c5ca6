//! link.csv: one row a number of the link.

use harness_metrics::Interval;
use harness_metrics::association::Adjusted;

use super::ReportError;
use super::sheets::{number, sheet, text};
use crate::summary::Summary;
use crate::summary::link::{ChangeRow, CheckpointRow, FlipRow, Predictor, WithinRow};

const COLUMNS: [&str; 17] = [
    "level",
    "from",
    "model",
    "predictor",
    "role",
    "score",
    "n",
    "independent",
    "effect",
    "value",
    "stderr",
    "low",
    "high",
    "sd",
    "p",
    "p_holm",
    "reason",
];

/// A row as it is filled; what does not apply stays empty.
#[derive(Default)]
struct Row {
    level: &'static str,
    from: String,
    model: String,
    predictor: String,
    role: &'static str,
    score: String,
    n: Option<usize>,
    independent: Option<usize>,
    effect: &'static str,
    value: Option<f64>,
    stderr: Option<f64>,
    ends: Option<(f64, f64)>,
    sd: Option<f64>,
    p: Option<f64>,
    p_holm: Option<f64>,
    reason: String,
}

impl Row {
    fn with(mut self, adjusted: Option<&Adjusted>) -> Self {
        if let Some(adjusted) = adjusted {
            self.effect = "log_odds_per_sd";
            self.value = Some(adjusted.log_odds.value);
            self.stderr = adjusted.log_odds.stderr;
            self.ends = adjusted.log_odds.interval.as_ref().map(|i| (i.low, i.high));
            self.p = Some(adjusted.p);
        }
        self
    }

    fn fields(self) -> Vec<String> {
        let whole = |n: Option<usize>| n.map_or_else(String::new, |n| n.to_string());
        vec![
            self.level.to_owned(),
            text(&self.from),
            text(&self.model),
            text(&self.predictor),
            self.role.to_owned(),
            text(&self.score),
            whole(self.n),
            whole(self.independent),
            self.effect.to_owned(),
            number(self.value),
            number(self.stderr),
            number(self.ends.map(|ends| ends.0)),
            number(self.ends.map(|ends| ends.1)),
            number(self.sd),
            number(self.p),
            number(self.p_holm),
            text(&self.reason),
        ]
    }
}

/// The sheet.
pub(super) fn link(summary: &Summary) -> Result<Vec<u8>, ReportError> {
    let link = summary.link();
    let mut rows = vec![COLUMNS.map(str::to_owned).to_vec()];
    rows.extend(link.flips.iter().map(|row| flip(row).fields()));
    rows.extend(link.within.iter().map(|row| within(row).fields()));
    rows.extend(link.changes.iter().map(|row| changes(row).fields()));
    rows.extend(link.checkpoints.iter().map(|row| checkpoints(row).fields()));
    sheet(&rows)
}

fn role(predictor: Predictor) -> &'static str {
    if predictor == Predictor::PRIMARY { "primary" } else { "exploratory" }
}

fn flip(row: &FlipRow) -> Row {
    let link = row.link.as_ref().ok();
    Row {
        level: "flips",
        from: row.from.clone(),
        model: row.to.clone(),
        predictor: row.predictor.name().to_owned(),
        role: role(row.predictor),
        n: link.map(|link| link.flips.discordant() as usize),
        sd: link.map(|link| link.sd),
        p_holm: row.p_holm,
        reason: row.link.as_ref().err().cloned().unwrap_or_default(),
        ..Row::default()
    }
    .with(link.map(|link| &link.adjusted))
}

fn within(row: &WithinRow) -> Row {
    let link = row.link.as_ref().ok();
    Row {
        level: "documents",
        model: row.model.clone(),
        predictor: row.predictor.name().to_owned(),
        role: role(row.predictor),
        n: link.map(|link| link.n),
        sd: link.map(|link| link.sd),
        p_holm: row.p_holm,
        reason: row.link.as_ref().err().cloned().unwrap_or_default(),
        ..Row::default()
    }
    .with(link.map(|link| &link.adjusted))
}

fn changes(row: &ChangeRow) -> Row {
    let link = row.link.as_ref();
    let ends = |interval: &Interval| (interval.low, interval.high);
    Row {
        level: "changes",
        predictor: "usage entropy of the last eighth".to_owned(),
        n: link.map(|link| link.n),
        independent: link.map(|link| link.tasks),
        effect: "points_per_bit",
        value: link.map(|link| link.slope),
        ends: link.and_then(|link| link.interval.as_ref()).map(ends),
        p: link.and_then(|link| link.p),
        reason: if link.is_none() { "too few tasks".to_owned() } else { String::new() },
        ..Row::default()
    }
}

fn checkpoints(row: &CheckpointRow) -> Row {
    let link = row.link.as_ref();
    let descriptive = link.is_none_or(|link| link.is_descriptive());
    Row {
        level: "checkpoints",
        predictor: format!("{} {}/{}", row.measure.name(), row.languages.0, row.languages.1),
        role: if descriptive { "descriptive" } else { "" },
        score: if row.is_average { format!("average of {}", row.score) } else { row.score.clone() },
        n: Some(row.points.len()),
        independent: link.map(|link| link.lineages),
        effect: "pearson_r",
        value: link.map(|link| link.r),
        ends: link.and_then(|link| link.interval),
        p: link.and_then(|link| link.p_within_lineages.or(link.p_if_independent)),
        ..Row::default()
    }
}
