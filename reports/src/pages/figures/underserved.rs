//! Where a language is served least: layers with the largest gap, experts with the largest
//! difference, each with an interval that holds for all of them at once.

use harness_metrics::routing::bands::ExpertDifference;
use harness_metrics::scores::interval::z;
use harness_metrics::{Interval, PairMeasure};

use super::{Figure, FigureGroup, all_pairs, moe_layers};
use crate::pages::format::{fixed, language};
use crate::pages::svg::{Axis, Dot, DotChart, DotRow};
use crate::routing::{Curve, RoutingPair};
use crate::summary::Summary;

const MOST_LAYERS: usize = 10;

/// A chart of layers and one of experts for every model and two languages.
pub(super) fn underserved(summary: &Summary) -> FigureGroup {
    let of = |(model, pair): (&String, &RoutingPair)| {
        let layers = pair.curve(PairMeasure::EntropyGap);
        let layers = layers.and_then(|gap| layer_figure(summary, model, pair, gap));
        [layers, expert_figure(summary, model, pair)].into_iter().flatten().collect::<Vec<_>>()
    };
    FigureGroup {
        title: "Where the first language is served least".to_owned(),
        note: "The layers with the largest gap and the (layer, expert) pairs whose activation rates differ most. They were chosen because they are large, so the intervals are widened to hold for all layers, or all experts of all layers, at once (Bonferroni).".to_owned(),
        figures: all_pairs(summary).flat_map(of).collect(),
    }
}

/// One row of a chart and its table.
struct Entry {
    label: String,
    value: f64,
    interval: Option<(f64, f64)>,
}

fn layer_figure(summary: &Summary, model: &str, pair: &RoutingPair, gap: &Curve) -> Option<Figure> {
    let numbers = moe_layers(summary, model);
    let layers = gap.values.len();
    let entry = |layer: usize| {
        let value = gap.value(layer)?;
        let number = numbers.get(layer).copied().unwrap_or(layer);
        let interval = gap.interval(layer).map(|ends| widened(value, ends, layers));
        Some(Entry { label: format!("layer {number}"), value, interval })
    };
    let mut entries: Vec<Entry> = (0..layers).filter_map(entry).collect();
    entries.sort_by(|x, y| y.value.total_cmp(&x.value));
    entries.truncate(MOST_LAYERS);
    let (first, second) = (language(&pair.a.language), language(&pair.b.language));
    let title = format!("Largest gaps of {first} to {second}: {model}");
    figure(title, "gap (bits)", &entries)
}

/// The ends moved away from the value as far as holding for `comparisons` at once takes.
fn widened(value: f64, interval: &Interval, comparisons: usize) -> (f64, f64) {
    let adjusted = 1.0 - (1.0 - interval.level) / comparisons.max(1) as f64;
    let factor = z(adjusted) / z(interval.level);
    (value - (value - interval.low) * factor, value + (interval.high - value) * factor)
}

fn expert_figure(summary: &Summary, model: &str, pair: &RoutingPair) -> Option<Figure> {
    let numbers = moe_layers(summary, model);
    let entry = |expert: &ExpertDifference| {
        let layer = numbers.get(expert.layer).copied().unwrap_or(expert.layer);
        let interval = expert.difference.interval.as_ref();
        Entry {
            label: format!("layer {layer}, expert {}", expert.expert),
            value: 100.0 * expert.difference.value,
            interval: interval.map(|ends| (100.0 * ends.low, 100.0 * ends.high)),
        }
    };
    let entries: Vec<Entry> = pair.numbers.most_different.iter().map(entry).collect();
    let (first, second) = (language(&pair.a.language), language(&pair.b.language));
    let title = format!("Most different experts, {first} minus {second}: {model}");
    figure(title, "activation rate (points)", &entries)
}

fn figure(title: String, x_label: &str, entries: &[Entry]) -> Option<Figure> {
    let reach = entries.iter().flat_map(|entry| {
        let (low, high) = entry.interval.unwrap_or((entry.value, entry.value));
        [low, high]
    });
    let least = entries.iter().map(|entry| entry.value.abs()).fold(0.0, f64::max).max(1e-3) / 10.0;
    let chart = DotChart {
        description: format!("{} rows", entries.len()),
        title,
        x_label: x_label.to_owned(),
        axis: Axis::holding((-least, least), reach.collect::<Vec<_>>()),
        zero: Some(0.0),
        series: Vec::new(),
        rows: entries
            .iter()
            .map(|entry| DotRow {
                label: entry.label.clone(),
                dots: vec![Dot { series: 0, value: entry.value, interval: entry.interval }],
            })
            .collect(),
    };
    let row = |entry: &Entry| {
        let end = |pick: fn((f64, f64)) -> f64| {
            entry.interval.map_or_else(String::new, |ends| fixed(pick(ends), 3))
        };
        vec![entry.label.clone(), fixed(entry.value, 3), end(|e| e.0), end(|e| e.1)]
    };
    let columns = ["", x_label, "low", "high"].map(str::to_owned).into();
    let rows = entries.iter().map(row).collect();
    (!entries.is_empty()).then(|| Figure::new(&chart.title, chart.draw(), columns, rows))
}

#[cfg(test)]
mod tests {
    use harness_metrics::IntervalMethod;

    use super::*;

    #[test]
    fn ten_layers_take_wider_intervals_than_one() {
        let ends = Interval { low: 0.0, high: 2.0, level: 0.95, method: IntervalMethod::Normal };
        let (low, high) = widened(1.0, &ends, 10);
        // z(0.995) / z(0.95) = 2.807034 / 1.959964.
        assert!((high - 1.0 - 1.432_186).abs() < 1e-5 && (low - 1.0 + 1.432_186).abs() < 1e-5);
        assert_eq!(widened(1.0, &ends, 1), (0.0, 2.0));
    }
}
