//! What the report templates show: plain text and numbers already formatted, so that Markdown and
//! HTML cannot disagree.

use serde::Serialize;

use super::differences_text;
use super::differences_view::DifferenceTable;
use super::figures::{
    FigureGroup, link_figures, routing_figures, score_figures, training_sentences,
};
use super::lead::Answer;
use super::link_view::LinkView;
use super::routing_view::{PairRow, RoutingRow, pair_rows, routing_rows};
use super::scores_view::{Hole, ScoreTable, holes, tables};
use super::{caveats, format, lead};
use crate::manifest::{ModelManifest, TaskManifest};
use crate::summary::Summary;
use crate::summary::comparison::CompareOptions;

/// Everything on a page.
#[derive(Serialize)]
pub(super) struct Page {
    title: String,
    /// What a reader should know first, computed from the numbers.
    answers: Vec<Answer>,
    models: Vec<String>,
    tables: Vec<ScoreTable>,
    holes: Vec<Hole>,
    score_figures: Vec<FigureGroup>,
    differences: Vec<DifferenceTable>,
    differences_note: String,
    /// File of the differences, where one lies beside the page.
    differences_sheet: Option<&'static str>,
    pairs: Vec<PairRow>,
    figures: Vec<FigureGroup>,
    routing: Vec<RoutingRow>,
    link: LinkView,
    link_figures: Vec<FigureGroup>,
    caveats: Vec<String>,
    checkpoints: Vec<Checkpoint>,
    /// How training went, where logs are known.
    training: Vec<String>,
    tasks: Vec<Provenance>,
    settings: Vec<(&'static str, String)>,
    resampling: String,
    when: String,
}

/// What a checkpoint is.
#[derive(Serialize)]
struct Checkpoint {
    alias: String,
    source: String,
    stage: String,
    parent: String,
    parameters: String,
    /// Layers by kind: `24 attention moe, 24 mamba`.
    layers: String,
    routers: String,
    weights: String,
}

/// Where a task's questions come from.
#[derive(Serialize)]
struct Provenance {
    name: String,
    version: String,
    category: String,
    shots: usize,
    source: String,
    licence: String,
    /// Choices of our own, where the benchmark's definition is not public.
    ours: Vec<String>,
    task_digest: String,
    data_digest: String,
}

impl Page {
    /// `differences` are those of the summary's comparisons.
    pub(super) fn of(summary: &Summary, differences: Vec<DifferenceTable>) -> Self {
        let manifest = &summary.manifest;
        Self {
            title: title(summary),
            answers: lead::answers(summary),
            models: manifest.models.keys().cloned().collect(),
            tables: tables(summary),
            holes: holes(summary),
            score_figures: score_figures(summary),
            differences,
            differences_note: differences_text::note(&CompareOptions::default()),
            differences_sheet: Some("differences.csv"),
            pairs: pair_rows(summary),
            figures: routing_figures(summary),
            routing: routing_rows(summary),
            link: LinkView::of(summary),
            link_figures: link_figures(summary),
            caveats: caveats::sentences(summary),
            checkpoints: manifest
                .models
                .iter()
                .map(|(alias, model)| checkpoint(alias, model))
                .collect(),
            training: training_sentences(summary),
            tasks: manifest.tasks.iter().map(|(name, task)| provenance(name, task)).collect(),
            settings: settings(summary),
            resampling: resampling(summary),
            when: when(summary),
        }
    }
}

fn title(summary: &Summary) -> String {
    let models: Vec<&str> = summary.manifest.models.keys().map(String::as_str).collect();
    let sections = summary.sections();
    let groups: Vec<&str> = sections
        .iter()
        .filter(|section| section.group.is_some())
        .map(|section| section.title.as_str())
        .collect();
    match (models.is_empty(), groups.is_empty()) {
        (true, _) => "A run without models".to_owned(),
        (false, true) => models.join(", "),
        (false, false) => format!("{} on {}", models.join(", "), groups.join(", ")),
    }
}

fn checkpoint(alias: &str, model: &ModelManifest) -> Checkpoint {
    let router = model.router.as_ref().map(|router| {
        let (layers, shared) = (router.moe_layers.len(), router.shared_experts);
        let shared = if shared > 0 { format!(" + {shared} shared") } else { String::new() };
        format!(
            "{layers} layers of {} experts, top {}{shared}, {}",
            router.experts, router.top_k, router.score_function
        )
    });
    let parameters = |key: &str| {
        model.architecture.get(key).and_then(serde_json::Value::as_u64).map(format::count)
    };
    let counts = [
        parameters("parameters_total"),
        parameters("parameters_active").map(|n| format!("{n} active")),
    ];
    Checkpoint {
        alias: alias.to_owned(),
        source: model.source.clone(),
        stage: model.stage.clone().unwrap_or_default(),
        parent: model.parent.clone().unwrap_or_default(),
        parameters: counts.into_iter().flatten().collect::<Vec<_>>().join(", "),
        layers: layer_kinds(model),
        routers: router.unwrap_or_else(|| "not captured".to_owned()),
        weights: short(&model.weights_digest),
    }
}

/// How many layers of each kind, in the order in which kinds appear; empty where the engine does not
/// say.
fn layer_kinds(model: &ModelManifest) -> String {
    let kinds = model.architecture.get("layer_kinds").and_then(serde_json::Value::as_array);
    let mut counts = indexmap::IndexMap::<&str, usize>::new();
    for kind in kinds.into_iter().flatten().filter_map(serde_json::Value::as_str) {
        *counts.entry(kind).or_default() += 1;
    }
    let each =
        counts.into_iter().map(|(kind, count)| format!("{count} {}", kind.replace('_', " ")));
    each.collect::<Vec<_>>().join(", ")
}

fn provenance(name: &str, task: &TaskManifest) -> Provenance {
    let card = |key: &str| {
        task.card.get(key).and_then(serde_json::Value::as_str).unwrap_or_default().to_owned()
    };
    let ours = task.card.get("ours").and_then(serde_json::Value::as_array).into_iter().flatten();
    Provenance {
        name: name.to_owned(),
        version: task.version.clone(),
        category: task.category.clone().unwrap_or_default(),
        shots: task.num_fewshot,
        source: card("source"),
        licence: card("licence"),
        ours: ours.filter_map(|choice| choice.as_str().map(str::to_owned)).collect(),
        task_digest: short(&task.task_digest),
        data_digest: task.data_digest.as_deref().map_or_else(|| "no data".to_owned(), short),
    }
}

fn settings(summary: &Summary) -> Vec<(&'static str, String)> {
    let run = &summary.manifest.run;
    let or_none = |value: Option<String>| value.unwrap_or_else(|| "none".to_owned());
    vec![
        ("harness", format!("{} (scoring version {})", run.harness_version, run.scoring_version)),
        ("device", format!("{}, {}", run.device, run.dtype)),
        (
            "documents a task",
            run.limit.map_or_else(|| "all".to_owned(), |limit| format!("the first {limit}")),
        ),
        (
            "shots",
            run.num_fewshot
                .map_or_else(|| "as each task says".to_owned(), |shots| shots.to_string()),
        ),
        ("few-shot seed", run.seed.to_string()),
        (
            "longest sequence",
            run.max_length.map_or_else(|| "each model's".to_owned(), |n| format!("{n} tokens")),
        ),
        ("token budget of a batch", run.batch_tokens.to_string()),
        ("chat template", if run.chat_template { "applied" } else { "not applied" }.to_owned()),
        ("system instruction", or_none(run.system_instruction.clone())),
        (
            "generation options",
            run.gen_kwargs.clone().unwrap_or_else(|| "as each task says".to_owned()),
        ),
    ]
}

fn resampling(summary: &Summary) -> String {
    let resampling = summary.resampling;
    format!("{} replicates over clusters of documents, seed {}", resampling.draws, resampling.seed)
}

/// The only place of a page that holds times.
fn when(summary: &Summary) -> String {
    let manifest = &summary.manifest;
    let cells = manifest
        .models
        .keys()
        .flat_map(|m| manifest.tasks.keys().filter_map(|t| summary.cell(m, t)));
    let seconds: f64 = cells.map(|cell| cell.work.seconds).sum();
    format!(
        "Begun {}; {} s of evaluation.",
        format::date(summary.created),
        format::fixed(seconds, 0)
    )
}

/// The beginning of a digest.
fn short(digest: &str) -> String {
    digest.chars().take(12).collect()
}
