//! What a reader has to keep in mind, computed from the run.
//!
//! A caveat appears when the numbers call for it and names them; none is recited.

use super::format;
use crate::manifest::{Capture, Manifest};
use crate::record::Span;
use crate::summary::{CellState, RECOVER, Summary};

/// Below this many documents an interval of an accuracy is wider than 18 points.
const FEW_DOCUMENTS: usize = 100;
/// Below this many tokens a plug-in entropy over 128 experts is biased visibly.
const FEW_TOKENS: u64 = 1000;
/// Below this many MoE layers the last eighth is a single layer.
const FEW_LAYERS: usize = 12;

/// One sentence a caveat.
pub(super) fn sentences(summary: &Summary) -> Vec<String> {
    let mut sentences = Vec::new();
    sentences.extend(limit(&summary.manifest));
    sentences.extend(few_documents(summary));
    sentences.extend(stand_ins(summary));
    sentences.extend(unscored(summary));
    sentences.extend(without_value(summary));
    sentences.extend(without_statistics(summary));
    sentences.extend(truncated(summary));
    sentences.extend(without_pairs(summary));
    sentences.extend(rows(summary));
    sentences.extend(few_tokens(summary));
    sentences.extend(routers(summary));
    sentences.extend(near_ties(summary));
    sentences.extend(signatures(summary));
    sentences
}

fn limit(manifest: &Manifest) -> Option<String> {
    let limit = manifest.run.limit?;
    Some(format!(
        "Every task was limited to its first {limit} documents: the scores are not those of the whole benchmarks."
    ))
}

fn few_documents(summary: &Summary) -> Option<String> {
    let cells = cells(summary).filter(|(_, task, _)| !summary.manifest.tasks[*task].probe);
    let few = cells
        .filter(|(_, _, cell)| cell.state == CellState::Scored && cell.documents < FEW_DOCUMENTS);
    let least = few.map(|(_, _, cell)| cell.documents).min()?;
    Some(format!(
        "With {least} document{} on the smallest task, only large differences show: at 50 % right the 95 % interval of \
         an accuracy reaches {} points to either side.",
        if least == 1 { "" } else { "s" },
        format::fixed(98.0 / (least.max(1) as f64).sqrt(), 0)
    ))
}

fn stand_ins(summary: &Summary) -> Option<String> {
    let stand_ins = summary.manifest.tasks.iter().filter_map(|(name, task)| {
        task.stand_in_for.as_ref().map(|other| format!("{name} stands in for {other}"))
    });
    let named: Vec<String> = stand_ins.collect();
    (!named.is_empty()).then(|| {
        format!("{}: other data than the benchmark's, so these scores cannot be compared with published ones.", named.join(", "))
    })
}

fn unscored(summary: &Summary) -> Vec<String> {
    let with = cells(summary).filter(|(_, _, cell)| !cell.unscored.is_empty());
    let sentence = |(model, task, cell): (&str, &str, &crate::summary::Cell)| {
        let reasons: Vec<String> =
            cell.unscored.iter().take(3).map(|(reason, n)| format!("{n} × {reason}")).collect();
        let count = cell.unscored_documents();
        format!(
            "{model} on {task}: {count} of {} documents are unscored and left out ({}).",
            cell.documents,
            reasons.join("; ")
        )
    };
    with.map(sentence).collect()
}

/// Metrics of finished tasks that have no value; models that share a reason share a sentence.
fn without_value(summary: &Summary) -> Vec<String> {
    let mut sentences = Vec::new();
    for (_, task, cell) in cells(summary) {
        for row in cell.scores.iter().map(|scored| &scored.row) {
            let Some(reason) = row.unscored.as_ref().filter(|_| row.value.is_none()) else {
                continue;
            };
            let sentence = format!("{} of {task} has no value: {reason}.", row.metric);
            if !sentences.contains(&sentence) {
                sentences.push(sentence);
            }
        }
    }
    sentences
}

/// Corpus metrics of records that do not say what documents contribute.
fn without_statistics(summary: &Summary) -> Option<String> {
    let mut named: Vec<String> = Vec::new();
    for (_, task, cell) in cells(summary) {
        for metric in &cell.without_statistics {
            let text = format!("{} of {task}", metric.metric);
            if cell.score(metric).is_some() && !named.contains(&text) {
                named.push(text);
            }
        }
    }
    (!named.is_empty()).then(|| {
        format!(
            "{}: the record does not hold what each document contributes, so there is no bootstrap interval and no \
             comparison on the same documents; {RECOVER}.",
            named.join(", ")
        )
    })
}

