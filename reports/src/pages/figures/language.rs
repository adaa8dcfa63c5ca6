//! Which experts belong to a language: classes, the sweep over thresholds, and the paper's index.

use harness_metrics::routing::lsi::{self, Classes};

use super::curves::{languages, of_languages};
use super::{Figure, FigureGroup, all_pairs, profiles};
use crate::pages::format::{fixed, language, percent};
use crate::pages::svg::{Axis, Bar, BarChart, LineChart, Reference, Series, ShareChart, ShareRow};
use crate::routing::RoutingPair;
use crate::summary::Summary;

/// Bars of the histogram of indices, from −1 to 1.
const BINS: usize = 40;

/// Shares of (layer, expert) pairs by class, and how they depend on the threshold.
pub(super) fn classes(summary: &Summary) -> FigureGroup {
    let languages = languages(summary);
    let of = |pair: &(String, String)| [share_figure(summary, pair), sweep_figure(summary, pair)];
    FigureGroup {
        title: "Whose experts?".to_owned(),
        note: "A (layer, expert) pair belongs to a language when its activation rates in the two differ by more than 10 % of their sum, else it is shared; inactive ones serve neither. The sweep shows what the threshold decides.".to_owned(),
        figures: languages.iter().flat_map(of).collect(),
    }
}

fn shares(classes: &Classes) -> [f64; 4] {
    let total = classes.total().max(1) as f64;
    [classes.a, classes.shared, classes.b, classes.inactive].map(|count| count as f64 / total)
}

fn share_figure(summary: &Summary, languages: &(String, String)) -> Figure {
    let (first, second) = (language(&languages.0), language(&languages.1));
    let rows: Vec<(String, [f64; 4])> = of_languages(summary, languages)
        .map(|(model, pair)| (model.clone(), shares(&pair.classes())))
        .collect();
    let classes = [first, "shared", second, "inactive"].map(str::to_owned);
    let chart = ShareChart {
        title: format!("(Layer, expert) pairs of {first} and {second}"),
        description: format!("{} checkpoints", rows.len()),
        classes: classes.clone().into(),
        rows: rows
            .iter()
            .map(|(model, shares)| ShareRow { label: model.clone(), shares: shares.to_vec() })
            .collect(),
    };
    let columns = std::iter::once("checkpoint".to_owned()).chain(classes).collect();
    let table = rows.iter().map(|(model, shares)| {
        std::iter::once(model.clone()).chain(shares.iter().map(|s| percent(Some(*s)))).collect()
    });
    Figure::new(&chart.title, chart.draw(), columns, table.collect())
}

fn sweep_figure(summary: &Summary, languages: &(String, String)) -> Figure {
    let (first, second) = (language(&languages.0), language(&languages.1));
    let sweep = |pair: &RoutingPair| -> Vec<Option<f64>> {
        let shared = |threshold: f64| {
            let mut classes = pair.numbers.by_layer_expert.iter();
            let (_, classes) = classes.find(|(other, _)| *other == threshold)?;
            classes.shared_fraction().map(|share| 100.0 * share)
        };
        lsi::SWEEP.into_iter().map(shared).collect()
    };
    let series: Vec<Series> = of_languages(summary, languages)
        .map(|(model, pair)| Series { name: model.clone(), values: sweep(pair), band: Vec::new() })
        .collect();
    let columns: Vec<String> = std::iter::once("threshold".to_owned())
        .chain(series.iter().map(|s| s.name.clone()))
        .collect();
    let rows = lsi::SWEEP.iter().enumerate().map(|(place, threshold)| {
        let values = series.iter().map(|s| percent(s.values[place].map(|share| share / 100.0)));
        std::iter::once(fixed(*threshold, 2)).chain(values).collect()
    });
    let rows = rows.collect();
    let chart = LineChart {
        title: format!("Shared by {first} and {second}, by threshold"),
        description: "share of (layer, expert) pairs".to_owned(),
        x_label: "threshold (hundredths)".to_owned(),
        y_label: "shared (per cent)".to_owned(),
        positions: lsi::SWEEP
            .iter()
            .map(|threshold| (100.0 * threshold).round() as usize)
            .collect(),
        axis: Axis::new(0.0, 100.0),
        references: Vec::<Reference>::new(),
        shade: None,
        series,
    };
    Figure::new(&chart.title, chart.draw(), columns, rows)
}

