//! Languages of parallel text: each by itself, and two against each other.

use harness_metrics::routing::usage;
use harness_metrics::{Estimate, PairMeasure, SideMeasure};

use super::super::{EqualText, LanguageSide, RoutingPair, TextNumbers};
use super::{Cell, RoutingReport, Table};
use crate::pages::format::language;

/// Measures that a control of random halves is printed beside.
const CONTROLLED: [PairMeasure; 7] = [
    PairMeasure::EntropyGap,
    PairMeasure::Cosine,
    PairMeasure::JensenShannon,
    PairMeasure::Spearman,
    PairMeasure::Kendall,
    PairMeasure::TopKShare,
    PairMeasure::LsiShared,
];

impl RoutingReport {
    /// One table a corpus of what each language uses; then two a pair of languages, both together
    /// and text length.
    pub(super) fn language_tables(&self) -> Vec<Table> {
        let pairs = self.language_pairs();
        let mut corpora: Vec<&str> = pairs.iter().map(|names| names[0].as_str()).collect();
        corpora.dedup();
        let usage = corpora.into_iter().map(|corpus| self.usage(corpus));
        let both = pairs.iter().flat_map(|names| [self.both(names), self.text(names)]);
        usage.chain(both).collect()
    }

    fn usage(&self, corpus: &str) -> Table {
        let sides: Vec<(&str, &LanguageSide)> = self
            .pairs
            .iter()
            .filter(|(_, pair)| pair.corpus == corpus)
            .flat_map(|(model, pair)| [(model.as_str(), &pair.a), (model.as_str(), &pair.b)])
            .collect();
        let mut models: Vec<&str> = sides.iter().map(|(model, _)| *model).collect();
        models.dedup();
        let mut languages: Vec<&str> = Vec::new();
        for (_, side) in &sides {
            if !languages.contains(&side.language.as_str()) {
                languages.push(&side.language);
            }
        }
        let title = format!("Use of experts, {corpus}");
        let mut table = Table::new(title, 2, &["language", "mean over layers"]);
        table.columns.extend(models.iter().map(|&model| model.to_owned()));
        table.about = USAGE.to_owned();
        for tag in languages {
            let side = |model: &&str| {
                sides.iter().find(|(m, side)| m == model && side.language == tag).map(|(_, s)| *s)
            };
            for (what, cell) in usage_rows() {
                let cells = models.iter().map(|model| side(model).map_or(Cell::None, &cell));
                let head = [Cell::text(language(tag)), Cell::text(what)];
                table.rows.push(head.into_iter().chain(cells).collect());
            }
        }
        table
    }

    fn both(&self, names: &[String; 3]) -> Table {
        let pairs = self.pairs_of(names);
        let title = heading("Two languages together", names);
        let mut table = Table::new(title, 1, &["mean over layers"]);
        table.columns.extend(pairs.iter().map(|(model, _)| (*model).to_owned()));
        table.about = BOTH.to_owned();
        let mut row = |what: String, cell: &dyn Fn(&RoutingPair) -> Cell| {
            let cells = pairs.iter().map(|(_, pair)| cell(pair));
            table.rows.push(std::iter::once(Cell::Text(what)).chain(cells).collect());
        };
        row("rows (left out)".to_owned(), &|pair| match pair.rows {
            0 => Cell::None,
            rows => Cell::Text(format!("{rows} ({})", pair.dropped)),
        });
        for measure in PairMeasure::ALL {
            row(title_of(measure, names), &|pair| Cell::estimate(pair.mean(measure), 3));
            for side in [Side::A, Side::B] {
                if CONTROLLED.contains(&measure) {
                    let what = format!("  two halves of {}", language(&names[side.name()]));
                    row(what, &|pair| Cell::spread(side.of(pair).controls.halves_mean(measure), 3));
                }
            }
        }
        row("shared by expert index (the paper's)".to_owned(), &|pair| {
            Cell::estimate(pair.numbers.shared_by_index.as_ref(), 3)
        });
        row("cosine, middle half over ends".to_owned(), &|pair| {
            Cell::estimate(pair.numbers.cosine_middle_over_ends.as_ref(), 3)
        });
        for (place, tail) in harness_metrics::routing::collapse::Tail::ALL.iter().enumerate() {
            row(format!("excess collapse, {} (bits)", tail.title()), &|pair| {
                let found: Option<&Estimate> =
                    pair.numbers.excess_collapse.get(place).map(|(_, estimate)| estimate);
                Cell::estimate(found, 3)
            });
        }
        row("layers with gap below / across / above 0".to_owned(), &|pair| {
            pair.numbers.gap_signs.map_or(Cell::None, |signs| {
                Cell::Text(format!("{} / {} / {}", signs.below, signs.across, signs.above))
            })
        });
        row("last-eighth layers with gap > 1 SD of rows".to_owned(), &|pair| {
            pair.numbers.gap_over_sd.as_ref().map_or(Cell::None, |gap| {
                Cell::Text(format!("{} of {}", gap.last_layers_beyond, gap.last_layers))
            })
        });
        table
    }

