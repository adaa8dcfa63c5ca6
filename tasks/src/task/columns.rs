//! Columns that a task names directly.

use super::Task;
use super::data::missing;
use crate::config::{Choices, Field};
use crate::data::DataError;
use crate::doc::Doc;

impl Task {
    /// A key that names a column of the first document must find it in every
    /// document: elsewhere the name itself would become the prompt.
    pub(super) fn check_columns(&self, docs: &[Doc]) -> Result<(), DataError> {
        let Some(first) = docs.first() else { return Ok(()) };
        for (key, column) in self.named_columns() {
            let wanted = first.fields.contains_key(column) || key.starts_with("metadata.row_id");
            let lacking = docs.iter().find(|doc| wanted && !doc.fields.contains_key(column));
            if let Some(doc) = lacking {
                return Err(missing(doc, column, key));
            }
        }
        Ok(())
    }

    fn named_columns(&self) -> Vec<(&'static str, &str)> {
        let config = &self.config;
        let mut found = Vec::new();
        for (key, value) in
            [("doc_to_text", &config.doc_to_text), ("doc_to_target", &config.doc_to_target)]
        {
            if let Some(Field::Template(source)) = value {
                found.push((key, source.as_str()));
            }
        }
        if let Some(Choices::Template(source)) = &config.doc_to_choice {
            found.push(("doc_to_choice", source.as_str()));
        }
        let metadata = [
            ("metadata.cluster", &config.metadata.cluster),
            ("metadata.row_id", &config.metadata.row_id),
        ];
        found.extend(
            metadata.into_iter().filter_map(|(key, column)| Some((key, column.as_deref()?))),
        );
        found
    }
}