/// The paper's index: bars by expert number, and the histogram of all (layer, expert) pairs.
pub(super) fn by_index(summary: &Summary) -> FigureGroup {
    let figures = all_pairs(summary).flat_map(|(model, pair)| {
        let profiles = profiles(summary, model, pair);
        let drawn = profiles.map(|(a, b)| {
            [index_figure(model, pair, &a, &b), histogram_figure(model, pair, &a, &b)]
        });
        drawn.into_iter().flatten().flatten().collect::<Vec<_>>()
    });
    FigureGroup {
        title: "Language specialisation of experts".to_owned(),
        note: "(first − second) / (first + second) of activation rates; dashed lines at ±0.1. The bars average an expert's number over the layers, as arXiv:2605.17598 does for its figure 3: a number means another network in every layer, so they are for comparison with the paper only. The histogram takes every (layer, expert) by itself.".to_owned(),
        figures: figures.collect(),
    }
}

/// Place of an index's class: first language, shared, second.
fn class(index: f64) -> usize {
    match index {
        x if x > lsi::THRESHOLD => 0,
        x if x < -lsi::THRESHOLD => 2,
        _ => 1,
    }
}

fn class_names(pair: &RoutingPair) -> Vec<String> {
    [language(&pair.a.language), "shared", language(&pair.b.language)].map(str::to_owned).into()
}

fn index_figure(model: &str, pair: &RoutingPair, a: &[Vec<f64>], b: &[Vec<f64>]) -> Option<Figure> {
    let mut indices: Vec<(usize, f64)> = lsi::per_index(a, b)?
        .into_iter()
        .enumerate()
        .filter_map(|(expert, index)| Some((expert, index?)))
        .collect();
    indices.sort_by(|x, y| y.1.total_cmp(&x.1));
    let chart = BarChart {
        title: format!("Specialisation by expert number: {model}"),
        description: format!("{} expert numbers, most of the first language first", indices.len()),
        x_label: "expert number, sorted".to_owned(),
        y_label: "specialisation".to_owned(),
        axis: Axis::new(-1.0, 1.0),
        classes: class_names(pair),
        thresholds: vec![lsi::THRESHOLD, -lsi::THRESHOLD],
        bars: indices
            .iter()
            .map(|(_, x)| Bar {
                label: String::new(),
                value: Some(*x),
                interval: None,
                class: class(*x),
            })
            .collect(),
    };
    let columns = ["expert number", "specialisation"].map(str::to_owned).into();
    let rows = indices.iter().map(|(expert, x)| vec![expert.to_string(), fixed(*x, 3)]).collect();
    Some(Figure::new(&chart.title, chart.draw(), columns, rows))
}

fn histogram_figure(
    model: &str,
    pair: &RoutingPair,
    a: &[Vec<f64>],
    b: &[Vec<f64>],
) -> Option<Figure> {
    let all: Vec<f64> = lsi::per_layer_expert(a, b)?.into_iter().flatten().flatten().collect();
    let mut counts = [0_usize; BINS];
    for x in &all {
        counts[(((x + 1.0) / 2.0 * BINS as f64) as usize).min(BINS - 1)] += 1;
    }
    let middle = |bin: usize| (bin as f64 + 0.5) * 2.0 / BINS as f64 - 1.0;
    let share = |count: usize| 100.0 * count as f64 / all.len().max(1) as f64;
    let chart = BarChart {
        title: format!("Specialisation of (layer, expert) pairs: {model}"),
        description: format!("histogram of {} pairs", all.len()),
        x_label: "specialisation".to_owned(),
        y_label: "pairs (per cent)".to_owned(),
        axis: Axis::holding((0.0, 1.0), counts.iter().map(|count| share(*count))),
        classes: class_names(pair),
        thresholds: Vec::new(),
        bars: counts
            .iter()
            .enumerate()
            .map(|(bin, count)| Bar {
                label: fixed(middle(bin) - 1.0 / BINS as f64, 1),
                value: Some(share(*count)),
                interval: None,
                class: class(middle(bin)),
            })
            .collect(),
    };
    let columns = ["middle of the bin", "pairs (per cent)"].map(str::to_owned).into();
    let rows = counts.iter().enumerate();
    let rows =
        rows.map(|(bin, count)| vec![fixed(middle(bin), 3), fixed(share(*count), 2)]).collect();
    Some(Figure::new(&chart.title, chart.draw(), columns, rows))
}
