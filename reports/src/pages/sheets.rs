//! scores.csv and routing.csv.

use super::ReportError;
use super::text::cell;
use crate::summary::{Average, Cell, CellState, RoutingGroup, Scored, Summary, is_share_of_right};

const SCORES: [&str; 20] = [
    "kind",
    "model",
    "name",
    "language",
    "category",
    "metric",
    "filter",
    "state",
    "value",
    "stderr",
    "low",
    "high",
    "level",
    "interval",
    "n",
    "documents",
    "unscored",
    "stand_in_for",
    "reason",
    "chance",
];

const ROUTING: [&str; 16] = [
    "model",
    "task",
    "language",
    "span",
    "capture",
    "documents",
    "tokens",
    "moe_layer",
    "layer",
    "usage_entropy_bits",
    "entropy_ceiling_bits",
    "gini",
    "active_experts",
    "loaded_experts",
    "selection_entropy_bits",
    "max_load_share",
];

/// One row a (model, task, metric, filter), and one an average.
pub(super) fn scores(summary: &Summary) -> Result<Vec<u8>, ReportError> {
    let mut rows = vec![SCORES.map(str::to_owned).to_vec()];
    for model in summary.manifest.models.keys() {
        for (task, cell) in
            summary.manifest.tasks.keys().filter_map(|t| Some((t, summary.cell(model, t)?)))
        {
            rows.extend(task_rows(summary, model, task, cell));
        }
        rows.extend(summary.averages(model).iter().map(|average| average_row(model, average)));
    }
    sheet(&rows)
}

fn task_rows(summary: &Summary, model: &str, task: &str, cell: &Cell) -> Vec<Vec<String>> {
    let row = |scored: Option<&Scored>| task_row(summary, model, task, cell, scored);
    if cell.scores.is_empty() {
        vec![row(None)]
    } else {
        cell.scores.iter().map(|s| row(Some(s))).collect()
    }
}

fn task_row(
    summary: &Summary,
    model: &str,
    name: &str,
    cell: &Cell,
    scored: Option<&Scored>,
) -> Vec<String> {
    let task = &summary.manifest.tasks[name];
    let row = scored.map(|scored| &scored.row);
    let interval = scored.and_then(|scored| scored.interval.as_ref());
    let (state, reason) = state(cell, scored);
    vec![
        "task".to_owned(),
        text(model),
        text(name),
        text(&task.language.question),
        text(task.category.as_deref().unwrap_or_default()),
        row.map_or_else(String::new, |row| text(&row.metric)),
        row.map_or_else(String::new, |row| text(&row.filter)),
        state.to_owned(),
        number(row.and_then(|row| row.value)),
        number(row.and_then(|row| row.stderr)),
        number(interval.map(|interval| interval.low)),
        number(interval.map(|interval| interval.high)),
        number(interval.map(|interval| interval.level)),
        interval.map_or_else(String::new, |interval| interval.method.to_string()),
        row.map_or_else(String::new, |row| row.n.to_string()),
        cell.documents.to_string(),
        cell.unscored_documents().to_string(),
        text(task.stand_in_for.as_deref().unwrap_or_default()),
        text(&reason),
        number(cell.chance.filter(|_| row.is_some_and(|row| is_share_of_right(&row.metric)))),
    ]
}

fn state(cell: &Cell, scored: Option<&Scored>) -> (&'static str, String) {
    match &cell.state {
        CellState::Missing(reason) => ("missing", reason.clone()),
        CellState::Failed(reason) => ("failed", reason.clone()),
        CellState::Unfinished => ("unfinished", String::new()),
        CellState::Scored => match scored.and_then(|scored| scored.row.unscored.clone()) {
            Some(reason) => ("unscored", reason),
            None => ("scored", String::new()),
        },
    }
}

fn average_row(model: &str, average: &Average) -> Vec<String> {
    let interval = average.interval.as_ref();
    let value = average.value.as_ref();
    let stand_ins: Vec<String> =
        average.stand_ins.iter().map(|(task, other)| format!("{other} for {task}")).collect();
    vec![
        "average".to_owned(),
        text(model),
        text(&average.group),
        String::new(),
        String::new(),
        text(&average.metric),
        text(&average.filter),
        if value.is_ok() { "scored" } else { "none" }.to_owned(),
        number(value.ok().copied()),
        number(average.stderr),
        number(interval.map(|interval| interval.low)),
        number(interval.map(|interval| interval.high)),
        number(interval.map(|interval| interval.level)),
        interval.map_or_else(String::new, |interval| interval.method.to_string()),
        average.n.to_string(),
        average.n.to_string(),
        String::new(),
        text(&stand_ins.join("; ")),
        text(value.err().map_or("", String::as_str)),
        String::new(),
    ]
}

/// One row a (model, task, span, MoE layer).
pub(super) fn routing(summary: &Summary) -> Result<Vec<u8>, ReportError> {
    let mut rows = vec![ROUTING.map(str::to_owned).to_vec()];
    for (alias, model) in &summary.manifest.models {
        let numbers = model.router.as_ref().map_or(&[][..], |router| &router.moe_layers);
        for group in summary.routing(alias) {
            let layers = 0..group.counts.shape.layers;
            rows.extend(layers.map(|layer| layer_row(alias, group, layer, numbers.get(layer))));
        }
    }
    sheet(&rows)
}

fn layer_row(
    model: &str,
    group: &RoutingGroup,
    layer: usize,
    layer_number: Option<&usize>,
) -> Vec<String> {
    let measures = &group.measures;
    let at = |values: &Option<Vec<f64>>| {
        number(values.as_ref().and_then(|values| values.get(layer).copied()))
    };
    let count = |values: &[usize]| values.get(layer).map_or_else(String::new, usize::to_string);
    vec![
        text(model),
        text(&group.task),
        text(&group.language.question),
        group.span.name().to_owned(),
        format!("{:?}", group.capture).to_lowercase(),
        group.documents.to_string(),
        group.counts.tokens.to_string(),
        layer.to_string(),
        layer_number.map_or_else(String::new, usize::to_string),
        at(&measures.usage_entropy_bits),
        number(Some(harness_metrics::routing::usage::entropy_ceiling_bits(
            group.counts.shape.experts,
        ))),
        at(&measures.gini),
        count(&measures.active_experts),
        count(&measures.loaded_experts),
        at(&measures.selection_entropy_bits),
        at(&measures.max_load_share),
    ]
}

pub(super) fn text(text: &str) -> String {
    cell(text).into_owned()
}

/// Shortest digits that read back as the same number; empty where there is none.
pub(super) fn number(value: Option<f64>) -> String {
    value.filter(|value| value.is_finite()).map_or_else(String::new, |value| value.to_string())
}

pub(super) fn sheet(rows: &[Vec<String>]) -> Result<Vec<u8>, ReportError> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    for row in rows {
        writer.write_record(row).map_err(|error| ReportError::Build(error.to_string()))?;
    }
    writer.into_inner().map_err(|error| ReportError::Build(error.to_string()))
}
