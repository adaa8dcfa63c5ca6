//! results.json, in lm-evaluation-harness's layout (`lm_eval/result_schema.py`,
//! `lm_eval/loggers/evaluation_tracker.py`), one model a file.
//!
//! What that layout has no place for (intervals, states, digests) stands under the key
//! `harness`. Nothing is NaN: a standard error that does not exist is `"N/A"`, as there.

use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};

use super::names::file_name;
use crate::estimates::EstimateRow;
use crate::manifest::{Manifest, ModelManifest};
use crate::summary::{Average, Cell, CellState, Scored, Summary};

/// Keys at the top of results.json that hold times. Two runs of the same command agree in all
/// other keys; routing.json, the CSV and the samples files hold no time at all, and the pages
/// hold it in their last line.
pub const TIME_KEYS: [&str; 4] =
    ["date", "start_time", "end_time", "total_evaluation_time_seconds"];

/// Version of the `harness` block; raised when a key of it changes its meaning.
const SCHEMA_VERSION: u32 = 1;

/// The file of one model.
pub(super) fn results(summary: &Summary, alias: &str) -> Value {
    let model = ModelResults { summary, alias, model: &summary.manifest.models[alias] };
    let mut file = model.results();
    for part in [model.tables(), model.config(), model.identity(), model.times()] {
        file.extend(part);
    }
    file.insert("harness".to_owned(), model.harness());
    Value::Object(file)
}

struct ModelResults<'a> {
    summary: &'a Summary,
    alias: &'a str,
    model: &'a ModelManifest,
}

impl ModelResults<'_> {
    fn manifest(&self) -> &Manifest {
        &self.summary.manifest
    }

    fn cells(&self) -> impl Iterator<Item = (&String, &Cell)> {
        let tasks = self.manifest().tasks.keys();
        tasks.filter_map(|task| Some((task, self.summary.cell(self.alias, task)?)))
    }

    /// Cells with results: those that have scores.
    fn scored(&self) -> impl Iterator<Item = (&String, &Cell)> {
        self.cells().filter(|(_, cell)| cell.state == CellState::Scored)
    }

    /// One object a task with results, by task.
    fn by_task(&self, value: impl Fn(&String, &Cell) -> Value) -> Value {
        self.scored()
            .map(|(task, cell)| (task.clone(), value(task, cell)))
            .collect::<Map<_, _>>()
            .into()
    }

    fn results(&self) -> Map<String, Value> {
        let tasks = self.scored().map(|(task, cell)| (task.clone(), task_results(task, cell)));
        let mut results: Map<String, Value> = tasks.collect();
        let groups = self.groups();
        results.extend(groups.clone());
        let mut file = object(json!({"results": results}));
        if !groups.is_empty() {
            file.insert("groups".to_owned(), groups.into());
        }
        file
    }

    fn groups(&self) -> Map<String, Value> {
        let mut groups = Map::new();
        for group in &self.manifest().groups {
            let averages =
                self.summary.averages(self.alias).iter().filter(|a| a.group == group.name);
            let scores: Map<String, Value> = averages.flat_map(average_results).collect();
            if !scores.is_empty() {
                let title = if group.title.is_empty() { &group.name } else { &group.title };
                let mut entry = object(json!({"name": group.name, "alias": title}));
                entry.extend(scores);
                groups.insert(group.name.clone(), entry.into());
            }
        }
        groups
    }

    fn tables(&self) -> Map<String, Value> {
        let tasks = &self.manifest().tasks;
        object(json!({
            "group_subtasks": self.subtasks(),
            "configs": self.by_task(|task, _| tasks[task].config.clone()),
            "versions": self.by_task(|task, _| version(&tasks[task].version)),
            "n-shot": self.by_task(|task, _| tasks[task].num_fewshot.into()),
            "higher_is_better": self.by_task(|_, cell| directions(cell)),
            "n-samples": self.by_task(|_, cell| json!({"original": cell.documents_available, "effective": cell.documents})),
        }))
    }

    fn subtasks(&self) -> Value {
        let groups =
            self.manifest().groups.iter().map(|group| (group.name.clone(), json!(group.tasks)));
        let tasks = self.scored().map(|(task, _)| (task.clone(), json!([])));
        groups.chain(tasks).collect::<Map<_, _>>().into()
    }

    fn config(&self) -> Map<String, Value> {
        let run = &self.manifest().run;
        let seed = run.seed;
        object(json!({"config": {
            "model": "harness",
            "model_args": self.model.source,
            "model_num_parameters": self.model.architecture.get("parameters_total"),
            "model_dtype": run.dtype,
            "model_revision": revision(&self.model.source),
            "model_sha": self.model.weights_digest,
            "batch_size": run.batch_tokens,
            "batch_sizes": [],
            "device": run.device,
            "use_cache": null,
            "limit": run.limit,
            "bootstrap_iters": self.summary.resampling.draws,
            "gen_kwargs": run.gen_kwargs,
            "random_seed": null,
            "numpy_seed": null,
            "torch_seed": null,
            "fewshot_seed": seed,
        }}))
    }

    fn identity(&self) -> Map<String, Value> {
        let run = &self.manifest().run;
        let instruction_sha = run.system_instruction.as_ref().map(|text| sha256(text));
        object(json!({
            "git_hash": null,
            "task_hashes": self.by_task(|_, cell| cell.task_hash.clone().into()),
            "model_source": "harness",
            "model_name": self.alias,
            "model_name_sanitized": file_name(self.alias),
            "system_instruction": run.system_instruction,
            "system_instruction_sha": instruction_sha,
            "fewshot_as_multiturn": run.fewshot_as_multiturn,
            "chat_template": null,
            "chat_template_sha": self.model.chat_template_digest,
            "max_length": run.max_length,
        }))
    }

    /// The values of [`TIME_KEYS`].
    fn times(&self) -> Map<String, Value> {
        let seconds: f64 = self.cells().map(|(_, cell)| cell.work.seconds).sum();
        let start = self.summary.created as f64;
        let values =
            [json!(start), json!(start), json!(start + seconds), json!(seconds.to_string())];
        TIME_KEYS.iter().map(|key| (*key).to_owned()).zip(values).collect()
    }

    fn harness(&self) -> Value {
        let run = &self.manifest().run;
        json!({
            "schema_version": SCHEMA_VERSION,
            "harness_version": run.harness_version,
            "scoring_version": run.scoring_version,
            "weights_digest": self.model.weights_digest,
            "tokenizer_digest": self.model.tokenizer_digest,
            "resampling": self.summary.resampling,
            "tasks": self.cells().map(|(task, cell)| (task.clone(), self.task_block(task, cell))).collect::<Map<_, _>>(),
            "averages": self.summary.averages(self.alias).iter().map(average_block).collect::<Vec<_>>(),
        })
    }

    fn task_block(&self, name: &str, cell: &Cell) -> Value {
        let task = &self.manifest().tasks[name];
        let unscored: Vec<Value> = cell
            .unscored
            .iter()
            .map(|(reason, count)| json!({"reason": reason, "documents": count}))
            .collect();
        json!({
            "state": state(&cell.state),
            "stand_in_for": task.stand_in_for,
            "task_digest": task.task_digest,
            "data_digest": task.data_digest,
            "documents": cell.documents,
            "unscored": unscored,
            "truncated": cell.work.truncated,
            "tokens": cell.work.tokens,
            "tokens_requested": cell.work.tokens_requested,
            "near_ties": cell.work.near_ties,
            "scores": cell.scores.iter().map(score_block).collect::<Vec<_>>(),
        })
    }
}