    /// How much text there is, and usage entropies at equal amounts of it.
    fn text(&self, names: &[String; 3]) -> Table {
        let pairs = self.pairs_of(names);
        let mut table = Table::new(heading("Text length", names), 2, &["language", ""]);
        table.columns.extend(pairs.iter().map(|(model, _)| (*model).to_owned()));
        table.about = TEXT.to_owned();
        for side in [Side::A, Side::B] {
            let mut row = |what: &str, cell: &dyn Fn(&RoutingPair) -> Cell| {
                let cells = pairs.iter().map(|(_, pair)| cell(pair));
                let head = [Cell::text(language(&names[side.name()])), Cell::text(what)];
                table.rows.push(head.into_iter().chain(cells).collect());
            };
            let sized = |pick: fn(&TextNumbers) -> Option<f64>, digits: usize| {
                move |pair: &RoutingPair| {
                    Cell::number(side.of(pair).text.as_ref().and_then(pick), digits)
                }
            };
            row("bytes", &sized(|text| Some(text.size.bytes as f64), 0));
            row("fed and not counted (tokens)", &sized(|text| Some(text.size.masked as f64), 0));
            row("tokens a character", &sized(|text| text.tokens_per_character, 3));
            row("tokens a white-space piece", &sized(|text| text.tokens_per_piece, 2));
            let entropy = |pick: fn(&EqualText, usize) -> Cell| {
                move |pair: &RoutingPair| match &pair.equal {
                    Some(equal) => pick(equal, side.name() - 1),
                    None => Cell::None,
                }
            };
            row("usage entropy, same rows", &entropy(|e, side| Cell::number(e.rows[side], 3)));
            row(
                "usage entropy, equal tokens",
                &entropy(|e, side| Cell::spread(e.tokens[side].as_ref(), 3)),
            );
            row(
                "usage entropy, equal bytes",
                &entropy(|e, side| Cell::spread(e.bytes[side].as_ref(), 3)),
            );
        }
        table
    }

    /// The ceiling of the usage entropy, for headings.
    pub(super) fn ceiling(&self, model: &str) -> Option<f64> {
        self.router(model).map(|router| usage::entropy_ceiling_bits(router.experts))
    }
}

type SideCell = Box<dyn Fn(&LanguageSide) -> Cell>;

/// Rows of one language: what, and its cell.
fn usage_rows() -> Vec<(&'static str, SideCell)> {
    let tokens: SideCell = Box::new(|side| match side.tokens {
        0 => Cell::None,
        tokens => Cell::count(tokens),
    });
    let measure = |measure: SideMeasure| -> (&'static str, SideCell) {
        let cell = move |side: &LanguageSide| {
            let mean = side.numbers.curve(measure).and_then(|curve| curve.mean.as_ref());
            Cell::estimate(mean, digits(measure))
        };
        (measure.title(), Box::new(cell))
    };
    let mut rows = vec![("tokens", tokens)];
    rows.extend(SideMeasure::ALL.map(measure));
    rows.push((
        "few tokens lower it by (bits)",
        Box::new(|side| Cell::number(side.numbers.small_sample_bias, 3)),
    ));
    rows.push((
        "collapse index (bits)",
        Box::new(|side| Cell::estimate(side.numbers.collapse_index(), 3)),
    ));
    rows.push((
        "roughness (bits)",
        Box::new(|side| Cell::estimate(side.numbers.roughness.as_ref(), 3)),
    ));
    rows
}

const USAGE: &str = "Intervals: 95 %, by resampling rows. Usage entropy: how evenly a layer's experts share the \
     tokens; its ceiling is log2 of the number of experts. Collapse index: mean entropy of the middle half of the \
     layers minus that of the last eighth. Roughness: mean change from layer to layer.";

const TEXT: &str = "Entropies in bits, mean over layers. Equal tokens and bytes: random rows that hold as much as the \
     language with less of it has (mean and central 95 % of 100 draws). A gap that vanishes at equal text was one of \
     length.";

const BOTH: &str = "Same rows in both languages. Beside a number stands what two random halves of one language make of \
     it (mean and central 95 %): a difference between languages is one only beyond that. The shared fraction counts \
     (layer, expert) pairs; by expert index it is the paper's, in which an index means another network in every layer.";

#[derive(Clone, Copy)]
enum Side {
    A,
    B,
}

impl Side {
    fn of(self, pair: &RoutingPair) -> &LanguageSide {
        match self {
            Self::A => &pair.a,
            Self::B => &pair.b,
        }
    }

    /// Place of its language in (corpus, a, b).
    fn name(self) -> usize {
        match self {
            Self::A => 1,
            Self::B => 2,
        }
    }
}

pub(super) fn heading(what: &str, [corpus, a, b]: &[String; 3]) -> String {
    format!("{what}: {} and {}, {corpus}", language(a), language(b))
}

pub(super) fn title_of(measure: PairMeasure, [_, a, b]: &[String; 3]) -> String {
    match measure {
        PairMeasure::EntropyGap => {
            format!("usage entropy gap, {} − {} (bits)", language(b), language(a))
        }
        PairMeasure::LsiA => format!("experts of {} (LSI > 0.1)", language(a)),
        PairMeasure::LsiB => format!("experts of {} (LSI < −0.1)", language(b)),
        other => other.title().to_owned(),
    }
}

fn digits(measure: SideMeasure) -> usize {
    match measure {
        SideMeasure::ActiveExperts | SideMeasure::LoadedExperts => 1,
        _ => 3,
    }
}
