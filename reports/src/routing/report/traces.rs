//! What traces of tokens show.

use super::{Cell, RoutingReport, Table};

impl RoutingReport {
    /// Checkpoints against each other token by token, then companions among experts.
    pub(super) fn trace_tables(&self) -> Vec<Table> {
        let tables = [self.saturation(), self.companions()];
        tables.into_iter().filter(|table| !table.rows.is_empty()).collect()
    }

    fn saturation(&self) -> Table {
        let columns =
            ["stage", "base", "task", "documents", "experts in common", "last layer", "unrelated"];
        let mut table = Table::new("Do checkpoints send a token to the same experts?", 3, &columns);
        table.about = "Share of a token's top-k experts that the base chose too (router saturation), mean over layers and \
             in the last one; unrelated: what two routers that have nothing in common would give."
            .to_owned();
        for saturation in &self.traces.saturation {
            let last = saturation.shared.values.len().saturating_sub(1);
            let texts = [&saturation.stage, &saturation.base, &saturation.task];
            let mut row: Vec<Cell> = texts.into_iter().map(Cell::text).collect();
            row.extend([
                Cell::count(saturation.documents),
                Cell::estimate(saturation.shared.mean.as_ref(), 3),
                match saturation.shared.value(last) {
                    Some(value) => {
                        Cell::Estimate(value, saturation.shared.interval(last).cloned(), 3)
                    }
                    None => Cell::None,
                },
                Cell::Number(saturation.unrelated, 3),
            ]);
            table.rows.push(row);
        }
        table
    }

    fn companions(&self) -> Table {
        let columns = ["model", "task", "tokens", "closest companion", "independent"];
        let mut table = Table::new("Are experts chosen together?", 2, &columns);
        table.about = "How often an expert's closest companion is chosen with it, mean over experts and layers; \
             independent: what equally busy experts chosen independently would give. Uneven loads and few tokens raise it."
            .to_owned();
        for found in &self.traces.coactivation {
            table.rows.push(vec![
                Cell::text(&found.model),
                Cell::text(&found.task),
                Cell::count(found.tokens),
                Cell::number(found.mean(), 3),
                Cell::number(found.independent, 3),
            ]);
        }
        table
    }
}
