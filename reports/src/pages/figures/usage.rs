//! The report's figures.

use harness_metrics::routing::usage;
use harness_metrics::{Interval, PairMeasure, SideMeasure};
use serde::Serialize;

use super::format::{fixed, language};
use super::svg::{LineChart, Series};
use crate::routing::{Curve, LanguageSide, RoutingPair};
use crate::summary::Summary;

/// A picture with the table of its numbers.
#[derive(Serialize)]
pub(super) struct Figure {
    pub(super) model: String,
    pub(super) title: String,
    /// An `svg` element, escaped already.
    pub(super) svg: String,
    pub(super) columns: Vec<String>,
    /// One row a MoE layer.
    pub(super) rows: Vec<Vec<String>>,
}

/// Usage entropy by layer in two languages, one figure a model and pair, on equal axes.
pub(super) fn entropy_figures(summary: &Summary) -> Vec<Figure> {
    let models = summary.manifest.models.keys();
    let experts =
        summary.manifest.models.values().filter_map(|model| Some(model.router.as_ref()?.experts));
    let top = usage::entropy_ceiling_bits(experts.max().unwrap_or(1));
    models
        .flat_map(|model| {
            summary.pairs(model).iter().map(move |pair| figure(summary, model, pair, top))
        })
        .collect()
}

fn figure(summary: &Summary, model: &str, pair: &RoutingPair, top: f64) -> Figure {
    let router = summary.manifest.models.get(model).and_then(|model| model.router.as_ref());
    let numbers = router.map_or_else(Vec::new, |router| router.moe_layers.clone());
    let ceiling = usage::entropy_ceiling_bits(router.map_or(1, |router| router.experts));
    let title = format!("Usage entropy by layer: {model}");
    let chart = LineChart {
        title: title.clone(),
        description: format!("{}; {}", range(&pair.a), range(&pair.b)),
        x_label: "layer".to_owned(),
        y_label: "usage entropy (bits)".to_owned(),
        positions: numbers.clone(),
        top,
        ceiling: Some((format!("ceiling {}", fixed(ceiling, 2)), ceiling)),
        series: vec![series(&pair.a), series(&pair.b)],
    };
    let name = |side: &LanguageSide| format!("{} (bits)", language(&side.language));
    Figure {
        model: model.to_owned(),
        title,
        svg: chart.draw(),
        columns: vec![
            "MoE layer".into(),
            "layer".into(),
            name(&pair.a),
            name(&pair.b),
            "gap (bits)".into(),
            "cosine".into(),
        ],
        rows: numbers
            .iter()
            .enumerate()
            .map(|(position, number)| row(pair, position, *number))
            .collect(),
    }
}

fn entropy(side: &LanguageSide, layer: usize) -> Option<f64> {
    side.measures.usage_entropy_bits.as_ref()?.get(layer).copied()
}

fn series(side: &LanguageSide) -> Series {
    let curve = side.numbers.curve(SideMeasure::UsageEntropy).cloned().unwrap_or_default();
    let Curve { values, intervals, .. } = curve;
    let ends = |interval: &Option<Interval>| interval.as_ref().map(|i| (i.low, i.high));
    let name = language(&side.language).to_owned();
    Series { name, values, band: intervals.iter().map(ends).collect() }
}

fn range(side: &LanguageSide) -> String {
    let values = side.measures.usage_entropy_bits.as_deref().unwrap_or_default();
    let (least, most) = values.iter().fold((f64::MAX, 0.0_f64), |(a, b), x| (a.min(*x), b.max(*x)));
    let name = language(&side.language);
    match values.last() {
        Some(last) => format!(
            "{name} from {} to {} bits, {} in the last layer",
            fixed(least, 2),
            fixed(most, 2),
            fixed(*last, 2)
        ),
        None => format!("{name} without tokens"),
    }
}

fn row(pair: &RoutingPair, position: usize, number: usize) -> Vec<String> {
    let (a, b) = (entropy(&pair.a, position), entropy(&pair.b, position));
    let optional = |value: Option<f64>| super::format::optional(value, 3);
    vec![
        position.to_string(),
        number.to_string(),
        optional(a),
        optional(b),
        gap(pair, position, a.zip(b).map(|(a, b)| b - a)),
        optional(pair.curve(PairMeasure::Cosine).and_then(|cosine| cosine.value(position))),
    ]
}

/// `0.372 (0.311 to 0.440)`.
fn gap(pair: &RoutingPair, layer: usize, gap: Option<f64>) -> String {
    let value = super::format::optional(gap, 3);
    match pair.curve(PairMeasure::EntropyGap).and_then(|gap| gap.interval(layer)) {
        Some(ends) => format!("{value} ({} to {})", fixed(ends.low, 3), fixed(ends.high, 3)),
        None => value,
    }
}
