//! `exact_match`: equality after what both sides are cleaned of.
//!
//! Source: lm-evaluation-harness `api/metrics.py`,
//! `exact_match_hf_evaluate`, which is Hugging Face evaluate's.

use serde_json::{Map, Value};

use super::super::options::Options;
use super::super::pattern::Pattern;
use super::super::{ScoringError, Unscored};
use crate::python::repr::to_str;

/// What is removed from prediction and reference before they are compared.
#[derive(Clone, Debug, Default)]
pub struct ExactMatch {
    ignore: Vec<Pattern>,
    ignore_case: bool,
    ignore_punctuation: bool,
    ignore_numbers: bool,
}

impl ExactMatch {
    /// Reads the options of a `metric_list` entry.
    ///
    /// # Errors
    /// If an option is unknown or a pattern cannot be compiled.
    pub fn compile(options: &Map<String, Value>) -> Result<Self, ScoringError> {
        let options = Options::new("exact_match", options);
        options.only(&[
            "regexes_to_ignore",
            "ignore_case",
            "ignore_punctuation",
            "ignore_numbers",
            "hf_evaluate",
        ])?;
        Ok(Self {
            ignore: options.patterns("regexes_to_ignore")?,
            ignore_case: options.flag("ignore_case"),
            ignore_punctuation: options.flag("ignore_punctuation"),
            ignore_numbers: options.flag("ignore_numbers"),
        })
    }

    /// 1 if the prediction equals any reference, 0 if none. Of a list of
    /// predictions, the share that does.
    pub(crate) fn score(&self, references: &[String], prediction: &Value) -> Result<f64, Unscored> {
        let references: Vec<String> =
            references.iter().map(|text| self.clean(text)).collect::<Result<_, _>>()?;
        let is_right =
            |value| self.clean(&to_str(value)).map(|answer| references.contains(&answer));
        let Value::Array(several) = prediction else {
            return Ok(f64::from(u8::from(is_right(prediction)?)));
        };
        let mut right = 0.0;
        for value in several {
            right += f64::from(u8::from(is_right(value)?));
        }
        Ok(right / several.len().max(1) as f64)
    }

    fn clean(&self, text: &str) -> Result<String, Unscored> {
        let mut text = text.to_owned();
        for pattern in &self.ignore {
            text = pattern.replace_all(&text, "")?;
        }
        if self.ignore_case {
            text = text.to_lowercase();
        }
        let is_dropped = |c: char| {
            (self.ignore_punctuation && c.is_ascii_punctuation())
                || (self.ignore_numbers && c.is_ascii_digit())
        };
        text.retain(|c| !is_dropped(c));
        Ok(text)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn score(options: &Value, reference: &str, prediction: &str) -> f64 {
        let metric = ExactMatch::compile(options.as_object().unwrap()).unwrap();
        metric.score(&[reference.to_owned()], &json!(prediction)).unwrap()
    }

    #[test]
    fn mgsm_options_ignore_case_and_punctuation_and_no_spaces() {
        let options = json!({"ignore_case": true, "ignore_punctuation": true});
        for (prediction, reference) in
            [("18.", "18"), ("$18", "18"), ("1,000", "1000"), ("YES", "yes!")]
        {
            assert_eq!(score(&options, reference, prediction), 1.0, "{prediction}");
        }
        assert_eq!(score(&options, "18", " 18"), 0.0);
        assert_eq!(score(&options, "18。", "18"), 0.0);
    }

    #[test]
    fn patterns_are_removed_before_case_and_from_both_sides() {
        let options =
            json!({"regexes_to_ignore": [",", "\\$", "(?s).*#### ", "\\.$"], "ignore_case": true});
        assert_eq!(score(&options, "so\n#### $1,2X.", "12x"), 1.0);
        let characters = json!({"regexes_to_ignore": ", "});
        assert_eq!(score(&characters, "1, 2", "12"), 1.0);
        assert_eq!(score(&json!({"ignore_numbers": true}), "a1", "a"), 1.0);
    }

    #[test]
    fn several_references_any_and_several_predictions_share() {
        let metric = ExactMatch::default();
        let references = ["a".to_owned(), "b".to_owned()];
        assert_eq!(metric.score(&references, &json!("b")).unwrap(), 1.0);
        assert_eq!(metric.score(&references, &json!(["b", "c"])).unwrap(), 0.5);
        assert_eq!(metric.score(&["5".to_owned()], &json!(5)).unwrap(), 1.0);
    }
}
