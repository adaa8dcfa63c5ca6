//! The Japanese leaderboard of lm-evaluation-harness.

use serde_json::Value;

use super::FunctionError;
use super::error::column;
use crate::doc::Doc;

/// Gathers `choice0` to `choice4` in a column `choices`
/// (`tasks/japanese_leaderboard/ja_leaderboard_jcommonsenseqa.py`).
pub(super) fn jcommonsenseqa(mut docs: Vec<Doc>) -> Result<Vec<Doc>, FunctionError> {
    for doc in &mut docs {
        let choices: Result<Vec<Value>, _> =
            (0..5).map(|at| column(doc, &format!("choice{at}")).cloned()).collect();
        doc.fields.insert("choices".to_owned(), choices?.into());
    }
    Ok(docs)
}
