//! Changes along the lineage: tasks on edges, and training runs.

use harness_metrics::association::deltas::{Delta, link};
use harness_metrics::routing::collapse::{Tail, mean};

use super::across::{average, task_score, value};
use super::{ChangeRow, RoutingMeasure, Trajectory, edges};
use crate::manifest::Manifest;
use crate::record::Span;
use crate::summary::Summary;

/// The change of every task on every edge; `None` without any.
pub(super) fn row(summary: &Summary) -> Option<ChangeRow> {
    let manifest = &summary.manifest;
    let edges = edges(summary);
    let tasks: Vec<String> =
        manifest.tasks.iter().filter(|(_, t)| !t.probe).map(|(name, _)| name.clone()).collect();
    let mut deltas = Vec::new();
    for (edge, (from, to)) in edges.iter().enumerate() {
        for (task, name) in tasks.iter().enumerate() {
            let changed = |of: &dyn Fn(&str) -> Option<f64>| Some(of(to)? - of(from)?);
            let routing = changed(&|model| tail_entropy(summary, model, name));
            let score = changed(&|model| task_score(summary, model, name));
            if let (Some(routing), Some(score)) = (routing, score) {
                deltas.push(Delta { edge, task, routing, score });
            }
        }
    }
    let link = link(&deltas, summary.resampling);
    (!deltas.is_empty()).then_some(ChangeRow { edges, tasks, deltas, link })
}

/// Usage entropy of a task's questions, bits, mean over the last eighth of the layers.
fn tail_entropy(summary: &Summary, model: &str, task: &str) -> Option<f64> {
    let mut groups = summary.routing(model).iter();
    let group = groups.find(|group| group.task == task && group.span == Span::Question)?;
    let entropies = group.measures.usage_entropy_bits.as_ref()?;
    mean(&entropies[Tail::Eighth.layers(entropies.len())?])
}

/// Chains of three or more checkpoints, each the parent of the next.
pub(super) fn trajectories(summary: &Summary) -> Vec<Trajectory> {
    let manifest = &summary.manifest;
    let chains = ends(manifest).into_iter().map(|end| chain(manifest, end));
    let trajectory = |models: Vec<String>| Trajectory {
        routing: models.iter().map(|model| entropy(summary, model)).collect(),
        scores: models.iter().map(|model| first_average(summary, model)).collect(),
        models,
    };
    chains.filter(|chain| chain.len() > 2).map(trajectory).collect()
}

/// Checkpoints that are nobody's parent.
fn ends(manifest: &Manifest) -> Vec<&str> {
    let is_parent =
        |alias: &str| manifest.models.values().any(|model| model.parent.as_deref() == Some(alias));
    manifest.models.keys().map(String::as_str).filter(|alias| !is_parent(alias)).collect()
}

fn chain(manifest: &Manifest, end: &str) -> Vec<String> {
    let mut chain = vec![end.to_owned()];
    while let Some(parent) = manifest.models.get(&chain[0]).and_then(|model| model.parent.clone()) {
        if chain.contains(&parent) || !manifest.models.contains_key(&parent) {
            break;
        }
        chain.insert(0, parent);
    }
    chain
}

fn entropy(summary: &Summary, model: &str) -> Option<f64> {
    summary.pairs(model).first().and_then(|pair| value(pair, RoutingMeasure::Entropy))
}

fn first_average(summary: &Summary, model: &str) -> Option<f64> {
    summary.manifest.groups.iter().find_map(|group| average(summary, model, &group.name))
}
