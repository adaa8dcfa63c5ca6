//! `remove_whitespace`: strips both ends.
//!
//! lm-evaluation-harness 0.4.2 dropped one leading space and nothing else.

use serde_json::Value;

use super::super::Unscored;
use super::Answers;
use crate::python::text::strip;

pub(super) fn remove_whitespace(answers: Answers) -> Result<Answers, Unscored> {
    answers.each_text("remove_whitespace", |text| Value::from(strip(text)))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn both_ends_are_stripped() {
        let answers = Answers::Many(vec![json!("\u{3000} 5\n")]);
        assert_eq!(remove_whitespace(answers), Ok(Answers::Many(vec![json!("5")])));
        assert!(remove_whitespace(Answers::One(json!(3))).is_err());
    }
}