/// How translations were scored: numbers under other signatures are other numbers.
fn signatures(summary: &Summary) -> Option<String> {
    let mut named: Vec<String> = Vec::new();
    for (_, task, cell) in cells(summary) {
        for row in cell.scores.iter().map(|scored| &scored.row) {
            let Some(signature) = &row.signature else { continue };
            let text = format!("{} of {task}, {signature}", row.metric);
            if !named.contains(&text) {
                named.push(text);
            }
        }
    }
    let named = named.join("; ");
    (!named.is_empty()).then(|| format!("Signatures, as sacreBLEU writes them: {named}."))
}

fn truncated(summary: &Summary) -> Vec<String> {
    let cut = cells(summary).filter(|(_, _, cell)| cell.work.truncated > 0);
    cut.map(|(model, task, cell)| {
        format!("{model} on {task}: {} of {} documents were longer than the context and cut on the left.", cell.work.truncated, cell.documents)
    })
    .collect()
}

fn without_pairs(summary: &Summary) -> Option<String> {
    let captured = summary.manifest.models.values().any(|model| model.router.is_some());
    let paired = summary.manifest.models.keys().any(|model| !summary.pairs(model).is_empty());
    (captured && !paired).then(|| {
        "Gap, shared fraction and cosine compare two languages and need parallel text: run a group with a routing probe, \
         or the routing-probes group."
            .to_owned()
    })
}

fn rows(summary: &Summary) -> Vec<String> {
    let pairs = summary
        .manifest
        .models
        .keys()
        .flat_map(|m| summary.pairs(m).iter().map(move |pair| (m, pair)));
    let dropped = pairs.filter(|(_, pair)| pair.dropped > 0);
    dropped
        .map(|(model, pair)| {
            let (a, b) = (&pair.a.task, &pair.b.task);
            format!("{model}: {} rows of {a} and {b} have no partner in the other language and are left out.", pair.dropped)
        })
        .collect()
}

fn few_tokens(summary: &Summary) -> Vec<String> {
    let models = summary.manifest.models.keys();
    let groups =
        models.flat_map(|model| summary.routing(model).iter().map(move |group| (model, group)));
    let few = groups
        .filter(|(_, group)| group.span == Span::Question && group.counts.tokens < FEW_TOKENS);
    let named: Vec<String> = few
        .map(|(model, group)| format!("{model} on {} ({})", group.task, group.counts.tokens))
        .collect();
    if named.is_empty() {
        return Vec::new();
    }
    vec![format!(
        "Usage entropy over fewer than {FEW_TOKENS} tokens reads too low, the more so the more experts there are: {}.",
        named.join(", ")
    )]
}

fn routers(summary: &Summary) -> Vec<String> {
    let mut sentences = Vec::new();
    for (alias, model) in &summary.manifest.models {
        let Some(router) = &model.router else { continue };
        let layers = router.moe_layers.len();
        if (4..FEW_LAYERS).contains(&layers) {
            sentences.push(format!("{alias} has {layers} MoE layers: the end of its collapse index is the last layer alone."));
        }
        if router.score_function != "softmax" {
            sentences.push(format!(
                "{alias} scores experts by {}, which does not sum to 1: selection entropy is of scores divided by their sum.",
                router.score_function
            ));
        }
        if router.capture == Capture::Ids {
            sentences.push(format!("{alias}: only the ids of selected experts were seen, so there is no selection entropy."));
        }
    }
    sentences
}

fn near_ties(summary: &Summary) -> Option<String> {
    let ties: u64 = cells(summary).map(|(_, _, cell)| cell.work.near_ties).sum();
    (ties > 0).then(|| {
        format!(
            "{} choices between experts were so close that rounding could turn them.",
            format::count(ties)
        )
    })
}

fn cells(summary: &Summary) -> impl Iterator<Item = (&str, &str, &crate::summary::Cell)> {
    let manifest = &summary.manifest;
    let tasks = |model| manifest.tasks.keys().map(move |task| (model, task));
    let all = manifest.models.keys().flat_map(tasks);
    all.filter_map(|(model, task)| {
        Some((model.as_str(), task.as_str(), summary.cell(model, task)?))
    })
}
