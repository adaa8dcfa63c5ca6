//! The letter of a multiple-choice answer in free text, as lighteval finds it.
//!
//! Source: lighteval `metrics/utils/extractive_match_utils.py`
//! (`lazy_indices_regex`, `extract_target_from_pred`), which the Swallow
//! leaderboard's instruct evaluation uses.

use std::sync::OnceLock;

use super::super::Unscored;
use super::super::pattern::{Match, Pattern};

/// The language whose words and punctuation surround the letter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LetterLanguage {
    /// English: a letter stands after a space and before a space, a stop, a
    /// comma, a colon or the end.
    English,
    /// Japanese: a letter needs no space around it.
    Japanese,
}

struct Words {
    answer: &'static str,
    stop: &'static str,
    comma: &'static str,
    colon: &'static str,
    space: &'static str,
}

impl LetterLanguage {
    fn words(self) -> Words {
        match self {
            Self::English => {
                Words { answer: "answer", stop: r"[\.]", comma: "[,]", colon: "[:]", space: r"\ " }
            }
            Self::Japanese => {
                Words {
                    answer: "回答", stop: r"[。\.]", comma: "[、,]", colon: "[：:]", space: ""
                }
            }
        }
    }

    /// The patterns by priority, each with the letter in a group `letter`.
    fn patterns(self, choices: usize) -> Vec<String> {
        let Words { answer, stop, comma, colon, space } = self.words();
        let letters: Vec<String> = ('A'..='Z').take(choices).map(String::from).collect();
        let letter = format!("(?P<letter>{})", letters.join("|"));
        let after = format!(r"(?:\*\*)?(?:{stop}|{comma}|{colon}|{space}|$)");
        let bounded = format!(r"(?:^|{space})(?:\*\*)?{letter}{after}");
        let mut patterns = Vec::new();
        if self == Self::English {
            patterns.push(format!(r"(?i:final answer is)\:?\s*{letter}\.?\s?I hope"));
            patterns.push(format!(r"(?i:final answer.{{0,100}}?)\s+is\:?\s*{letter}"));
        }
        patterns.push(format!("(?i:{answer}){colon}.{{0,50}}?{bounded}"));
        patterns.push(format!("(?i:{answer}).{{0,50}}?{bounded}"));
        patterns.push(format!(r"^(?:\*\*)?{letter}{after}"));
        patterns.push(bounded);
        patterns.push(letter);
        patterns
    }
}

/// Compiled patterns by number of choices, from one on.
type Compiled = [OnceLock<Vec<Pattern>>; 26];

static ENGLISH: Compiled = [const { OnceLock::new() }; 26];
static JAPANESE: Compiled = [const { OnceLock::new() }; 26];

fn compiled(language: LetterLanguage, choices: usize) -> &'static [Pattern] {
    let choices = choices.clamp(1, 26);
    let of_language = match language {
        LetterLanguage::English => &ENGLISH,
        LetterLanguage::Japanese => &JAPANESE,
    };
    let compile =
        |source: String| Pattern::new(&source).expect("fixed patterns, compiled by a test");
    of_language[choices - 1]
        .get_or_init(|| language.patterns(choices).into_iter().map(compile).collect())
}

/// The letter (`A` for the first choice) that a response settles on, or `None`.
///
/// # Errors
/// [`Unscored`] if a search had to be given up.
pub fn extract_letter(
    text: &str,
    language: LetterLanguage,
    choices: usize,
) -> Result<Option<char>, Unscored> {
    for pattern in compiled(language, choices) {
        // The rightmost match of the first pattern that matches at all.
        if let Some(Match::Text(letter)) = pattern.findall(text)?.pop() {
            return Ok(letter.chars().next());
        }
    }
    Ok(None)
}

#[cfg(test)]
mod tests {
    use super::LetterLanguage::{English, Japanese};
    use super::*;

    fn letter(text: &str, language: LetterLanguage) -> Option<char> {
        extract_letter(text, language, 4).unwrap()
    }

    #[test]
    fn the_answer_line_comes_before_letters_elsewhere() {
        assert_eq!(letter("A is wrong. Answer: B.", English), Some('B'));
        assert_eq!(letter("The final answer is: C. I hope it is. Answer: B", English), Some('C'));
        assert_eq!(letter("B\nfinal answer, I think, is D", English), Some('D'));
        assert_eq!(letter("AとBは違う。\n回答: C", Japanese), Some('C'));
        assert_eq!(letter("回答は **B** です", Japanese), Some('B'));
    }

    #[test]
    fn english_needs_a_boundary_and_japanese_none() {
        assert_eq!(letter("これはDNAです", Japanese), Some('A'));
        assert_eq!(letter("DNAです", Japanese), Some('D'));
        assert_eq!(letter("I like DNA C.", English), Some('C'));
        assert_eq!(letter("Answer: A\nmore text B here", English), Some('B'));
        assert_eq!(letter("Answer: A\n", English), Some('A'));
    }

    #[test]
    fn every_pattern_compiles() {
        for choices in 0..30 {
            assert_eq!(compiled(English, choices).len(), 7);
            assert_eq!(compiled(Japanese, choices).len(), 5);
        }
    }

    #[test]
    fn letters_beyond_the_choices_do_not_count() {
        assert_eq!(extract_letter("answer: D", English, 3).unwrap(), None);
        assert_eq!(extract_letter("Answer: D", English, 3).unwrap(), Some('A'));
        assert_eq!(letter("", Japanese), None);
        assert_eq!(letter("none of them", English), None);
    }
}
