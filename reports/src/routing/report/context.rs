//! Does context matter? The same sentences one by one, in chunks, and in shuffled chunks.

use harness_metrics::{PairMeasure, SideMeasure};

use super::super::RoutingPair;
use super::{Cell, RoutingReport, Table};
use crate::pages::format::language;

/// How corpora of one text are named: sentences, chunks, chunks in another order.
const KINDS: [(&str, &str); 3] =
    [("", "sentences"), ("_chunks", "chunks"), ("_shuffled", "shuffled chunks")];

impl RoutingReport {
    /// One table a text of which a run read more than one form.
    pub(super) fn context_tables(&self) -> Vec<Table> {
        let mut texts: Vec<&str> = Vec::new();
        for (_, pair) in &self.pairs {
            let suffixes =
                KINDS.iter().skip(1).filter_map(|(suffix, _)| pair.corpus.strip_suffix(suffix));
            suffixes.for_each(|text| {
                if !texts.contains(&text) {
                    texts.push(text);
                }
            });
        }
        texts.into_iter().map(|text| self.context(text)).collect()
    }

    fn context(&self, text: &str) -> Table {
        let title = format!("The same sentences with and without context, {text}");
        let mut table = Table::new(title, 3, &["model", "", "mean over layers"]);
        table.columns.extend(KINDS.map(|(_, kind)| kind.to_owned()));
        table.about = "Entropies in bits. Chunks hold neighbouring sentences; shuffled, the same ones in another order: \
             what changes from column to column is context and length, not vocabulary."
            .to_owned();
        let corpus = |pair: &RoutingPair| {
            KINDS.iter().position(|(suffix, _)| pair.corpus == format!("{text}{suffix}"))
        };
        for (model, pair) in self.pairs.iter().filter(|(_, pair)| corpus(pair).is_some()) {
            let (a, b) = (&pair.a.language, &pair.b.language);
            let forms: [Option<&RoutingPair>; KINDS.len()] = KINDS.map(|(suffix, _)| {
                let name = format!("{text}{suffix}");
                let same = |(other, p): &&(String, RoutingPair)| {
                    other == model && p.corpus == name && [&p.a.language, &p.b.language] == [a, b]
                };
                self.pairs.iter().find(same).map(|(_, pair)| pair)
            });
            let entropy = |pair: &RoutingPair, first: bool| {
                let side = if first { &pair.a } else { &pair.b };
                let curve = side.numbers.curve(SideMeasure::UsageEntropy);
                Cell::around(curve.and_then(|curve| curve.mean.as_ref()), 3)
            };
            let both = format!("{} and {}", language(a), language(b));
            let mut row = |what: String, cell: &dyn Fn(&RoutingPair) -> Cell| {
                let head = [model.as_str(), &both, &what].map(Cell::text);
                let cells = forms.iter().map(|form| form.map_or(Cell::None, cell));
                let row: Vec<Cell> = head.into_iter().chain(cells).collect();
                // Every form of the text names the same comparison.
                if !table.rows.contains(&row) {
                    table.rows.push(row);
                }
            };
            row(format!("usage entropy, {}", language(a)), &|pair| entropy(pair, true));
            row(format!("usage entropy, {}", language(b)), &|pair| entropy(pair, false));
            row("gap".to_owned(), &|pair| Cell::around(pair.mean(PairMeasure::EntropyGap), 3));
            row("cosine".to_owned(), &|pair| Cell::around(pair.mean(PairMeasure::Cosine), 3));
        }
        table
    }
}
