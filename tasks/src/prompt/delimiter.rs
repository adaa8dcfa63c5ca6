//! When two pieces of a prompt need something between them.
//!
//! lm-evaluation-harness's `api/utils.py`.

use crate::python::text::{ends_with_space, starts_with_space};

/// Whether neither side has white space where they meet; nothing needs a
/// delimiter after an empty text.
pub(super) fn needed(before: &str, after: &str) -> bool {
    !(before.is_empty() || ends_with_space(before) || starts_with_space(after))
}

/// The delimiter that joins two texts: none if one of them is empty or has
/// white space at the border.
pub(super) fn between<'a>(before: &str, after: &str, delimiter: &'a str) -> &'a str {
    if after.is_empty() || !needed(before, after) { "" } else { delimiter }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn white_space_on_either_side_is_enough() {
        assert_eq!(between("a", "b", " "), " ");
        assert_eq!(between("a\n", "b", " "), "");
        assert_eq!(between("a", "\u{3000}b", " "), "");
        assert_eq!(between("", "b", " "), "");
        assert_eq!(between("a", "", " "), "");
    }
}
