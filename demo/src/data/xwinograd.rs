//! XWinograd, Japanese: one `_` a sentence, `answer` is a string that counts from 1.

use serde_json::json;

use super::writer::{Row, Split, distinct, row};
use crate::exercise::winograd::Schema;
use crate::world::{Cast, Language, Random};

/// Test: 100 pairs of twins.
pub(super) fn splits(seed: u64) -> Vec<Split> {
    let mut random = Random::named(seed, "xwinograd");
    let draw = |_| Schema::draw(Cast::Tested, &mut random);
    let schemas = distinct(100, draw, Schema::key);
    let mut rows = Vec::new();
    for schema in &schemas {
        rows.extend([columns(schema), columns(&schema.twin())]);
    }
    vec![Split::new("Muennighoff/xwinograd/jp/test", rows)]
}

fn columns(schema: &Schema) -> Row {
    let [one, two] = schema.options(Language::Japanese);
    row([
        ("sentence", json!(schema.sentence(Language::Japanese, "_"))),
        ("option1", json!(one)),
        ("option2", json!(two)),
        ("answer", json!((schema.answer() + 1).to_string())),
    ])
}
