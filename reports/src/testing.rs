//! A small made-up run for this crate's tests.

mod translated;

use harness_metrics::random::SplitMix64;
use harness_metrics::{RoutingCounts, RoutingShape};
use indexmap::IndexMap;
use serde_json::json;

use crate::estimates::{EstimateRow, TaskOutcome, TaskStatus, Unit};
use crate::manifest::*;
use crate::record::{DocumentRow, DocumentState, Record, Span, Window, Work};

pub(crate) use translated::{bleu, bleu_statistics, translated};

pub(crate) const SHAPE: RoutingShape = RoutingShape { layers: 6, experts: 16, top_k: 4 };

/// Two models; a group of an accuracy and a missing task with a stand-in; a probe in two
/// languages.
pub(crate) fn manifest() -> Manifest {
    let tasks = [
        ("heb_snli", task("acc", "he", "reasoning")),
        (
            "heb_trans",
            TaskManifest { missing: Some(MISSING.to_owned()), data_digest: None, ..translation() },
        ),
        (
            "heb_trans_flores",
            TaskManifest { stand_in_for: Some("heb_trans".to_owned()), ..translation() },
        ),
        ("probe_en", probe("en")),
        ("probe_he", probe("he")),
    ];
    Manifest {
        run: RunManifest {
            harness_version: "0.1.0".to_owned(),
            scoring_version: 1,
            device: "cpu".to_owned(),
            dtype: "f32".to_owned(),
            batch_tokens: 2048,
            limit: Some(4),
            seed: 1234,
            routing: true,
            ..RunManifest::default()
        },
        models: [("cpt", model("cpt")), ("base", model("base"))]
            .map(|(k, v)| (k.to_owned(), v))
            .into(),
        tasks: tasks
            .map(|(name, task)| (name.to_owned(), task))
            .into_iter()
            .collect::<IndexMap<_, _>>(),
        groups: vec![group()],
    }
}

const MISSING: &str = "no file of example/ted under the data folder; put test.jsonl there";

fn group() -> GroupManifest {
    GroupManifest {
        name: "he-board".to_owned(),
        title: "Hebrew board".to_owned(),
        tasks: ["heb_snli", "heb_trans"].map(str::to_owned).to_vec(),
        groups: Vec::new(),
        aggregate: vec![AggregateManifest {
            metric: HEADLINE.to_owned(),
            filters: vec!["none".to_owned()],
            weight_by_size: false,
        }],
        routing_probe: ["probe_en", "probe_he"].map(str::to_owned).to_vec(),
        stand_ins: [("heb_trans".to_owned(), "heb_trans_flores".to_owned())].into(),
    }
}

fn model(alias: &str) -> ModelManifest {
    ModelManifest {
        source: format!("checkpoints/{alias}"),
        stage: Some(alias.to_owned()),
        family: Some("mini".to_owned()),
        parent: (alias == "cpt").then(|| "base".to_owned()),
        weights_digest: format!("w-{alias}"),
        tokenizer_digest: "t".to_owned(),
        architecture: json!({"family": "qwen3_moe", "layers": 7, "parameters_total": 2_900_000}),
        router: Some(RouterManifest {
            score_function: "softmax".to_owned(),
            experts: SHAPE.experts,
            top_k: SHAPE.top_k,
            shared_experts: 0,
            moe_layers: (1..=SHAPE.layers).collect(),
            capture: Capture::Full,
        }),
        ..ModelManifest::default()
    }
}

fn task(metric: &str, language: &str, category: &str) -> TaskManifest {
    TaskManifest {
        version: "1.0".to_owned(),
        task_digest: "d".to_owned(),
        data_digest: Some("data".to_owned()),
        config: json!({"task": "snli"}),
        output_type: "multiple_choice".to_owned(),
        language: Language::only(language),
        category: Some(category.to_owned()),
        headline: Some(MetricName { metric: metric.to_owned(), filter: "none".to_owned() }),
        ..TaskManifest::default()
    }
}

fn translation() -> TaskManifest {
    let language = Language { question: "he".to_owned(), continuation: "en".to_owned() };
    TaskManifest { language, ..task("sentence_bleu", "he", "translation") }
}

fn probe(language: &str) -> TaskManifest {
    TaskManifest {
        probe: true,
        output_type: "loglikelihood_rolling".to_owned(),
        ..task("bits_per_byte", language, "probe")
    }
}

/// A window of `documents` documents from `first`, drawn from a stream that its names choose.
pub(crate) fn window(
    model: &str,
    task: &str,
    index: usize,
    first: usize,
    documents: usize,
) -> Window {
    let rows: Vec<DocumentRow> =
        (first..first + documents).map(|id| document(model, task, id)).collect();
    let mut routing: Vec<(Span, RoutingCounts)> = Vec::new();
    for (span, counts) in rows.iter().flat_map(|row| &row.routing) {
        match routing.iter_mut().find(|(other, _)| other == span) {
            Some((_, total)) => total.add(counts).unwrap(),
            None => routing.push((*span, counts.clone())),
        }
    }
    let (model, task) = (model.to_owned(), task.to_owned());
    Window {
        model,
        task,
        index,
        first_doc: first,
        end_doc: first + documents,
        documents: rows,
        details: Vec::new(),
        routing,
        work: Work { tokens: 30, tokens_requested: 50, seconds: 0.5, ..Work::default() },
    }
}

