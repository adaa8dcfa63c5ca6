//! Python's idea of white space and case.
//!
//! `str.strip`, `str.isspace` and `str.split` of CPython also take the four
//! information separators U+001C to U+001F, which Unicode's `White_Space`
//! and with it [`char::is_whitespace`] do not.

/// Whether `str.isspace` holds for this character.
#[must_use]
pub fn is_space(c: char) -> bool {
    c.is_whitespace() || ('\u{1c}'..='\u{1f}').contains(&c)
}

/// `str.strip()`.
#[must_use]
pub fn strip(text: &str) -> &str {
    text.trim_matches(is_space)
}

/// Whether the text begins with white space; an empty text does not.
#[must_use]
pub fn starts_with_space(text: &str) -> bool {
    text.chars().next().is_some_and(is_space)
}

/// Whether the text ends with white space; an empty text does not.
#[must_use]
pub fn ends_with_space(text: &str) -> bool {
    text.chars().next_back().is_some_and(is_space)
}

/// The integer that an all-digit text stands for, as lm-evaluation-harness
/// reads it (`isdigit` and then `ast.literal_eval`, `api/task.py`).
///
/// Digits beyond ASCII and texts with leading zeros, which make
/// `literal_eval` fail, stay text.
#[must_use]
pub fn digits(text: &str) -> Option<i64> {
    let all = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let plain = text.len() == 1 || !text.starts_with('0');
    (all && plain).then(|| text.parse().ok()).flatten()
}

/// `str.capitalize`: the first character in upper case, the rest lowered.
#[must_use]
pub fn capitalize(text: &str) -> String {
    let mut chars = text.chars();
    let Some(first) = chars.next() else { return String::new() };
    first.to_uppercase().chain(chars.as_str().to_lowercase().chars()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strips_what_python_strips() {
        assert_eq!(strip("\u{1c}\u{3000} a b\u{a0}\n\u{1f}"), "a b");
        assert_eq!(strip("\u{200b}a"), "\u{200b}a");
    }

    #[test]
    fn digits_are_ascii_and_canonical() {
        assert_eq!(digits("12"), Some(12));
        assert_eq!(digits("0"), Some(0));
        assert_eq!(digits("-1"), None);
        assert_eq!(digits("007"), None);
        assert_eq!(digits("３"), None);
        assert_eq!(digits(""), None);
    }
}
