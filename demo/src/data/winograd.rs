//! winograd_he (V. Shwartz): twins stand next to each other; `label` counts from 1.

use serde_json::json;

use super::writer::{Row, Split, distinct, row};
use crate::exercise::winograd::Schema;
use crate::world::{Language, Random};

/// Test: 120 pairs of twins.
pub(super) fn splits(seed: u64) -> Vec<Split> {
    let mut random = Random::named(seed, "winograd");
    let schemas = distinct(120, |_| Schema::draw(&mut random), Schema::key);
    let mut rows = Vec::new();
    for schema in &schemas {
        rows.extend([columns(schema), columns(&schema.twin())]);
    }
    vec![Split::new("hebrew-llm-leaderboard/winograd_he/default/test", rows)]
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
