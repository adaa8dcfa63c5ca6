//! Comparisons as data: flat rows for differences.csv, the same rows as JSON.

use harness_metrics::Interval;
use serde_json::{Map, Value, json};

use super::ReportError;
use super::text::cell;
use crate::summary::comparison::{
    AverageDifference, Comparison, Difference, MeanDifference, TaskDifference, Unevenness,
};

/// Version of the JSON; raised when a key changes its meaning.
const SCHEMA_VERSION: u32 = 1;

type Row = Map<String, Value>;

/// differences.csv: a row a task, an average and a category of each comparison.
pub(super) fn sheet(comparisons: &[Comparison]) -> Result<Vec<u8>, ReportError> {
    let build = |error: csv::Error| ReportError::Build(error.to_string());
    let mut writer = csv::Writer::from_writer(Vec::new());
    writer.write_record(empty("", "").keys()).map_err(build)?;
    for row in comparisons.iter().flat_map(rows) {
        writer.write_record(row.values().map(text)).map_err(build)?;
    }
    writer.into_inner().map_err(|error| ReportError::Build(error.to_string()))
}

/// Every comparison as JSON, in the metrics' own units.
pub(super) fn json(comparisons: &[Comparison]) -> Value {
    let one = |comparison: &Comparison| {
        json!({
            "model": comparison.model,
            "baseline": comparison.baseline,
            "relation": comparison.relation.name(),
            "summary": super::differences_text::sentences(comparison),
            "rows": rows(comparison).map(Value::Object).collect::<Vec<_>>(),
            "unevenness": unevenness(&comparison.unevenness),
        })
    };
    let all: Vec<Value> = comparisons.iter().map(one).collect();
    json!({"schema_version": SCHEMA_VERSION, "comparisons": all})
}

fn rows(comparison: &Comparison) -> impl Iterator<Item = Row> {
    let tasks = comparison.tasks.iter().map(task_row);
    let averages = comparison.averages.iter().map(|average| average_row("average", average));
    let categories = comparison.categories.iter().map(|average| average_row("category", average));
    tasks.chain(averages).chain(categories).map(|mut row| {
        row.insert("model".to_owned(), json!(comparison.model));
        row.insert("baseline".to_owned(), json!(comparison.baseline));
        row
    })
}

/// Every key in its place, without numbers.
fn empty(kind: &str, name: &str) -> Row {
    let keys = [
        "kind",
        "model",
        "baseline",
        "name",
        "category",
        "metric",
        "filter",
        "unit",
        "higher_is_better",
        "state",
        "old",
        "new",
        "difference",
        "stderr",
        "low",
        "high",
        "low_90",
        "high_90",
        "n",
        "clusters",
        "dropped_baseline",
        "dropped_model",
        "prompts_differ",
        "wrong_to_right",
        "right_to_wrong",
        "mcnemar_exact_p",
        "mcnemar_mid_p",
        "test",
        "p",
        "p_holm",
        "detectable",
        "margin",
        "verdict",
        "reason",
    ];
    let mut row: Row = keys.map(|key| (key.to_owned(), Value::Null)).into_iter().collect();
    row["kind"] = json!(kind);
    row["name"] = json!(name);
    row
}

fn put(row: &mut Row, values: Value) {
    if let Value::Object(values) = values {
        row.extend(values);
    }
}

fn task_row(task: &TaskDifference) -> Row {
    let mut row = empty(if task.probe { "probe" } else { "task" }, &task.task);
    put(
        &mut row,
        json!({
            "category": task.category,
            "metric": task.metric.metric,
            "filter": task.metric.filter,
            "unit": task.unit,
            "higher_is_better": task.higher_is_better,
        }),
    );
    put(
        &mut row,
        match &task.outcome {
            Ok(difference) => numbers(difference),
            Err(why) => json!({"state": why.state(), "reason": why.reason()}),
        },
    );
    row
}

fn numbers(difference: &Difference) -> Value {
    let flips = difference.flips;
    json!({
        "state": "compared",
        "old": difference.old,
        "new": difference.new,
        "difference": difference.value(),
        "stderr": difference.stderr,
        "low": low(&difference.interval),
        "high": high(&difference.interval),
        "low_90": low(&difference.interval_90),
        "high_90": high(&difference.interval_90),
        "n": difference.n,
        "clusters": difference.clusters,
        "dropped_baseline": difference.dropped.0,
        "dropped_model": difference.dropped.1,
        "prompts_differ": difference.prompts_differ,
        "wrong_to_right": flips.map(|flips| flips.gained),
        "right_to_wrong": flips.map(|flips| flips.lost),
        "mcnemar_exact_p": flips.map(|flips| flips.exact_p),
        "mcnemar_mid_p": flips.map(|flips| flips.mid_p),
        "test": difference.test.name(),
        "p": difference.p,
        "p_holm": difference.p_holm,
        "detectable": difference.detectable,
        "margin": difference.margin,
        "verdict": difference.verdict.name(),
    })
}

fn average_row(kind: &str, average: &AverageDifference) -> Row {
    let mut row = empty(kind, &average.name);
    put(
        &mut row,
        json!({"metric": average.metric, "unit": average.unit, "higher_is_better": true}),
    );
    put(
        &mut row,
        match &average.outcome {
            Ok(difference) => mean_numbers(difference),
            Err(why) => json!({"state": why.state(), "reason": why.reason()}),
        },
    );
    row
}

fn mean_numbers(difference: &MeanDifference) -> Value {
    json!({
        "state": "compared",
        "old": difference.old,
        "new": difference.new,
        "difference": difference.value(),
        "stderr": difference.stderr,
        "low": low(&difference.interval),
        "high": high(&difference.interval),
        "low_90": low(&difference.interval_90),
        "high_90": high(&difference.interval_90),
        "n": difference.n,
        "test": "normal",
        "p": difference.p,
        "p_holm": difference.p_holm,
        "detectable": difference.detectable,
        "margin": difference.margin,
        "verdict": difference.verdict.name(),
    })
}

fn low(interval: &Option<Interval>) -> Option<f64> {
    interval.as_ref().map(|interval| interval.low)
}

fn high(interval: &Option<Interval>) -> Option<f64> {
    interval.as_ref().map(|interval| interval.high)
}

fn unevenness(found: &Unevenness) -> Value {
    let spread = found.heterogeneity.map(|spread| {
        json!({
            "cochran_q": spread.q,
            "df": spread.df,
            "p": spread.p,
            "i_squared": spread.i_squared,
            "true_sd_points": spread.true_sd,
        })
    });
    json!({
        "shape": format!("{:?}", found.shape()).to_lowercase(),
        "better": found.better,
        "worse": found.worse,
        "same": found.same,
        "undecided": found.undecided,
        "gained_points": found.gained,
        "lost_points": found.lost,
        "heterogeneity": spread,
    })
}

/// A value as a cell of a sheet; empty where there is none.
fn text(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => cell(text).into_owned(),
        other => other.to_string(),
    }
}
