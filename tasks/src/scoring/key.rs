//! What a task says about one document: the gold answer and the choices.

use serde_json::Value;

use crate::Doc;
use crate::python::repr::to_str;

/// A document with what scoring compares its responses to.
#[derive(Clone, Debug)]
pub struct AnswerKey<'a> {
    /// The document.
    pub doc: &'a Doc,
    /// `doc_to_target`, rendered: a label, a text, or a list of several.
    pub target: Value,
    /// `doc_to_choice`, if the task has it.
    pub choices: Option<Vec<String>>,
    /// `doc_to_text` where that is an integer, the mark of a multiple-input
    /// task: the index of the right context.
    pub input: Option<i64>,
}

/// The right choices of a multiple-choice document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Gold {
    /// Their positions; what names no choice is left out.
    pub(super) choices: Vec<usize>,
    /// Whether the key was a list, any of which is right.
    pub(super) is_list: bool,
}

impl AnswerKey<'_> {
    /// How many choices there are; 0 without `doc_to_choice`.
    #[must_use]
    pub fn choice_count(&self) -> usize {
        self.choices.as_ref().map_or(0, Vec::len)
    }

    /// The reference texts: the gold choice where there are choices, else the
    /// target's text or texts, spelt as Python's `str`.
    #[must_use]
    pub fn references(&self) -> Vec<String> {
        let gold = self.gold();
        match (&self.choices, &self.target) {
            (Some(choices), _) if !gold.choices.is_empty() => {
                gold.choices.iter().map(|&index| choices[index].clone()).collect()
            }
            (_, Value::Array(several)) => several.iter().map(to_str).collect(),
            (_, one) => vec![to_str(one)],
        }
    }

    /// The right choices: `doc_to_text` of a multiple-input task, else the target.
    pub(super) fn gold(&self) -> Gold {
        let find = |value: &Value| self.position(value);
        match (self.input, &self.target) {
            (Some(index), _) => {
                Gold { choices: find(&Value::from(index)).into_iter().collect(), is_list: false }
            }
            (None, Value::Array(several)) => {
                Gold { choices: several.iter().filter_map(find).collect(), is_list: true }
            }
            (None, one) => Gold { choices: find(one).into_iter().collect(), is_list: false },
        }
    }

    /// The choice that a label names: by its index or by its text.
    fn position(&self, label: &Value) -> Option<usize> {
        let choices = self.choices.as_ref()?;
        let index = match label {
            Value::String(text) => choices.iter().position(|choice| choice == text),
            Value::Bool(second) => Some(usize::from(*second)),
            Value::Number(number) => number
                .as_u64()
                .or_else(|| {
                    number
                        .as_f64()
                        .filter(|float| float.fract() == 0.0 && *float >= 0.0)
                        .map(|float| float as u64)
                })
                .and_then(|index| usize::try_from(index).ok()),
            _ => None,
        };
        index.filter(|&index| index < choices.len())
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn gold(target: Value, input: Option<i64>) -> Vec<usize> {
        let doc = Doc::new(0, serde_json::Map::new());
        let choices = Some(vec!["no".to_owned(), "yes".to_owned()]);
        AnswerKey { doc: &doc, target, choices, input }.gold().choices
    }

    #[test]
    fn labels_are_indices_or_texts() {
        assert_eq!(gold(json!(1), None), [1]);
        assert_eq!(gold(json!("yes"), None), [1]);
        assert_eq!(gold(json!(1.0), None), [1]);
        assert_eq!(gold(json!(["yes", 0, 7]), None), [1, 0]);
        assert_eq!(gold(json!("a continuation"), Some(1)), [1]);
    }

    #[test]
    fn what_names_no_choice_is_none() {
        for label in [json!(2), json!(-1), json!("maybe"), json!(null), json!(0.5)] {
            assert_eq!(gold(label.clone(), None), Vec::<usize>::new(), "{label}");
        }
    }

    #[test]
    fn references_are_texts() {
        let doc = Doc::new(0, serde_json::Map::new());
        let key = |target: Value, choices: Option<Vec<String>>| AnswerKey {
            doc: &doc,
            target,
            choices,
            input: None,
        };
        assert_eq!(key(json!(18), None).references(), ["18"]);
        assert_eq!(key(json!(null), None).references(), ["None"]);
        assert_eq!(key(json!(["a", 2.0]), None).references(), ["a", "2.0"]);
        assert_eq!(key(json!(0), Some(vec!["x".to_owned()])).references(), ["x"]);
    }
}
