//! `map`: answers replaced by a table.

use serde_json::{Map, Value};

use super::super::options::Options;
use super::super::{ScoringError, Unscored};
use super::Answers;
use crate::python::repr::to_str;

/// The filter `map`.
#[derive(Clone, Debug)]
pub struct MapFilter {
    table: Map<String, Value>,
    default: Value,
}

impl MapFilter {
    pub(super) fn compile(options: &Options<'_>) -> Result<Self, ScoringError> {
        options.only(&["mapping_dict", "default_value"])?;
        let table = match options.get("mapping_dict") {
            None => Map::new(),
            Some(Value::Object(table)) => table.clone(),
            Some(_) => return Err(options.refuse("mapping_dict", "must be a mapping")),
        };
        let default = options.get("default_value").cloned().unwrap_or(Value::Null);
        Ok(Self { table, default })
    }

    pub(super) fn apply(&self, answers: Answers) -> Result<Answers, Unscored> {
        answers.each(|value| Ok(self.table.get(&to_str(&value)).unwrap_or(&self.default).clone()))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_is_not_in_the_table_takes_the_default() {
        let options = json!({"mapping_dict": {"A": 1, "B": "two"}, "default_value": "none"});
        let filter =
            MapFilter::compile(&Options::new("map", options.as_object().unwrap())).unwrap();
        let mapped = filter.apply(Answers::Many(vec![json!("A"), json!("B"), json!("C")]));
        assert_eq!(mapped, Ok(Answers::Many(vec![json!(1), json!("two"), json!("none")])));
    }
}
