//! `findall` and `sub` of Python's `re`.

use std::ops::Range;
use std::sync::LazyLock;

use super::Pattern;

/// Characters that are word characters to Python or to the `regex` crate, not to both:
/// combining marks, joiners, numbers such as `²`.
static DISPUTED: LazyLock<regex::Regex> = LazyLock::new(|| {
    regex::Regex::new(r"[\w~~[\p{L}\p{N}_]]").expect("a fixed pattern, compiled by a test")
});

/// A backtracking search gave up at its limit.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("timeout: the regular expression `{pattern}` took too many steps")]
pub struct Timeout {
    /// The pattern.
    pub pattern: String,
}

/// One element of `findall`'s list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Match {
    /// The whole match of a pattern without groups, or its only group.
    Text(String),
    /// The groups of a pattern with several, empty where they took no part.
    Groups(Vec<String>),
}

/// Where a match and its groups lie; group 0 is the match.
type Spans = Vec<Option<Range<usize>>>;

impl Pattern {
    /// `re.findall(pattern, text)`.
    ///
    /// After an empty match the search goes on one character further; Python
    /// also tries a longer alternative at the same place first.
    ///
    /// # Errors
    /// [`Timeout`], which only a backtracking pattern can reach.
    pub fn findall(&self, text: &str) -> Result<Vec<Match>, Timeout> {
        let found = self.spans(text)?;
        Ok(found.into_iter().map(|spans| as_match(text, &spans)).collect())
    }

    /// `re.sub(pattern, replacement, text)` for a replacement without groups.
    ///
    /// # Errors
    /// As [`Pattern::findall`].
    pub fn replace_all(&self, text: &str, replacement: &str) -> Result<String, Timeout> {
        let mut kept = String::with_capacity(text.len());
        let mut from = 0;
        for spans in self.spans(text)? {
            let Some(Some(whole)) = spans.into_iter().next() else { continue };
            kept.push_str(&text[from..whole.start]);
            kept.push_str(replacement);
            from = whole.end;
        }
        kept.push_str(&text[from..]);
        Ok(kept)
    }

    fn spans(&self, text: &str) -> Result<Vec<Spans>, Timeout> {
        let mut found = Vec::new();
        let mut at = 0;
        while at <= text.len() {
            let Some(spans) = self.search(text, at)? else { break };
            let whole = spans[0].clone().unwrap_or(at..at);
            at = if whole.is_empty() { after(text, whole.end) } else { whole.end };
            found.push(spans);
        }
        Ok(found)
    }

    /// The first match that begins at `at` or later.
    fn search(&self, text: &str, at: usize) -> Result<Option<Spans>, Timeout> {
        match (&self.linear, &self.exact) {
            (Some(linear), None) => Ok(linear_spans(linear, text, at)),
            (Some(linear), Some(_)) if !self.differs_on(text) => Ok(linear_spans(linear, text, at)),
            (_, Some(exact)) => {
                exact_spans(exact, text, at).ok_or_else(|| Timeout { pattern: self.source.clone() })
            }
            (None, None) => Ok(None),
        }
    }

    /// Whether the linear program may read `text` in another way than Python.
    fn differs_on(&self, text: &str) -> bool {
        (self.ends && text.ends_with('\n')) || (self.boundaries && DISPUTED.is_match(text))
    }
}

fn linear_spans(regex: &regex::Regex, text: &str, at: usize) -> Option<Spans> {
    let found = regex.captures_at(text, at)?;
    Some(found.iter().map(|group| group.map(|group| group.range())).collect())
}

/// `None` when the search gave up.
fn exact_spans(regex: &fancy_regex::Regex, text: &str, at: usize) -> Option<Option<Spans>> {
    let found = regex.captures_from_pos(text, at).ok()?;
    Some(found.map(|found| found.iter().map(|group| group.map(|group| group.range())).collect()))
}

/// The byte after the character at `at`.
fn after(text: &str, at: usize) -> usize {
    at + text[at..].chars().next().map_or(1, char::len_utf8)
}

fn as_match(text: &str, spans: &[Option<Range<usize>>]) -> Match {
    let group =
        |span: &Option<Range<usize>>| span.clone().map_or("", |span| &text[span]).to_owned();
    match spans {
        [only] | [_, only] => Match::Text(group(only)),
        _ => Match::Groups(spans[1..].iter().map(group).collect()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(pattern: &str, text: &str) -> Vec<String> {
        let found = Pattern::new(pattern).unwrap().findall(text).unwrap();
        let text_of = |found| match found {
            Match::Text(text) => text,
            Match::Groups(groups) => groups.join("|"),
        };
        found.into_iter().map(text_of).collect()
    }

    #[test]
    fn groups_come_as_findall_gives_them() {
        assert_eq!(texts("[0-9]+", "a12b3"), ["12", "3"]);
        assert_eq!(texts("([a-z])[0-9]+", "a12b3"), ["a", "b"]);
        assert_eq!(texts("(-?[$0-9.,]{2,})|(-?[0-9]+)", "$18. 5"), ["$18.|", "|5"]);
        assert_eq!(texts("(x)?[0-9]", "1x2"), ["", "x"]);
    }

    #[test]
    fn empty_matches_stand_beside_full_ones() {
        assert_eq!(texts("a*", "baac"), ["", "aa", "", ""]);
        assert_eq!(texts("(?=(woman|man))", "woman"), ["woman", "man"]);
    }

    #[test]
    fn the_end_also_lies_before_a_last_newline() {
        assert_eq!(texts("^[A-D]$", "A\n"), ["A"]);
        assert_eq!(texts("^[A-D]$", "A"), ["A"]);
        assert_eq!(texts("^[A-D]$", "A\nB"), Vec::<String>::new());
        assert_eq!(texts("(?m)^[A-D]$", "A\nB"), ["A", "B"]);
        assert_eq!(texts("[A-D]\\Z", "A\n"), Vec::<String>::new());
    }

    #[test]
    fn combining_marks_end_a_word_for_python() {
        assert_eq!(texts(r"\bא\b", "א\u{5b0}"), ["א"]);
        assert_eq!(texts(r"\w+", "א\u{5b0}ב²"), ["א", "ב²"]);
        assert_eq!(texts(r"\bא\b", "אב א"), ["א"]);
        assert_eq!(texts(r"\s+", "a\u{1c} b"), ["\u{1c} "]);
    }

    #[test]
    fn replaces_every_match() {
        let pattern = Pattern::new("[,$]").unwrap();
        assert_eq!(pattern.replace_all("$1,000", "").unwrap(), "1000");
    }

    #[test]
    fn a_catastrophe_ends_in_a_timeout_or_in_linear_time() {
        let text = "a".repeat(40_000) + "b\n";
        let looking = Pattern::new("(?=x*)(a|aa)+(?!b)c").unwrap();
        assert!(looking.findall(&text).unwrap_err().to_string().starts_with("timeout"));
        assert_eq!(texts("(a|aa)+c", &text), Vec::<String>::new());
    }
}
