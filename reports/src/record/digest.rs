//! Digests of rows.

use sha2::{Digest as _, Sha256};

/// SHA-256 over fields, each with its length before it so that no two rows of different fields
/// look alike.
#[derive(Default)]
pub(super) struct RowDigest(Sha256);

impl RowDigest {
    /// Adds a field.
    pub(super) fn field(mut self, bytes: &[u8]) -> Self {
        self.0.update((bytes.len() as u64).to_le_bytes());
        self.0.update(bytes);
        self
    }

    /// Adds a text.
    pub(super) fn text(self, text: &str) -> Self {
        self.field(text.as_bytes())
    }

    /// Adds a number.
    pub(super) fn number(self, number: i64) -> Self {
        self.field(&number.to_le_bytes())
    }

    /// Adds a field that may be absent; absent and empty differ.
    pub(super) fn optional(self, text: Option<&str>) -> Self {
        match text {
            Some(text) => self.field(&[1]).text(text),
            None => self.field(&[0]),
        }
    }

    /// 64 hexadecimal digits.
    pub(super) fn hex(self) -> String {
        self.0.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn where_a_field_ends_matters() {
        let digest = |a: &str, b: &str| RowDigest::default().text(a).text(b).hex();
        assert_ne!(digest("ab", "c"), digest("a", "bc"));
        assert_ne!(
            RowDigest::default().optional(None).hex(),
            RowDigest::default().optional(Some("")).hex()
        );
        assert_eq!(digest("a", "b").len(), 64);
    }
}
