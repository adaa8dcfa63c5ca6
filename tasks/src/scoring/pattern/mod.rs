//! Python's regular expressions, run in linear time where that is possible.
//!
//! Task files are written for Python's `re`. A [`Pattern`] is translated to
//! the syntax of the `regex` crate, whose search time is linear in the text,
//! so that no pattern and no model output can hang a run. Patterns that need
//! look-around, back-references or possessive quantifiers go to
//! `fancy-regex`, which backtracks, under a limit; reaching it is a
//! [`Timeout`], a state of its own and never a wrong answer.
//!
//! Two constructs mean something else in Python on a few texts only: `$`
//! also matches before a final newline, and `\b` does not take combining
//! marks for letters. They run in linear time, and on those texts alone
//! exactly.

mod class;
mod escape;
mod search;
mod translate;

use std::fmt;

pub use search::{Match, Timeout};
use translate::{Translated, translate};

/// The longest pattern that is compiled, in bytes.
const MAX_PATTERN: usize = 64 << 10;
/// The most memory that a compiled pattern may take, in bytes.
const MAX_COMPILED: usize = 10 << 20;
/// The most steps of one backtracking search.
const BACKTRACK_LIMIT: usize = 1_000_000;

/// A compiled Python pattern.
#[derive(Clone)]
pub struct Pattern {
    source: String,
    /// Absent where the pattern needs to backtrack.
    linear: Option<regex::Regex>,
    /// Absent where the linear program is exact on every text.
    exact: Option<fancy_regex::Regex>,
    /// Whether `$` stands in the pattern without the `m` flag.
    ends: bool,
    /// Whether `\b` or `\B` stands in the pattern.
    boundaries: bool,
}

/// A pattern that cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the regular expression `{pattern}` cannot be used: {reason}")]
pub struct PatternError {
    /// The pattern, shortened if it is long.
    pub pattern: String,
    /// What is wrong with it.
    pub reason: String,
}

impl Pattern {
    /// Compiles a pattern of Python's `re`.
    ///
    /// # Errors
    /// If Python would refuse it, if it asks for what is not supported
    /// (`(?a)`, `(?L)`, `\N{...}`), or if it is too large.
    pub fn new(source: &str) -> Result<Self, PatternError> {
        let refuse = |reason: String| PatternError { pattern: shortened(source), reason };
        if source.len() > MAX_PATTERN {
            return Err(refuse(format!("it is longer than {MAX_PATTERN} bytes")));
        }
        let plain = translate(source, false).map_err(refuse)?;
        let linear =
            if plain.backtracks { None } else { Some(compile_linear(&plain).map_err(refuse)?) };
        let differs = plain.backtracks || plain.ends || plain.boundaries;
        let exact = if differs { Some(compile_exact(source).map_err(refuse)?) } else { None };
        let Translated { ends, boundaries, .. } = plain;
        Ok(Self { source: source.to_owned(), linear, exact, ends, boundaries })
    }

    /// The pattern as it was written.
    #[must_use]
    pub fn source(&self) -> &str {
        &self.source
    }
}

impl fmt::Debug for Pattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Pattern").field(&self.source).finish()
    }
}

fn compile_linear(translated: &Translated) -> Result<regex::Regex, String> {
    regex::RegexBuilder::new(&translated.pattern)
        .size_limit(MAX_COMPILED)
        .build()
        .map_err(|error| error.to_string())
}

fn compile_exact(source: &str) -> Result<fancy_regex::Regex, String> {
    fancy_regex::RegexBuilder::new(&translate(source, true)?.pattern)
        .delegate_size_limit(MAX_COMPILED)
        .backtrack_limit(BACKTRACK_LIMIT)
        .build()
        .map_err(|error| error.to_string())
}

/// At most 80 characters of a pattern.
fn shortened(pattern: &str) -> String {
    match pattern.char_indices().nth(80) {
        Some((end, _)) => format!("{}...", &pattern[..end]),
        None => pattern.to_owned(),
    }
}
