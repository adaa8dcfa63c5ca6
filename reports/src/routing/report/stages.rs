//! What training changed.

use harness_metrics::routing::layers::Part;

use super::super::{Quantity, StageComparison};
use super::{Cell, RoutingReport, Table};
use crate::pages::format::language;

impl RoutingReport {
    /// Changes by part of the network, one table a comparison; then what was repaired, and
    /// whether languages agree.
    pub(super) fn stage_tables(&self) -> Vec<Table> {
        let changes = self.stages.iter().filter(|stage| !stage.changes.is_empty()).map(changes);
        let repaired = self.remediation();
        changes.chain(repaired).chain(self.agreement()).collect()
    }

    fn remediation(&self) -> Option<Table> {
        let columns = ["stage", "base", "corpus", "collapse of", "base", "stage", "repaired"];
        let mut table = Table::new("Repaired collapse", 4, &columns);
        table.about = "1 − collapse index of the stage / that of its base: 1 is all of it, 0 nothing, below 0 worse. \
             No number where the base's own collapse may be 0."
            .to_owned();
        for stage in &self.stages {
            for part in &stage.remediation {
                let texts = [&stage.stage, &stage.base, &stage.corpus, &part.of];
                let mut row: Vec<Cell> = texts.into_iter().map(Cell::text).collect();
                row.push(Cell::estimate(Some(&part.base), 3));
                row.push(Cell::estimate(Some(&part.stage), 3));
                row.push(match &part.share {
                    Ok(share) => Cell::estimate(Some(share), 2),
                    Err(reason) => Cell::text(reason),
                });
                // A language of three has one collapse, in two comparisons.
                if !table.rows.contains(&row) {
                    table.rows.push(row);
                }
            }
        }
        (!table.rows.is_empty()).then_some(table)
    }

    fn agreement(&self) -> Option<Table> {
        let columns = [
            "model",
            "gaps of",
            "against",
            "RMSE (bits)",
            "largest (bits)",
            "at MoE layer",
            "Pearson",
        ];
        let mut table = Table::new("Do languages' gaps have one profile?", 3, &columns);
        table.about = "Differences of two languages' gaps over the layers; Pearson describes two curves, whose layers \
             are not independent, so it has no p-value."
            .to_owned();
        for agreement in &self.agreements {
            let both =
                format!("{} and {}", language(&agreement.first), language(&agreement.second));
            table.rows.push(vec![
                Cell::text(&agreement.model),
                Cell::text(both),
                Cell::text(language(&agreement.against)),
                Cell::estimate(Some(&agreement.rmse), 3),
                Cell::estimate(Some(&agreement.largest), 3),
                Cell::count(agreement.layer),
                Cell::estimate(agreement.pearson.as_ref(), 3),
            ]);
        }
        (!table.rows.is_empty()).then_some(table)
    }
}

fn changes(stage: &StageComparison) -> Table {
    let (a, b) = (language(&stage.a), language(&stage.b));
    let title = format!("{} minus {}: {a} and {b}, {}", stage.stage, stage.base, stage.corpus);
    let columns: Vec<&str> =
        std::iter::once("change of").chain(Part::ALL.iter().map(|part| part.title())).collect();
    let mut table = Table::new(title, 1, &columns);
    let paired = format!(
        "Means over layers, paired by row ({} rows), bits for entropies; ± half a 95 % interval.",
        stage.rows
    );
    table.about = std::iter::once(paired)
        .chain(stage.notes.iter().map(|note| format!("Mind: {note}.")))
        .collect::<Vec<_>>()
        .join(" ");
    for quantity in Quantity::ALL {
        let cell = |part: &Part| {
            let found = stage.changes.iter().find(|c| c.quantity == quantity && c.part == *part);
            Cell::around(found.map(|change| &change.change), 3)
        };
        let head = Cell::Text(quantity.title(a, b));
        table.rows.push(std::iter::once(head).chain(Part::ALL.iter().map(cell)).collect());
    }
    table
}