fn task_results(task: &str, cell: &Cell) -> Value {
    let mut entry = object(json!({"name": task, "alias": task, "sample_len": cell.documents}));
    for Scored { row, .. } in &cell.scores {
        let EstimateRow { metric, filter, value, stderr, .. } = row;
        entry.insert(format!("{metric},{filter}"), or_not_available(*value));
        entry.insert(format!("{metric}_stderr,{filter}"), or_not_available(*stderr));
    }
    entry.into()
}

fn average_results(average: &Average) -> Vec<(String, Value)> {
    let Ok(value) = average.value else { return Vec::new() };
    let Average { metric, filter, pooled_stderr, .. } = average;
    vec![
        (format!("{metric},{filter}"), or_not_available(Some(value))),
        (format!("{metric}_stderr,{filter}"), or_not_available(*pooled_stderr)),
    ]
}

fn directions(cell: &Cell) -> Value {
    let each = cell
        .scores
        .iter()
        .map(|scored| (scored.row.metric.clone(), scored.row.higher_is_better.into()));
    each.collect::<Map<_, _>>().into()
}

fn score_block(Scored { row, interval }: &Scored) -> Value {
    json!({
        "metric": row.metric,
        "filter": row.filter,
        "value": row.value,
        "unscored": row.unscored,
        "stderr": row.stderr,
        "interval": interval,
        "n": row.n,
        "unit": row.unit,
        "signature": row.signature,
    })
}

fn average_block(average: &Average) -> Value {
    json!({
        "group": average.group,
        "metric": average.metric,
        "filter": average.filter,
        "value": average.value.as_ref().ok(),
        "none_because": average.value.as_ref().err(),
        "stderr": average.stderr,
        "interval": average.interval,
        "n": average.n,
        "tasks": average.tasks,
        "stand_ins": average.stand_ins.iter().map(|(task, other)| json!({"task": task, "stand_in": other})).collect::<Vec<_>>(),
    })
}

fn state(state: &CellState) -> Value {
    match state {
        CellState::Scored => json!({"state": "scored"}),
        CellState::Missing(reason) => json!({"state": "missing", "reason": reason}),
        CellState::Failed(reason) => json!({"state": "failed", "reason": reason}),
        CellState::Unfinished => json!({"state": "unfinished"}),
    }
}

/// lm-eval writes versions as the task file has them, mostly numbers.
fn version(text: &str) -> Value {
    text.parse::<f64>()
        .ok()
        .filter(|number| number.is_finite())
        .map_or_else(|| text.into(), Value::from)
}

fn revision(source: &str) -> Option<&str> {
    source.rsplit_once('@').map(|(_, commit)| commit).filter(|commit| !commit.contains(['/', '\\']))
}

fn or_not_available(value: Option<f64>) -> Value {
    value.filter(|value| value.is_finite()).map_or_else(|| "N/A".into(), Value::from)
}

fn object(value: Value) -> Map<String, Value> {
    match value {
        Value::Object(map) => map,
        _ => Map::new(),
    }
}

fn sha256(text: &str) -> String {
    Sha256::digest(text.as_bytes()).iter().map(|byte| format!("{byte:02x}")).collect()
}
