//! Usage entropy by layer in two languages.

use harness_metrics::routing::usage;
use harness_metrics::{Interval, PairMeasure, SideMeasure};

use super::{Figure, FigureGroup, all_pairs, curve_reach, moe_layers};
use crate::pages::format::{self, fixed, language};
use crate::pages::svg::{Axis, Bar, BarChart, LineChart, Reference, Series};
use crate::routing::{Curve, LanguageSide, RoutingPair};
use crate::summary::Summary;

/// One figure a model and pair, on equal axes.
pub(super) fn entropy(summary: &Summary) -> FigureGroup {
    let models = summary.manifest.models.keys();
    let experts =
        summary.manifest.models.values().filter_map(|model| Some(model.router.as_ref()?.experts));
    let top = usage::entropy_ceiling_bits(experts.max().unwrap_or(1));
    FigureGroup {
        title: "Usage entropy by layer".to_owned(),
        note: "How evenly a layer's experts share the tokens of the same rows of text in two languages, up to the ceiling log₂ of their number. Shades are 95 % intervals over rows.".to_owned(),
        figures: models
            .flat_map(|model| summary.pairs(model).iter().map(move |pair| (model, pair)))
            .map(|(model, pair)| figure(summary, model, pair, top))
            .collect(),
    }
}

/// The gap by layer, one figure a model and pair, on equal axes.
pub(super) fn gaps(summary: &Summary) -> FigureGroup {
    let curves: Vec<(&String, &RoutingPair, &Curve)> = all_pairs(summary)
        .filter_map(|(model, pair)| Some((model, pair, pair.curve(PairMeasure::EntropyGap)?)))
        .collect();
    let reach = curves.iter().flat_map(|(_, _, curve)| curve_reach(curve));
    let axis = Axis::holding((-0.1, 0.1), reach.collect::<Vec<_>>());
    let figure = |(model, pair, curve): &(&String, &RoutingPair, &Curve)| {
        gap_figure(summary, model, pair, curve, axis)
    };
    FigureGroup {
        title: "Language gap by layer".to_owned(),
        note: "Usage entropy of the second language minus that of the first, bits; a bar upwards is a layer that spreads the first language over fewer experts. Whiskers are 95 % intervals over rows.".to_owned(),
        figures: curves.iter().map(figure).collect(),
    }
}

fn gap_figure(
    summary: &Summary,
    model: &str,
    pair: &RoutingPair,
    curve: &Curve,
    axis: Axis,
) -> Figure {
    let numbers = moe_layers(summary, model);
    let interval = |layer: usize| curve.interval(layer).map(|i| (i.low, i.high));
    let label = |layer: usize| numbers.get(layer).map_or_else(String::new, usize::to_string);
    let layers = 0..curve.values.len();
    let bar = |layer: usize| Bar {
        label: label(layer),
        value: curve.value(layer),
        interval: interval(layer),
        class: 0,
    };
    let (first, second) = (language(&pair.a.language), language(&pair.b.language));
    let chart = BarChart {
        title: format!("{second} minus {first} by layer: {model}"),
        description: format!("{} layers", curve.values.len()),
        x_label: "layer".to_owned(),
        y_label: "gap (bits)".to_owned(),
        axis,
        classes: Vec::new(),
        thresholds: Vec::new(),
        bars: layers.clone().map(bar).collect(),
    };
    let row = |layer: usize| {
        let end = |pick: fn((f64, f64)) -> f64| format::optional(interval(layer).map(pick), 3);
        vec![label(layer), format::optional(curve.value(layer), 3), end(|e| e.0), end(|e| e.1)]
    };
    let columns = ["layer", "gap (bits)", "low", "high"].map(str::to_owned);
    Figure::new(&chart.title, chart.draw(), columns.into(), layers.map(row).collect())
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
        axis: Axis::new(0.0, top),
        references: vec![Reference {
            name: format!("ceiling {}", fixed(ceiling, 2)),
            value: ceiling,
        }],
        shade: None,
        series: vec![series(&pair.a), series(&pair.b)],
    };
    let name = |side: &LanguageSide| format!("{} (bits)", language(&side.language));
    let columns = [
        "MoE layer".into(),
        "layer".into(),
        name(&pair.a),
        name(&pair.b),
        "gap (bits)".into(),
        "cosine".into(),
    ];
    let rows = numbers.iter().enumerate().map(|(position, number)| row(pair, position, *number));
    Figure {
        in_markdown: true,
        ..Figure::new(&title, chart.draw(), columns.into(), rows.collect())
    }
}

fn entropy_at(side: &LanguageSide, layer: usize) -> Option<f64> {
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
    let (a, b) = (entropy_at(&pair.a, position), entropy_at(&pair.b, position));
    let optional = |value: Option<f64>| format::optional(value, 3);
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
    let value = format::optional(gap, 3);
    match pair.curve(PairMeasure::EntropyGap).and_then(|gap| gap.interval(layer)) {
        Some(ends) => format!("{value} ({} to {})", fixed(ends.low, 3), fixed(ends.high, 3)),
        None => value,
    }
}
