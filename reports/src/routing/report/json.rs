//! Everything, for other programs.

use serde_json::{Value, json};

use super::{RoutingReport, Table};
use crate::pages::pair_json;

impl RoutingReport {
    /// Every table, in the order in which people read them.
    #[must_use]
    pub fn tables(&self) -> Vec<Table> {
        let mut tables = vec![self.router_table()];
        tables.extend(self.language_tables());
        tables.extend(self.context_tables());
        tables.extend(self.specialisation_tables());
        tables.extend(self.layer_tables());
        tables.extend(self.stage_tables());
        tables.extend(self.task_tables());
        tables.extend(self.trace_tables());
        tables.iter_mut().for_each(Table::drop_empty_rows);
        tables.retain(|table| !table.rows.is_empty());
        tables
    }

    /// For a terminal of `width` columns.
    #[must_use]
    pub fn terminal(&self, width: usize, color: bool) -> String {
        let tables = self.tables();
        let tables = tables.iter().map(|table| table.terminal(width, color));
        let notes = self.notes();
        let notes = notes.iter().map(|note| {
            crate::terminal::layout::note(
                &format!("· {}", crate::pages::terminal_safe(note)),
                width,
            ) + "\n"
        });
        let body = tables.collect::<Vec<_>>().join("\n");
        format!("{body}\n{}", notes.collect::<String>())
    }

    /// As Markdown.
    #[must_use]
    pub fn markdown(&self) -> String {
        let tables = self.tables();
        let tables: Vec<String> = tables.iter().map(Table::markdown).collect();
        let notes = self.notes();
        let notes = notes.iter().map(|note| format!("- {}\n", crate::pages::markdown(note)));
        format!("## Routing\n\n{}\n{}", tables.join("\n"), notes.collect::<String>())
    }

    /// Everything that was measured. Keys are those of routing.json; tables are
    /// `[MoE layer][expert]`, and a value that does not exist is `null`.
    #[must_use]
    pub fn json(&self) -> Value {
        let pair = |(model, pair): &(String, super::super::RoutingPair)| {
            let mut value = pair_json(pair);
            value["model"] = json!(model);
            value
        };
        json!({
            "schema_version": 1,
            "routers": self.routers,
            "pairs": self.pairs.iter().map(pair).collect::<Vec<_>>(),
            "stages": self.stages,
            "gap_agreement": self.agreements,
            "tasks": self.tasks,
            "traces": self.traces,
            "notes": self.notes(),
        })
    }
}
