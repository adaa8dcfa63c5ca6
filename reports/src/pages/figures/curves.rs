//! Measures by layer: languages beside each other for every checkpoint, checkpoints beside each
//! other for every two languages. Charts of one group have equal axes.

use harness_metrics::routing::bands::Spread;
use harness_metrics::{PairMeasure, SideMeasure};

use super::{Figure, FigureGroup, all_pairs, curve_reach, moe_layers};
use crate::pages::format::{language, optional};
use crate::pages::svg::{Axis, LineChart, Series, Shade};
use crate::routing::{Curve, RoutingPair};
use crate::summary::Summary;

/// A measure of one language, both languages of a checkpoint in one chart.
pub(super) fn by_checkpoint(
    summary: &Summary,
    measure: SideMeasure,
    title: &str,
    note: &str,
) -> FigureGroup {
    let axis = axis(all_pairs(summary).flat_map(|(_, pair)| side_curves(pair, measure)));
    let figure = |(model, pair): (&String, &RoutingPair)| {
        let named = [&pair.a, &pair.b].map(|side| {
            let curve = side.numbers.curve(measure)?;
            Some((language(&side.language).to_owned(), curve))
        });
        let named: Vec<(String, &Curve)> = named.into_iter().flatten().collect();
        let text = Text { title: format!("{title}: {model}"), y_label: short(measure).to_owned() };
        chart(text, moe_layers(summary, model), axis, &named, None)
    };
    FigureGroup {
        title: title.to_owned(),
        note: note.to_owned(),
        figures: all_pairs(summary).filter_map(figure).collect(),
    }
}

/// A measure of the first language of every pair, checkpoints in one chart.
pub(super) fn by_language(summary: &Summary, measure: SideMeasure, title: &str) -> Vec<Figure> {
    let axis = axis(all_pairs(summary).flat_map(|(_, pair)| side_curves(pair, measure)));
    let figure = |languages: &(String, String)| {
        let named: Vec<(String, &Curve)> = of_languages(summary, languages)
            .filter_map(|(model, pair)| Some((model.clone(), pair.a.numbers.curve(measure)?)))
            .collect();
        let text = Text {
            title: format!("{title} of {}, all checkpoints", language(&languages.0)),
            y_label: short(measure).to_owned(),
        };
        chart(text, layers_of_all(summary, languages), axis, &named, None)
    };
    languages(summary).iter().filter_map(figure).collect()
}

/// A measure of two languages, checkpoints in one chart; a grey band where two random halves of one
/// language lie, the level to compare with.
pub(super) fn of_pairs(summary: &Summary, measure: PairMeasure, title: &str) -> Vec<Figure> {
    let curves = all_pairs(summary).filter_map(|(_, pair)| pair.curve(measure));
    let halves = all_pairs(summary).flat_map(|(_, pair)| halves(pair, measure));
    let ends = halves.flatten().flat_map(|spread| [spread.low, spread.high]);
    let axis = axis_of(curves.flat_map(curve_reach).chain(ends).collect());
    let figure = |languages: &(String, String)| {
        let named: Vec<(String, &Curve)> = of_languages(summary, languages)
            .filter_map(|(model, pair)| Some((model.clone(), pair.curve(measure)?)))
            .collect();
        let (first, second) = (language(&languages.0), language(&languages.1));
        let text = Text {
            title: format!("{title} of {first} and {second}"),
            y_label: measure.title().to_owned(),
        };
        chart(
            text,
            layers_of_all(summary, languages),
            axis,
            &named,
            control(of_languages(summary, languages).map(|(_, pair)| pair), measure),
        )
    };
    languages(summary).iter().filter_map(figure).collect()
}

/// Where two random halves of a pair's languages lie, by language and layer.
fn halves(pair: &RoutingPair, measure: PairMeasure) -> Vec<Option<Spread>> {
    let sides = [&pair.a, &pair.b].into_iter();
    sides.flat_map(|side| side.controls.halves(measure).to_vec()).collect()
}

/// The lowest and highest of where halves lie, over both languages of all checkpoints, by layer;
/// `None` where no rows could be halved.
fn control<'a>(
    pairs: impl Iterator<Item = &'a RoutingPair>,
    measure: PairMeasure,
) -> Option<Shade> {
    let mut ends: Vec<Option<(f64, f64)>> = Vec::new();
    for side in pairs.flat_map(|pair| [&pair.a, &pair.b]) {
        let spreads = side.controls.halves(measure);
        ends.resize(ends.len().max(spreads.len()), None);
        for (end, spread) in ends.iter_mut().zip(spreads) {
            let Some(Spread { low, high, .. }) = spread else { continue };
            let (least, most) = end.unwrap_or((*low, *high));
            *end = Some((least.min(*low), most.max(*high)));
        }
    }
    let name = HALVES.to_owned();
    ends.iter().any(Option::is_some).then_some(Shade { name, ends })
}

