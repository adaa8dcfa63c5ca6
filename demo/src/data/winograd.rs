//! winograd_he (V. Shwartz): twins stand next to each other; `label` counts from 1.

use serde_json::json;

use super::writer::{Row, Split, distinct, row};
use crate::exercise::winograd::Schema;
use crate::world::{Cast, Language, Random};

/// Test: 120 pairs of twins.
pub(super) fn splits(seed: u64) -> Vec<Split> {
    let rows = schemas(seed).iter().map(columns).collect();
    vec![Split::new("hebrew-llm-leaderboard/winograd_he/default/test", rows)]
}

fn schemas(seed: u64) -> Vec<Schema> {
    let mut random = Random::named(seed, "winograd");
    let draw = |_| Schema::draw(Cast::Tested, &mut random);
    let schemas = distinct(120, draw, Schema::key);
    schemas.into_iter().flat_map(|schema| [schema.clone(), schema.twin()]).collect()
}

/// The sentences of the test, in the languages whose sentences have a pronoun.
pub(super) fn held_out(seed: u64) -> Vec<String> {
    let languages = [Language::English, Language::Hebrew];
    let told = |schema: Schema| languages.map(|language| schema.sentence(language, ""));
    schemas(seed).into_iter().flat_map(told).collect()
}

fn columns(schema: &Schema) -> Row {
    let [one, two] = schema.options(Language::Hebrew);
    row([
        ("context", json!(schema.sentence(Language::Hebrew, ""))),
        ("question", json!(schema.question(Language::Hebrew))),
        ("option1", json!(one)),
        ("option2", json!(two)),
        ("label", json!(schema.answer() + 1)),
    ])
}
