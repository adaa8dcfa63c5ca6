//! SQuAD's normalisation of answers, and the Hebrew leaderboard's.

use std::sync::LazyLock;

use super::super::Unscored;
use super::super::pattern::Pattern;
use crate::python::text::is_space;

static ARTICLES: LazyLock<Pattern> =
    LazyLock::new(|| Pattern::new(r"\b(a|an|the)\b").expect("a fixed pattern, compiled by a test"));

/// The tokens of SQuAD's evaluation script: lower case, without ASCII
/// punctuation and English articles, split at white space.
///
/// Geresh and gershayim typed as ASCII quotes vanish; U+05F3, U+05F4 and the
/// maqaf U+05BE stay.
///
/// # Errors
/// [`Unscored`] if the search for articles had to be given up.
pub fn squad_tokens(text: &str) -> Result<Vec<String>, Unscored> {
    let lower = text.to_lowercase();
    let plain: String = lower.chars().filter(|c| !c.is_ascii_punctuation()).collect();
    let without_articles = ARTICLES.replace_all(&plain, " ")?;
    Ok(split(&without_articles))
}

/// The Hebrew leaderboard's answer text: [`squad_tokens`] joined by spaces,
/// after `<pad>` and `</s>` are dropped.
///
/// Source: the normaliser of the leaderboard authors' lighteval tasks.
///
/// # Errors
/// As [`squad_tokens`].
pub fn normalized_answer(text: &str) -> Result<String, Unscored> {
    let plain = text.replace("<pad>", "").replace("</s>", "");
    Ok(squad_tokens(&plain)?.join(" "))
}

/// `str.split()`.
fn split(text: &str) -> Vec<String> {
    text.split(is_space).filter(|piece| !piece.is_empty()).map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn articles_go_where_python_sees_a_word() {
        assert_eq!(squad_tokens("The cat, a dog & an-ant").unwrap(), ["cat", "dog", "anant"]);
        assert_eq!(squad_tokens("a\u{5be}b the\u{5b0}").unwrap(), ["\u{5be}b", "\u{5b0}"]);
        assert_eq!(squad_tokens("צה\"ל ב-MusicaNeto").unwrap(), ["צהל", "בmusicaneto"]);
        assert_eq!(squad_tokens(" .! ").unwrap(), Vec::<String>::new());
    }

    #[test]
    fn end_marks_of_tokenizers_are_dropped() {
        assert_eq!(normalized_answer("<pad> היסק.</s>").unwrap(), "היסק");
    }
}
