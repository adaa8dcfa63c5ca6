//! Row-aligned parallel sentences in the columns of FLORES-200, for routing probes.

use serde_json::json;

use super::writer::{Row, Split, distinct, row};
use crate::exercise::translation::{self, Parallel};
use crate::world::{Language, Random};

const CONFIGS: [&str; 3] = ["eng_Latn", "heb_Hebr", "jpn_Jpan"];

/// Devtest: 200 rows in three languages.
pub(super) fn splits(seed: u64) -> Vec<Split> {
    let mut random = Random::named(seed, "flores");
    let rows = distinct(200, |_| translation::long(&mut random), |pair| pair[0].clone());
    let of = |language: Language| {
        let config = CONFIGS[language as usize];
        let path = format!("openlanguagedata/flores_plus/{config}/devtest");
        Split::new(&path, columns(&rows, language))
    };
    Language::ALL.map(of).to_vec()
}

fn columns(rows: &[Parallel], language: Language) -> Vec<Row> {
    let text = |(at, told): (usize, &Parallel)| {
        row([("id", json!(at)), ("text", json!(told[language as usize]))])
    };
    rows.iter().enumerate().map(text).collect()
}
