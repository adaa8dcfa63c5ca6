//! Is a gap between languages one of routing or of text length? The same numbers at equal text.

use harness_metrics::routing::bands::{Spread, at_equal_amounts};
use harness_metrics::routing::{collapse, usage};
use harness_metrics::scores::Clusters;
use serde::Serialize;

use super::rows::LanguageRows;
use crate::record::TextSize;

/// Random subsets of rows.
const DRAWS: usize = 100;

/// Usage entropies of two languages, mean over layers in bits, at equal amounts of text.
#[derive(Clone, PartialEq, Debug, Default, Serialize)]
pub struct EqualText {
    /// The same rows.
    pub rows: [Option<f64>; 2],
    /// Random rows with as many tokens as the language with fewer has.
    pub tokens: [Option<Spread>; 2],
    /// Random rows with as many bytes as the language with fewer has; `None` where the record
    /// does not know how much text its rows are.
    pub bytes: [Option<Spread>; 2],
}

/// How much text one language's rows are, and what the tokenizer makes of it.
#[derive(Clone, Copy, PartialEq, Debug, Default, Serialize)]
pub struct TextNumbers {
    /// Sizes summed over rows.
    pub size: TextSize,
    /// Counted tokens a character.
    pub tokens_per_character: Option<f64>,
    /// Counted tokens a piece between white space; means little where a language does not
    /// separate words.
    pub tokens_per_piece: Option<f64>,
}

impl TextNumbers {
    /// `None` where the size of a row is not known.
    pub(super) fn of(rows: &LanguageRows) -> Option<Self> {
        let mut size = TextSize::default();
        for row in &rows.sizes {
            size.add(row.as_ref()?);
        }
        let tokens = rows.counts.tokens as f64;
        let per = |amount: u64| (amount > 0).then(|| tokens / amount as f64);
        Some(Self {
            size,
            tokens_per_character: per(size.characters),
            tokens_per_piece: per(size.pieces),
        })
        .filter(|_| !rows.sizes.is_empty())
    }
}

/// Both languages at equal rows, tokens and bytes.
pub(super) fn equal_text(
    languages: [&LanguageRows; 2],
    clusters: &Clusters,
    seed: u64,
) -> EqualText {
    let tokens = languages.map(|rows| Some(rows.by_row.selections().tokens().to_vec()));
    let bytes = languages.map(|rows| {
        let bytes = |size: &Option<TextSize>| size.map(|size| size.bytes as f64);
        let bytes: Option<Vec<f64>> = rows.sizes.iter().map(bytes).collect();
        bytes.filter(|bytes| bytes.len() == rows.by_row.len())
    });
    let whole =
        |rows: &LanguageRows| collapse::mean(&usage::entropies_bits(&rows.counts.profile()?)?);
    EqualText {
        rows: languages.map(whole),
        tokens: at_equal(languages, &tokens, clusters, seed),
        bytes: at_equal(languages, &bytes, clusters, seed),
    }
}

fn at_equal(
    languages: [&LanguageRows; 2],
    amounts: &[Option<Vec<f64>>; 2],
    clusters: &Clusters,
    seed: u64,
) -> [Option<Spread>; 2] {
    let [Some(first), Some(second)] = amounts else { return [None, None] };
    let sum = |amounts: &[f64]| amounts.iter().sum::<f64>();
    let least = sum(first).min(sum(second));
    let one = |(rows, amounts): (&LanguageRows, &Vec<f64>)| {
        let table = rows.by_row.selections();
        let entropy = |load: &[f64]| usage::entropy_bits(load);
        let layers = at_equal_amounts(table, amounts, clusters, least, (DRAWS, seed), entropy);
        let mean = |draw: usize| -> Option<f64> {
            let by_layer: Option<Vec<f64>> = layers.iter().map(|layer| layer[draw]?).collect();
            collapse::mean(&by_layer?)
        };
        Spread::of((0..DRAWS).filter_map(mean).collect())
    };
    [one((languages[0], first)), one((languages[1], second))]
}
