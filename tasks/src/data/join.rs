//! Rows of two datasets that belong together.

use std::collections::HashMap;

use serde_json::Value;

use super::{DataError, Row};

/// The column that holds the whole other row.
pub(super) const JOINED: &str = "joined";

/// Gives every row its partner: the row of `other` with the same value in
/// column `on`, as the column `joined`.
///
/// # Errors
/// A row without a partner or without the column, and two partners of the
/// same value.
pub(super) fn join(rows: &mut [Row], other: Vec<Row>, on: &str) -> Result<(), DataError> {
    let mut partners = HashMap::with_capacity(other.len());
    for row in other {
        let key = key_of(&row, on)?;
        if let Some(first) = partners.insert(key, row) {
            let reason =
                format!("column `{on}`: another row of the joined dataset has this value too");
            return Err(DataError::Join { at: first.origin, reason });
        }
    }
    for row in rows {
        let key = key_of(row, on)?;
        let Some(partner) = partners.get(&key) else {
            let reason = format!("no row of the joined dataset has {key} in column `{on}`");
            return Err(DataError::Join { at: row.origin.clone(), reason });
        };
        row.fields.insert(JOINED.to_owned(), partner.fields.clone().into());
    }
    Ok(())
}

fn key_of(row: &Row, on: &str) -> Result<String, DataError> {
    row.fields.get(on).map(Value::to_string).ok_or_else(|| DataError::Column {
        at: row.origin.clone(),
        column: on.to_owned(),
        user: "dataset_kwargs.join".to_owned(),
        columns: row.fields.keys().cloned().collect(),
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::doc::Origin;

    fn rows(values: &[Value]) -> Vec<Row> {
        values
            .iter()
            .enumerate()
            .map(|(at, value)| Row {
                fields: value.as_object().unwrap().clone(),
                origin: Origin { file: "f.jsonl".into(), row: at + 1 },
            })
            .collect()
    }

    #[test]
    fn pairs_by_value_not_by_position() {
        let mut left = rows(&[json!({"id": 1, "text": "a"}), json!({"id": 2, "text": "b"})]);
        let right = rows(&[json!({"id": 2, "text": "ב"}), json!({"id": 1, "text": "א"})]);
        join(&mut left, right, "id").unwrap();
        assert_eq!(left[0].fields["joined"], json!({"id": 1, "text": "א"}));
    }

    #[test]
    fn names_rows_without_partner_or_column() {
        let mut left = rows(&[json!({"id": 1}), json!({"id": 3})]);
        let error = join(&mut left, rows(&[json!({"id": 1})]), "id").unwrap_err();
        assert_eq!(
            error.to_string(),
            "f.jsonl:2: no row of the joined dataset has 3 in column `id`"
        );
        let error = join(&mut left, rows(&[json!({"k": 1})]), "id").unwrap_err();
        assert!(error.to_string().contains("column `id` is missing"), "{error}");
        let error = join(&mut left, rows(&[json!({"id": 1}), json!({"id": 1})]), "id").unwrap_err();
        assert!(error.to_string().contains("another row"), "{error}");
    }
}
