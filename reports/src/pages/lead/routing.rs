//! What the routing does, language pair by language pair.

use harness_metrics::routing::layers::Part;
use harness_metrics::routing::usage;
use harness_metrics::{Estimate, PairMeasure};

use crate::pages::format::{fixed, language, listed, percent};
use crate::pages::link_text::signed;
use crate::routing::{Quantity, RoutingPair, StageComparison};
use crate::summary::Summary;

/// For every two languages: how far apart they are in each checkpoint, and what training changed.
/// Where languages are compared with English, other pairs wait for the tables.
pub(super) fn sentences(summary: &Summary) -> Vec<String> {
    let mut sentences = Vec::new();
    let is_english = |(_, second): &(String, String)| language(second) == "English";
    let all = languages(summary);
    let some_english = all.iter().any(is_english);
    for languages in all.into_iter().filter(|pair| !some_english || is_english(pair)) {
        let pairs: Vec<(&String, &RoutingPair)> = of_languages(summary, &languages);
        sentences.extend(gaps(summary, &languages, &pairs));
        sentences.extend(stages(summary, &languages));
    }
    sentences
}

fn languages(summary: &Summary) -> Vec<(String, String)> {
    let pairs = summary.manifest.models.keys().flat_map(|model| summary.pairs(model));
    let mut found: Vec<(String, String)> = Vec::new();
    for pair in pairs.map(|pair| (pair.a.language.clone(), pair.b.language.clone())) {
        if !found.contains(&pair) {
            found.push(pair);
        }
    }
    found
}

/// The first pair of each checkpoint that has these languages.
fn of_languages<'a>(
    summary: &'a Summary,
    (first, second): &(String, String),
) -> Vec<(&'a String, &'a RoutingPair)> {
    let is_of = |pair: &&RoutingPair| pair.a.language == *first && pair.b.language == *second;
    let models = summary.manifest.models.keys();
    models.filter_map(|model| Some((model, summary.pairs(model).iter().find(is_of)?))).collect()
}

/// `Hebrew is spread over fewer experts than the same rows in English …`.
fn gaps(
    summary: &Summary,
    (first, second): &(String, String),
    pairs: &[(&String, &RoutingPair)],
) -> Option<String> {
    let (first, second) = (language(first), language(second));
    let part = |(model, pair): &(&String, &RoutingPair)| {
        let (a, b) = (pair.a.measures.mean_usage_entropy()?, pair.b.measures.mean_usage_entropy()?);
        let interval = pair.mean(PairMeasure::EntropyGap).and_then(|gap| gap.interval.as_ref());
        let ends = interval.map_or_else(String::new, |ends| {
            format!(" ({} to {})", fixed(ends.low, 2), fixed(ends.high, 2))
        });
        Some(format!(
            "{model} {} bits against {}, a gap of {}{ends}, {} of its experts shared",
            fixed(a, 2),
            fixed(b, 2),
            fixed(b - a, 2),
            percent(pair.classes().shared_fraction())
        ))
    };
    let parts: Vec<String> = pairs.iter().filter_map(part).collect();
    let experts = pairs.iter().filter_map(|(model, _)| {
        Some(summary.manifest.models.get(*model)?.router.as_ref()?.experts)
    });
    let ceiling = usage::entropy_ceiling_bits(experts.max()?);
    (!parts.is_empty()).then(|| {
        format!(
            "How widely {first} text and the same rows in {second} are spread over experts (usage entropy, mean over layers, at most {} bits): {}.",
            fixed(ceiling, 2),
            parts.join("; ")
        )
    })
}

/// What training changed of the gap, paired by row.
fn stages(summary: &Summary, (first, second): &(String, String)) -> Option<String> {
    let is_of = |stage: &&StageComparison| stage.a == *first && stage.b == *second;
    let part = |stage: &StageComparison| {
        let mut changes = stage.changes.iter();
        let gap = changes.find(|c| c.quantity == Quantity::Gap && c.part == Part::All)?;
        let before = summary.pairs(&stage.base).iter().find(|pair| pair.a.language == *first);
        let after = summary.pairs(&stage.stage).iter().find(|pair| pair.a.language == *first);
        let verb = match (before.and_then(|p| p.gap()), after.and_then(|p| p.gap())) {
            _ if is_undecided(&gap.change) => "does not change beyond chance",
            (Some(before), Some(after)) if before * after < 0.0 => "turns round",
            (Some(before), Some(after)) if after.abs() < before.abs() => "narrows",
            _ => "widens",
        };
        Some(format!("from {} to {} it {verb} ({})", stage.base, stage.stage, bits(&gap.change)))
    };
    let parts: Vec<String> = summary.study.stages.iter().filter(is_of).filter_map(part).collect();
    let (first, second) = (language(first), language(second));
    (!parts.is_empty())
        .then(|| format!("The gap between {second} and {first}: {}.", listed(&parts)))
}

fn is_undecided(change: &Estimate) -> bool {
    change.interval.as_ref().is_none_or(|ends| ends.low <= 0.0 && 0.0 <= ends.high)
}

/// `−0.40 bits, 95 % interval −0.43 to −0.37`.
fn bits(change: &Estimate) -> String {
    let ends = change.interval.as_ref().map_or_else(String::new, |ends| {
        format!(", 95 % interval {} to {}", fixed(ends.low, 2), fixed(ends.high, 2))
    });
    format!("{} bits{ends}", signed(change.value, 2))
}