/// Document `id`: right if its number is even, or always for `cpt`.
pub(crate) fn document(model: &str, task: &str, id: usize) -> DocumentRow {
    DocumentRow {
        doc_id: id,
        doc_hash: format!("doc-{id}"),
        prompt_hash: format!("prompt-{id}"),
        target_hash: format!("target-{id}"),
        cluster: format!("c{}", id / 2),
        row_id: task.starts_with("probe").then(|| format!("row-{id}")),
        target: json!("נכון"),
        responses: json!([{"loglikelihood": {"log_prob": -1.5, "is_greedy": false}}]),
        scores: scores(task, id, right(model, id)),
        state: DocumentState::Scored,
        routing: vec![(Span::Question, counts(model, task, id))],
        sample: None,
    }
}

fn right(model: &str, id: usize) -> f64 {
    f64::from(id.is_multiple_of(2) || (model == "cpt" && id.is_multiple_of(3)))
}

fn scores(task: &str, id: usize, right: f64) -> serde_json::Value {
    let metrics = match task {
        "heb_snli" => json!({"acc": right}),
        "heb_trans_flores" => json!({"sentence_bleu": 20.0 + 3.0 * id as f64}),
        _ => json!({"bits_per_byte": {"sum": -9.0 - id as f64, "weight": 10.0}}),
    };
    json!([{"filter": "none", "filtered": null, "metrics": metrics}])
}

fn counts(model: &str, task: &str, id: usize) -> RoutingCounts {
    let seed = model.len() as u64 * 31 + task.len() as u64;
    let mut random = SplitMix64::stream(seed + u64::from(task.ends_with("he")), id as u64);
    let mut counts = RoutingCounts::zeros(SHAPE, task.starts_with("probe"));
    for layer in 0..SHAPE.layers {
        // Hebrew reaches fewer experts in the last layers.
        let reach = if task.ends_with("he") && layer > 3 { 7 } else { SHAPE.experts };
        for _ in 0..10 {
            let mut experts: Vec<usize> = (0..reach).collect();
            random.shuffle(&mut experts);
            experts[..SHAPE.top_k]
                .iter()
                .for_each(|e| counts.selections[layer * SHAPE.experts + e] += 1);
        }
        counts.entropy_bits[layer] = 10.0 * (2.0 + layer as f64 / 8.0);
    }
    counts.tokens = 10;
    counts.scores.iter_mut().flatten().for_each(|sum| *sum = 10.0 / SHAPE.experts as f64);
    counts
}

/// An outcome whose numbers follow from [`document`].
pub(crate) fn outcome(model: &str, task: &str, documents: usize) -> TaskOutcome {
    let (metric, unit, value, per_document) = match task {
        "heb_snli" => (
            "acc",
            Unit::Fraction,
            (0..documents).map(|id| right(model, id)).sum::<f64>() / documents as f64,
            true,
        ),
        "heb_trans_flores" => {
            ("sentence_bleu", Unit::Points, 20.0 + 1.5 * (documents as f64 - 1.0), true)
        }
        _ => {
            let sums: f64 = (0..documents).map(|id| 9.0 + id as f64).sum();
            (
                "bits_per_byte",
                Unit::Plain,
                sums / (10.0 * documents as f64) / std::f64::consts::LN_2,
                false,
            )
        }
    };
    let estimate = EstimateRow {
        metric: metric.to_owned(),
        filter: "none".to_owned(),
        value: Some(value),
        unscored: None,
        stderr: per_document.then_some(0.25),
        n: documents,
        higher_is_better: metric != "bits_per_byte",
        per_document,
        unit,
        signature: None,
    };
    TaskOutcome {
        status: TaskStatus::Finished,
        estimates: vec![estimate],
        documents_available: 40,
        documents,
        unscored: 0,
        truncated: 0,
        tokens: 900,
        tokens_requested: 1500,
        seconds: 1.25,
    }
}

/// The whole run: four documents a task, in windows of three and one.
pub(crate) fn fill(record: &mut Record) {
    for model in ["cpt", "base"] {
        for task in ["heb_snli", "heb_trans_flores", "probe_en", "probe_he"] {
            record.commit(&window(model, task, 0, 0, 3)).unwrap();
            record.commit(&window(model, task, 1, 3, 1)).unwrap();
            record.finish_task(model, task, &outcome(model, task, 4), &[]).unwrap();
        }
    }
}

/// The whole run in a folder that lives as long as the first value.
pub(crate) fn filled() -> (tempfile::TempDir, Record) {
    let dir = tempfile::tempdir().unwrap();
    let mut record = Record::open(dir.path(), &manifest()).unwrap();
    fill(&mut record);
    (dir, record)
}
