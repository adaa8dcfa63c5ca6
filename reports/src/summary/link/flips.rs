//! Documents that flipped between two checkpoints.

use std::collections::HashMap;

use harness_metrics::association::flips::{Flip, link};
use harness_metrics::scores::{Clusters, Resampling};

use super::documents::LinkedDocument;
use super::{FlipRow, Predictor, TaskDocuments, adjusted, edges};
use crate::summary::Summary;

/// A row an edge and predictor, the primary predictor of every edge first.
pub(super) fn rows(
    summary: &Summary,
    resampling: impl Fn(Predictor) -> Resampling,
) -> Vec<FlipRow> {
    let edges = edges(summary);
    let row = |predictor: Predictor, (from, to): &(String, String)| FlipRow {
        from: from.clone(),
        to: to.clone(),
        predictor,
        link: comparable(summary, from, to).and_then(|()| {
            let (flips, clusters) = flips(summary, from, to, predictor);
            link(&flips, &clusters, resampling(predictor)).map_err(|error| error.to_string())
        }),
        p_holm: None,
    };
    let mut rows: Vec<FlipRow> = Predictor::ALL
        .into_iter()
        .flat_map(|predictor| edges.iter().map(move |edge| (predictor, edge)))
        .map(|(predictor, edge)| row(predictor, edge))
        .collect();
    let p = |row: &FlipRow| {
        let is_primary = row.predictor == Predictor::PRIMARY;
        row.link.as_ref().ok().filter(|_| is_primary).map(|link| link.adjusted.p)
    };
    adjusted(&mut rows, p, |row, p| row.p_holm = Some(p));
    rows
}

/// The same text must be the same tokens, and a bit must mean the same.
fn comparable(summary: &Summary, from: &str, to: &str) -> Result<(), String> {
    let models = &summary.manifest.models;
    let (from, to) = (&models[from], &models[to]);
    if from.tokenizer_digest != to.tokenizer_digest {
        return Err(
            "the two have different tokenizers: the same question is other tokens".to_owned()
        );
    }
    let shape = |router: &crate::manifest::RouterManifest| {
        (router.moe_layers.len(), router.experts, router.top_k)
    };
    match (&from.router, &to.router) {
        (Some(from), Some(to)) if shape(from) != shape(to) => {
            Err("the two have routers of different shape".to_owned())
        }
        (Some(from), Some(_)) if from.moe_layers.len() < 4 => {
            Err("fewer than 4 MoE layers have no last eighth".to_owned())
        }
        (Some(_), Some(_)) => Ok(()),
        _ => Err("routing was not captured in both".to_owned()),
    }
}

/// Flips of every task scored right or wrong, and their clusters.
fn flips(summary: &Summary, from: &str, to: &str, predictor: Predictor) -> (Vec<Flip>, Clusters) {
    let (mut flips, mut labels) = (Vec::new(), Vec::new());
    for (task, name) in summary.manifest.tasks.keys().enumerate() {
        let pair = (summary.documents(from, name), summary.documents(to, name));
        let (Some(before), Some(after)) = pair else { continue };
        for (flip, cluster) in of_task(task, before, after, predictor) {
            flips.push(flip);
            labels.push(format!("{name}\n{cluster}"));
        }
    }
    (flips, Clusters::from_labels(labels.iter().map(String::as_str)))
}

fn of_task<'a>(
    task: usize,
    before: &'a TaskDocuments,
    after: &'a TaskDocuments,
    predictor: Predictor,
) -> Vec<(Flip, &'a str)> {
    // Rarefied to another number of tokens a bit would mean something else.
    let is_rarefied = predictor == Predictor::RarefiedEntropy;
    let differs = is_rarefied && before.sample != after.sample;
    if !before.is_binary || !after.is_binary || differs {
        return Vec::new();
    }
    let by_hash: HashMap<(&str, usize), &LinkedDocument> = numbered(before).collect();
    let flip = |(key, new): ((&str, usize), &'a LinkedDocument)| {
        let old = by_hash.get(&key)?;
        let gained = new.score? > old.score?;
        if new.score == old.score || new.tokens != old.tokens {
            return None;
        }
        let place = predictor.place();
        let change = new.predictors[place]? - old.predictors[place]?;
        Some((Flip { task, gained, change }, new.cluster.as_str()))
    };
    numbered(after).filter_map(flip).collect()
}

/// Each document with its hash and how many of that hash came before it: the second of two equal
/// documents meets the other's second.
fn numbered(task: &TaskDocuments) -> impl Iterator<Item = ((&str, usize), &LinkedDocument)> {
    let mut seen: HashMap<&str, usize> = HashMap::new();
    task.documents.iter().map(move |document| {
        let count = seen.entry(&document.hash).or_default();
        *count += 1;
        ((document.hash.as_str(), *count), document)
    })
}
