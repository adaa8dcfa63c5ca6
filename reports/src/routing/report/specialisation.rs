//! Which experts belong to whom.

use harness_metrics::routing::lsi::Classes;

use super::languages::heading;
use super::{Cell, RoutingReport, Table};
use crate::pages::format::language;

impl RoutingReport {
    /// Classes at every threshold, one table a (corpus, two languages).
    pub(super) fn specialisation_tables(&self) -> Vec<Table> {
        self.language_pairs().iter().map(|names| self.classes(names)).collect()
    }

    fn classes(&self, names: &[String; 3]) -> Table {
        let (a, b) = (language(&names[1]), language(&names[2]));
        let columns = ["model", "counted by", "threshold", a, b, "shared", "inactive"];
        let mut table = Table::new(heading("Language specialisation", names), 3, &columns);
        table.about = ABOUT.to_owned();
        for (model, pair) in self.pairs_of(names) {
            let mut add = |by: &str, threshold: String, classes: &Classes| {
                let texts = [model, by, threshold.as_str()].map(Cell::text);
                let counts = [classes.a, classes.b, classes.shared, classes.inactive];
                table.rows.push(texts.into_iter().chain(counts.map(Cell::count)).collect());
            };
            for (threshold, classes) in &pair.numbers.by_layer_expert {
                add("layer and expert", threshold.to_string(), classes);
            }
            if let Some(classes) = &pair.numbers.by_null_threshold {
                let found = pair.numbers.null_threshold.iter().flatten();
                let (least, most) =
                    found.fold((f64::MAX, 0.0_f64), |(a, b), &t| (a.min(t), b.max(t)));
                add("layer and expert", format!("chance, {least:.2}–{most:.2}"), classes);
            }
            for (threshold, classes) in &pair.numbers.by_index {
                add("expert index", threshold.to_string(), classes);
            }
        }
        table
    }
}

const ABOUT: &str = "Index of an expert: (a − b) / (a + b) over its activation rates; beyond the threshold it belongs to \
     a language. Chance: the 97.5th percentile of |index| between random halves of one language, layer by layer, the \
     larger of both languages. By expert index is the paper's version: an index is a different network in every layer, \
     so it changes when experts are renamed and grows with the number of layers.";
