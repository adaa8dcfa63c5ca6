//! The report's figures: each a picture with the table of its numbers.

mod curves;
mod heatmaps;
mod language;
mod link;
mod scores;
mod training;
mod underserved;
mod usage;

use harness_metrics::{PairMeasure, SideMeasure};
use serde::Serialize;

pub(super) use link::link_figures;
pub(super) use scores::score_figures;
pub(super) use training::training_sentences;

use super::names::file_name;
use super::text::cell;
use crate::record::Span;
use crate::routing::{Curve, RoutingPair};
use crate::summary::Summary;

/// Figures that belong together.
#[derive(Serialize)]
pub(super) struct FigureGroup {
    pub(super) title: String,
    /// What is to be seen, and how it was measured.
    pub(super) note: String,
    pub(super) figures: Vec<Figure>,
}

/// A picture with the table of its numbers.
#[derive(Serialize)]
pub(super) struct Figure {
    pub(super) title: String,
    /// An `svg` element, escaped already.
    pub(super) svg: String,
    pub(super) columns: Vec<String>,
    pub(super) rows: Vec<Vec<String>>,
    /// The table as a data address.
    pub(super) csv: String,
    /// Name under which that is saved.
    pub(super) file: String,
    /// Whether report.md shows the table, too.
    pub(super) in_markdown: bool,
}

impl Figure {
    pub(super) fn new(
        title: &str,
        svg: String,
        columns: Vec<String>,
        rows: Vec<Vec<String>>,
    ) -> Self {
        Self {
            title: title.to_owned(),
            svg,
            csv: csv_address(&columns, &rows),
            file: format!("{}.csv", file_name(&title.replace(' ', "_"))),
            columns,
            rows,
            in_markdown: false,
        }
    }
}

/// Every figure of the routing section; groups without figures are left out.
pub(super) fn routing_figures(summary: &Summary) -> Vec<FigureGroup> {
    let mut groups = vec![
        usage::entropy(summary),
        usage::gaps(summary),
        underserved::underserved(summary),
        curves::by_checkpoint(summary, SideMeasure::Gini, "Gini coefficient by layer", GINI),
        curves::by_checkpoint(
            summary,
            SideMeasure::LoadedExperts,
            "Active experts by layer",
            ACTIVE,
        ),
        stages(summary),
        similarity(summary),
        language::classes(summary),
        language::by_index(summary),
        heatmaps::heatmaps(summary),
        curves::by_checkpoint(
            summary,
            SideMeasure::SelectionEntropy,
            "Selection entropy by layer",
            SELECTION,
        ),
        training::training(summary),
    ];
    groups.retain(|group| !group.figures.is_empty());
    groups
}

const GINI: &str =
    "How unevenly a layer's experts are used: 0 when all alike, near 1 when few do everything.";
const ACTIVE: &str = "Experts with at least a tenth of an even share of the tokens.";
const SELECTION: &str = "How undecided the router is about a single token, mean over tokens. A router may be sure of every token and still use all experts.";

/// Checkpoints on equal axes.
fn stages(summary: &Summary) -> FigureGroup {
    let measures =
        [(SideMeasure::UsageEntropy, "Usage entropy"), (SideMeasure::Gini, "Gini coefficient")];
    let figures = measures.map(|(measure, title)| curves::by_language(summary, measure, title));
    FigureGroup {
        title: "Stages of training".to_owned(),
        note: "The same rows of text through every checkpoint, on equal axes.".to_owned(),
        figures: if summary.manifest.models.len() > 1 {
            figures.into_iter().flatten().collect()
        } else {
            Vec::new()
        },
    }
}

/// How alike two languages are routed.
fn similarity(summary: &Summary) -> FigureGroup {
    let measures = [
        (PairMeasure::Cosine, "Cosine"),
        (PairMeasure::TopKShare, "Most used experts in common"),
        (PairMeasure::Spearman, "Spearman's ρ"),
        (PairMeasure::Kendall, "Kendall's τ-b"),
        (PairMeasure::JensenShannon, "Jensen-Shannon divergence"),
    ];
    let figures = measures.map(|(measure, title)| curves::of_pairs(summary, measure, title));
    FigureGroup {
        title: "How alike two languages are routed".to_owned(),
        note: "Loads of a layer's experts in two languages. The grey band is where two random halves of one language lie (95 % of 200 halvings, from the lowest to the highest over both languages and all checkpoints): compare with it, not with 0 or 1.".to_owned(),
        figures: figures.into_iter().flatten().collect(),
    }
}

/// Every model's pairs of languages.
fn all_pairs(summary: &Summary) -> impl Iterator<Item = (&String, &RoutingPair)> {
    let models = summary.manifest.models.keys();
    models.flat_map(|model| summary.pairs(model).iter().map(move |pair| (model, pair)))
}

/// Every value and every end of an interval of a curve.
fn curve_reach(curve: &Curve) -> Vec<f64> {
    let ends = curve.intervals.iter().flatten().flat_map(|interval| [interval.low, interval.high]);
    curve.values.iter().flatten().copied().chain(ends).collect()
}

/// Layer numbers of a model's MoE layers.
fn moe_layers(summary: &Summary, model: &str) -> Vec<usize> {
    let router = summary.manifest.models.get(model).and_then(|model| model.router.as_ref());
    router.map_or_else(Vec::new, |router| router.moe_layers.clone())
}

/// One load of activation rates a layer.
type Profile = Vec<Vec<f64>>;

/// Activation rates of both languages' questions.
fn profiles(summary: &Summary, model: &str, pair: &RoutingPair) -> Option<(Profile, Profile)> {
    let profile = |task: &str| -> Option<Profile> {
        let mut groups = summary.routing(model).iter();
        groups.find(|g| g.task == task && g.span == Span::Question)?.counts.profile()
    };
    profile(&pair.a.task).zip(profile(&pair.b.task))
}

/// A table as `data:text/csv,…`: comma-separated, a plain minus sign, percent-encoded.
fn csv_address(columns: &[String], rows: &[Vec<String>]) -> String {
    let field = |text: &String| {
        let text = text.replace('\u{2212}', "-").replace(['–', '\u{202f}'], "");
        // A negative number is no formula.
        let text = if text.parse::<f64>().is_ok() { text } else { cell(&text).into_owned() };
        match text.contains([',', '"', '\n']) {
            true => format!("\"{}\"", text.replace('"', "\"\"")),
            false => text,
        }
    };
    let line = |row: &[String]| row.iter().map(field).collect::<Vec<_>>().join(",");
    let lines: Vec<String> =
        std::iter::once(line(columns)).chain(rows.iter().map(|row| line(row))).collect();
    format!("data:text/csv;charset=utf-8,{}", encoded(&lines.join("\r\n")))
}

fn encoded(text: &str) -> String {
    let mut encoded = String::with_capacity(text.len() * 2);
    for byte in text.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b',' => {
                encoded.push(char::from(byte));
            }
            _ => encoded.push_str(&format!("%{byte:02X}")),
        }
    }
    encoded
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tables_are_saved_as_numbers_and_never_as_formulas() {
        let rows = [vec!["\u{2212}0.25".to_owned(), "=1+1".to_owned(), "a,b".to_owned()]];
        let found = csv_address(&["x".to_owned(), "y".to_owned(), "z".to_owned()], &rows);
        assert_eq!(found, "data:text/csv;charset=utf-8,x,y,z%0D%0A-0.25,%27%3D1%2B1,%22a,b%22");
    }
}
