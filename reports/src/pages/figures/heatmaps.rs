//! Which experts of which layers a language uses: layers down, experts across.

use harness_metrics::routing::bands::ExpertDifference;
use harness_metrics::routing::lsi;

use super::{Figure, FigureGroup, Profile, all_pairs, profiles};
use crate::pages::format::{fixed, language, optional};
use crate::pages::svg::{Heatmap, Scale};
use crate::routing::RoutingPair;
use crate::summary::Summary;

/// Activation rates above this many times an even share have one colour.
const MOST_SHARE: f64 = 4.0;
/// Both languages, their difference, and the difference with each layer's experts in its order.
pub(super) fn heatmaps(summary: &Summary) -> FigureGroup {
    FigureGroup {
        title: "Experts by layer".to_owned(),
        note: format!(
            "Load of every expert of every layer, in even shares (1 = as if all experts were chosen alike; {MOST_SHARE} and more have one colour). \
             The difference is shown twice: by expert number, and with the experts of each layer in the order of their specialisation. \
             An expert's number means another network in every layer."
        ),
        figures: all_pairs(summary)
            .flat_map(|(model, pair)| of_pair(summary, model, pair))
            .collect(),
    }
}

fn of_pair(summary: &Summary, model: &str, pair: &RoutingPair) -> Vec<Figure> {
    let Some((a, b)) = profiles(summary, model, pair) else { return Vec::new() };
    let Some(router) = summary.manifest.models.get(model).and_then(|m| m.router.as_ref()) else {
        return Vec::new();
    };
    let even = router.top_k as f64 / router.experts.max(1) as f64;
    let (first, second) = (language(&pair.a.language), language(&pair.b.language));
    let loads = |profile: &Profile| cells(profile, |rate| rate / even);
    let difference: Vec<Vec<Option<f64>>> = a
        .iter()
        .zip(&b)
        .map(|(a, b)| a.iter().zip(b).map(|(a, b)| Some((a - b) / even)).collect())
        .collect();
    let sorted = by_specialisation(&a, &b, even);
    let (columns, rows) = most_different(pair, (first, second), &router.moe_layers, even);
    let draw = |what: &str, scale: Scale, cells: Vec<Vec<Option<f64>>>| {
        let heatmap = Heatmap {
            title: format!("{model}: {what}"),
            description: format!("{} layers of {} experts", cells.len(), router.experts),
            x_label: if what.ends_with("sorted") {
                "experts, most specialised first"
            } else {
                "expert"
            }
            .to_owned(),
            y_label: "layer".to_owned(),
            scale_label: "even shares".to_owned(),
            scale,
            rows: router.moe_layers.clone(),
            cells,
        };
        let svg = heatmap.draw()?;
        // The table of all cells would be the larger part of the page: routing.json has the counts.
        Some(Figure::new(&heatmap.title, svg, columns.clone(), rows.clone()))
    };
    let sequential = Scale::Sequential { most: MOST_SHARE };
    let diverging = Scale::Diverging { most: MOST_SHARE / 2.0 };
    let named = format!("{first} minus {second}");
    [
        draw(first, sequential, loads(&a)),
        draw(second, sequential, loads(&b)),
        draw(&named, diverging, difference),
        draw(&format!("{named}, sorted"), diverging, sorted),
    ]
    .into_iter()
    .flatten()
    .collect()
}

fn cells(profile: &Profile, value: impl Fn(f64) -> f64) -> Vec<Vec<Option<f64>>> {
    profile.iter().map(|load| load.iter().map(|rate| Some(value(*rate))).collect()).collect()
}

/// Differences with each layer's experts from the most of the first language to the most of the
/// second; unused ones last.
fn by_specialisation(a: &Profile, b: &Profile, even: f64) -> Vec<Vec<Option<f64>>> {
    let layer = |(a, b): (&Vec<f64>, &Vec<f64>)| {
        let mut experts: Vec<(f64, f64)> = a
            .iter()
            .zip(b)
            .filter_map(|(&a, &b)| Some((lsi::index(a, b)?, (a - b) / even)))
            .collect();
        experts.sort_by(|x, y| y.0.total_cmp(&x.0));
        let mut cells: Vec<Option<f64>> = experts.into_iter().map(|(_, x)| Some(x)).collect();
        cells.resize(a.len(), None);
        cells
    };
    a.iter().zip(b).map(layer).collect()
}

/// The (layer, expert) pairs whose loads differ most.
fn most_different(
    pair: &RoutingPair,
    (first, second): (&str, &str),
    layers: &[usize],
    even: f64,
) -> (Vec<String>, Vec<Vec<String>>) {
    let row = |expert: &ExpertDifference| {
        vec![
            layers.get(expert.layer).map_or_else(String::new, usize::to_string),
            expert.expert.to_string(),
            fixed(expert.a / even, 2),
            fixed(expert.b / even, 2),
            optional(lsi::index(expert.a, expert.b), 2),
        ]
    };
    let columns = ["layer", "expert", first, second, "specialisation"].map(str::to_owned);
    (columns.into(), pair.numbers.most_different.iter().map(row).collect())
}