/// Name of the control.
const HALVES: &str = "halves of one language";

/// A title that fits beside an axis.
fn short(measure: SideMeasure) -> &'static str {
    match measure {
        SideMeasure::ActiveExperts | SideMeasure::LoadedExperts => "active experts",
        other => other.title(),
    }
}

struct Text {
    title: String,
    y_label: String,
}

fn chart(
    text: Text,
    positions: Vec<usize>,
    axis: Axis,
    named: &[(String, &Curve)],
    shade: Option<Shade>,
) -> Option<Figure> {
    let length = named.iter().map(|(_, curve)| curve.values.len()).max().filter(|n| *n > 0)?;
    let positions = if positions.len() == length { positions } else { (0..length).collect() };
    let series = |(name, curve): &(String, &Curve)| Series {
        name: name.clone(),
        values: curve.values.clone(),
        band: curve.intervals.iter().map(|i| i.as_ref().map(|i| (i.low, i.high))).collect(),
    };
    let control = shade.iter().flat_map(|_| ["lowest", "highest"]);
    let control = control.map(|end| format!("{HALVES}, {end}"));
    let columns = std::iter::once("layer".to_owned())
        .chain(named.iter().map(|(n, _)| n.clone()))
        .chain(control)
        .collect();
    let row = |(place, layer): (usize, &usize)| {
        let values = named.iter().map(|(_, curve)| optional(curve.value(place), 3));
        let control = shade.iter().flat_map(|shade| {
            let ends = shade.ends.get(place).copied().flatten();
            [ends.map(|ends| ends.0), ends.map(|ends| ends.1)].map(|end| optional(end, 3))
        });
        std::iter::once(layer.to_string()).chain(values).chain(control).collect()
    };
    let rows = positions.iter().enumerate().map(row).collect();
    let chart = LineChart {
        description: format!(
            "{length} layers; {}",
            named.iter().map(|(n, _)| n.as_str()).collect::<Vec<_>>().join(", ")
        ),
        title: text.title,
        x_label: "layer".to_owned(),
        y_label: text.y_label,
        positions,
        axis,
        references: Vec::new(),
        shade,
        series: named.iter().map(series).collect(),
    };
    Some(Figure::new(&chart.title, chart.draw(), columns, rows))
}

fn side_curves(pair: &RoutingPair, measure: SideMeasure) -> impl Iterator<Item = &Curve> {
    [&pair.a, &pair.b].into_iter().filter_map(move |side| side.numbers.curve(measure))
}

/// From 0, or below it where values are, to where values end.
fn axis<'a>(curves: impl Iterator<Item = &'a Curve>) -> Axis {
    axis_of(curves.flat_map(curve_reach).collect())
}

fn axis_of(reach: Vec<f64>) -> Axis {
    let most = reach.iter().copied().fold(0.0, f64::max);
    Axis::holding((0.0, if most > 0.0 { most } else { 1.0 }), reach)
}

/// (first, second) languages of all pairs.
pub(super) fn languages(summary: &Summary) -> Vec<(String, String)> {
    let mut found: Vec<(String, String)> = Vec::new();
    for (_, pair) in all_pairs(summary) {
        let languages = (pair.a.language.clone(), pair.b.language.clone());
        if !found.contains(&languages) {
            found.push(languages);
        }
    }
    found
}

pub(super) fn of_languages<'a>(
    summary: &'a Summary,
    languages: &'a (String, String),
) -> impl Iterator<Item = (&'a String, &'a RoutingPair)> {
    all_pairs(summary)
        .filter(|(_, pair)| pair.a.language == languages.0 && pair.b.language == languages.1)
}

/// Layer numbers where all checkpoints agree on them; else none, and positions are shown.
fn layers_of_all(summary: &Summary, languages: &(String, String)) -> Vec<usize> {
    let mut all = of_languages(summary, languages).map(|(model, _)| moe_layers(summary, model));
    let first = all.next().unwrap_or_default();
    if all.all(|other| other == first) { first } else { Vec::new() }
}
