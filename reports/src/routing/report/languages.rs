//! Languages of parallel text: each by itself, and two against each other.

use harness_metrics::routing::usage;
use harness_metrics::{Estimate, PairMeasure, SideMeasure};

use super::super::{LanguageSide, RoutingPair};
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
    /// Two tables a (corpus, two languages): usage of each, and both together.
    pub(super) fn language_tables(&self) -> Vec<Table> {
        self.language_pairs()
            .iter()
            .flat_map(|names| [self.usage(names), self.both(names)])
            .collect()
    }

    fn usage(&self, names: &[String; 3]) -> Table {
        let pairs = self.pairs_of(names);
        let mut table = Table::new(heading("Use of experts", names), 2, &["mean over layers", ""]);
        table.columns.extend(pairs.iter().map(|(model, _)| (*model).to_owned()));
        table.about = USAGE.to_owned();
        for side in [Side::A, Side::B] {
            let row = |what: &str, cell: &dyn Fn(&LanguageSide) -> Cell| {
                let cells = pairs.iter().map(|(_, pair)| cell(side.of(pair)));
                let head = [Cell::text(what), Cell::text(language(&names[side.name()]))];
                head.into_iter().chain(cells).collect::<Vec<_>>()
            };
            table.rows.push(row("tokens", &|side| match side.tokens {
                0 => Cell::None,
                tokens => Cell::count(tokens),
            }));
            for measure in SideMeasure::ALL {
                let cell = |side: &LanguageSide| {
                    let mean = side.numbers.curve(measure).and_then(|curve| curve.mean.as_ref());
                    Cell::estimate(mean, digits(measure))
                };
                table.rows.push(row(measure.title(), &cell));
            }
            table.rows.push(row("few tokens lower it by (bits)", &|side| {
                Cell::number(side.numbers.small_sample_bias, 3)
            }));
            table.rows.push(row("collapse index (bits)", &|side| {
                Cell::estimate(side.numbers.collapse_index(), 3)
            }));
            table.rows.push(row("roughness (bits)", &|side| {
                Cell::estimate(side.numbers.roughness.as_ref(), 3)
            }));
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
            let signs = pair.numbers.gap_signs;
            Cell::Text(format!("{} / {} / {}", signs.below, signs.across, signs.above))
        });
        row("last-eighth layers with gap > 1 SD of rows".to_owned(), &|pair| {
            pair.numbers.gap_over_sd.as_ref().map_or(Cell::None, |gap| {
                Cell::Text(format!("{} of {}", gap.last_layers_beyond, gap.last_layers))
            })
        });
        table
    }

    /// The ceiling of the usage entropy, for headings.
    pub(super) fn ceiling(&self, model: &str) -> Option<f64> {
        self.router(model).map(|router| usage::entropy_ceiling_bits(router.experts))
    }
}

const USAGE: &str = "Intervals: 95 %, by resampling rows. Usage entropy: how evenly a layer's experts share the \
     tokens; its ceiling is log2 of the number of experts. Collapse index: mean entropy of the middle half of the \
     layers minus that of the last eighth. Roughness: mean change from layer to layer.";

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
