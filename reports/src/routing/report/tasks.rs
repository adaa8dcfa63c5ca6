//! Routing of benchmark tasks.

use harness_metrics::{PairMeasure, SideMeasure};

use super::super::{Contrast, SideNumbers, Subset, TaskContrast, TaskRouting};
use super::{Cell, RoutingReport, Table};

impl RoutingReport {
    /// By task and span; then parts of a task against each other.
    pub(super) fn task_tables(&self) -> Vec<Table> {
        [self.spans(), self.contrasts()]
            .into_iter()
            .filter(|table| !table.rows.is_empty())
            .collect()
    }

    fn spans(&self) -> Table {
        let columns = [
            "model",
            "task",
            "language",
            "span",
            "documents",
            "tokens",
            "usage entropy",
            "Gini",
            "selection",
            "collapse",
            "bias",
        ];
        let mut table = Table::new("Benchmark tasks, mean over layers", 4, &columns);
        table.about = "Entropies in bits, 95 % intervals by resampling documents. bias: how much few tokens lower the \
             usage entropy. Right and wrong: by the task's headline metric, where that is 1 or 0."
            .to_owned();
        let routing = self.tasks.iter().flat_map(|study| &study.routing);
        table.rows = routing.map(span_row).collect();
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
            "selection",
            "collapse",
            "cosine",
            "JSD",
        ];
        let mut table = Table::new("Parts of a task against each other", 4, &columns);
        table.about = "First minus second, mean over layers, 95 % intervals by resampling documents. Parts differ in \
             length, and a plug-in entropy grows with length: see the bias above before reading anything into it."
            .to_owned();
        let contrasts = self.tasks.iter().flat_map(|study| &study.contrasts);
        table.rows = contrasts.map(contrast_row).collect();
        table
    }
}

fn span_row(routing: &TaskRouting) -> Vec<Cell> {
    let languages = &routing.language;
    let language = match languages.single() {
        Some(language) => language.to_owned(),
        None => format!("{} → {}", languages.question, languages.continuation),
    };
    let span = match routing.subset {
        Subset::All => routing.span.name().to_owned(),
        Subset::Right => format!("{}, right", routing.span.name()),
        Subset::Wrong => format!("{}, wrong", routing.span.name()),
    };
    let mean = |numbers: &SideNumbers, measure| {
        let curve = numbers.curve(measure);
        Cell::estimate(curve.and_then(|curve| curve.mean.as_ref()), 3)
    };
    let numbers = &routing.numbers;
    vec![
        Cell::text(&routing.model),
        Cell::text(&routing.task),
        Cell::Text(language),
        Cell::Text(span),
        Cell::count(routing.documents),
        Cell::count(routing.tokens),
        mean(numbers, SideMeasure::UsageEntropy),
        mean(numbers, SideMeasure::Gini),
        mean(numbers, SideMeasure::SelectionEntropy),
        Cell::estimate(numbers.collapse_index(), 3),
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
        Cell::estimate(found.map(|(_, estimate)| estimate), 3)
    };
    let together = |measure| {
        let found = contrast.together.iter().find(|(other, _)| *other == measure);
        Cell::estimate(found.map(|(_, estimate)| estimate), 3)
    };
    let [first, second] = contrast.documents;
    vec![
        Cell::text(&contrast.model),
        Cell::text(&contrast.task),
        Cell::text(what),
        Cell::Text(format!("{first} / {second}")),
        difference(SideMeasure::UsageEntropy),
        difference(SideMeasure::Gini),
        difference(SideMeasure::SelectionEntropy),
        Cell::estimate(contrast.collapse.as_ref(), 3),
        together(PairMeasure::Cosine),
        together(PairMeasure::JensenShannon),
    ]
}
