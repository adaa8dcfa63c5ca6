//! Word problems whose solutions end in `#### number`.

use std::sync::LazyLock;

use regex::Regex;
use serde_json::Value;

use super::FunctionError;
use super::error::text;
use crate::doc::Doc;

/// The pattern of GSM8K's own evaluation (arXiv:2110.14168).
static NUMBER: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"#### (-?[0-9.,]+)").expect("the pattern is a constant"));

/// The number of the column `gold`, without commas; `[invalid]` if there is
/// none, as in the authors' task file for arXiv:2605.17598.
pub(super) fn heb_target(doc: &Doc) -> Result<Value, FunctionError> {
    let found = NUMBER.captures(text(doc, "gold")?);
    let number =
        found.and_then(|found| found.get(1)).map(|number| number.as_str().replace(',', ""));
    Ok(number.unwrap_or_else(|| "[invalid]".to_owned()).into())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_number_behind_the_marks_is_the_target() {
        let target = |gold: &str| {
            let fields = json!({"gold": gold}).as_object().unwrap().clone();
            heb_target(&Doc::new(0, fields)).unwrap()
        };
        assert_eq!(target("2+2=4\n#### 1,234"), json!("1234"));
        assert_eq!(target("4"), json!("[invalid]"));
    }
}
