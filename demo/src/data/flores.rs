//! Row-aligned parallel sentences in the columns of FLORES-200, for routing probes.

use serde_json::json;

use super::writer::{Row, Split, distinct, row};
use crate::exercise::translation::{self, Parallel};
use crate::world::{Language, Random};

const CONFIGS: [&str; 3] = ["eng_Latn", "heb_Hebr", "jpn_Jpan"];

/// Devtest: 200 rows in three languages.
pub(super) fn splits(seed: u64) -> Vec<Split> {
    let rows = sentences(seed);
    let of = |language: Language| {
        let config = CONFIGS[language as usize];
        let path = format!("openlanguagedata/flores_plus/{config}/devtest");
        Split::new(&path, columns(&rows, language))
    };
    Language::ALL.map(of).to_vec()
}

fn sentences(seed: u64) -> Vec<Parallel> {
    let mut random = Random::named(seed, "flores");
    distinct(200, |_| translation::long(&mut random), |pair| pair[0].clone())
}

/// The sentences in every language.
pub(super) fn held_out(seed: u64) -> Vec<String> {
    sentences(seed).concat()
}

fn columns(rows: &[Parallel], language: Language) -> Vec<Row> {
    let text = |(at, told): (usize, &Parallel)| {
        row([("id", json!(at)), ("text", json!(told[language as usize]))])
    };
    rows.iter().enumerate().map(text).collect()
}
