//! Routing of benchmark tasks.

use harness_metrics::{PairMeasure, SideMeasure};

use super::super::{Contrast, Subset, TaskContrast, TaskRouting};
use super::{Cell, RoutingReport, Table};

impl RoutingReport {
    /// By task and span, one table a model; then parts of tasks against each other.
    pub(super) fn task_tables(&self) -> Vec<Table> {
        let mut tables: Vec<Table> = self.routers.iter().map(|f| self.spans(&f.model)).collect();
        tables.push(self.contrasts());
        tables.retain(|table| !table.rows.is_empty());
        tables
    }

    fn spans(&self, model: &str) -> Table {
        let columns =
            ["task", "span", "documents", "tokens", "usage entropy", "Gini", "collapse", "bias"];
        let mut table =
            Table::new(format!("{model}: benchmark tasks, mean over layers"), 2, &columns);
        table.about = "Entropies and collapse in bits; ± half a 95 % interval, by resampling documents. bias: how much \
             few tokens lower the usage entropy. Right and wrong: by the task's headline metric, where that is 1 or 0."
            .to_owned();
        let routing = self.tasks.iter().flat_map(|study| &study.routing);
        table.rows = routing.filter(|routing| routing.model == model).map(span_row).collect();
        table
    }

    fn contrasts(&self) -> Table {
        let columns = [
            "model",
            "task",
            "set against",
            "documents",
            "usage entropy",
            "Gini",
            "collapse",
            "cosine",
            "JSD",
        ];
        let mut table = Table::new("Parts of a task against each other", 3, &columns);
        table.about = "First minus second, mean over layers, ± half a 95 % interval by resampling documents. Parts differ \
             in length, and few tokens lower an entropy: see the bias above before reading anything into it."
            .to_owned();
        let contrasts = self.tasks.iter().flat_map(|study| &study.contrasts);
        table.rows = contrasts.map(contrast_row).collect();
        table
    }
}

fn span_row(routing: &TaskRouting) -> Vec<Cell> {
    let span = match routing.subset {
        Subset::All => routing.span.name().to_owned(),
        Subset::Right => format!("{}, right", routing.span.name()),
        Subset::Wrong => format!("{}, wrong", routing.span.name()),
    };
    let numbers = &routing.numbers;
    let mean =
        |measure| Cell::around(numbers.curve(measure).and_then(|curve| curve.mean.as_ref()), 3);
    // Translation: whose text a span is depends on the span.
    let task = match routing.language.single() {
        Some(_) => routing.task.clone(),
        None => format!(
            "{} ({} → {})",
            routing.task, routing.language.question, routing.language.continuation
        ),
    };
    vec![
        Cell::Text(task),
        Cell::Text(span),
        Cell::count(routing.documents),
        Cell::count(routing.tokens),
        mean(SideMeasure::UsageEntropy),
        mean(SideMeasure::Gini),
        Cell::around(numbers.collapse_index(), 3),
        Cell::number(numbers.small_sample_bias, 3),
    ]
}

fn contrast_row(contrast: &TaskContrast) -> Vec<Cell> {
    let what = match contrast.contrast {
        Contrast::RightMinusWrong => "right − wrong",
        Contrast::GoldMinusOther => "gold − other",
    };
    let difference = |measure| {
        let found = contrast.differences.iter().find(|(other, _)| *other == measure);
        Cell::around(found.map(|(_, estimate)| estimate), 3)
    };
    let together = |measure| {
        let found = contrast.together.iter().find(|(other, _)| *other == measure);
        Cell::around(found.map(|(_, estimate)| estimate), 3)
    };
    let [first, second] = contrast.documents;
    vec![
        Cell::text(&contrast.model),
        Cell::text(&contrast.task),
        Cell::text(what),
        Cell::Text(format!("{first} / {second}")),
        difference(SideMeasure::UsageEntropy),
        difference(SideMeasure::Gini),
        Cell::around(contrast.collapse.as_ref(), 3),
        together(PairMeasure::Cosine),
        together(PairMeasure::JensenShannon),
    ]
}
