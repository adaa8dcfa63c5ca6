//! `multi_choice_regex`: a letter, found by pattern, by choice text, or after a colon.

use std::cmp::Reverse;
use std::sync::LazyLock;

use serde_json::Value;

use super::super::options::Options;
use super::super::pattern::{Pattern, PatternError};
use super::super::{ScoringError, Unscored};
use super::Answers;
use super::answer::text_or_empty;
use super::regex::{RegexFilter, select};
use crate::Doc;
use crate::python::text::strip;

/// Unicode's categories of punctuation.
static PUNCTUATION: LazyLock<regex::Regex> =
    LazyLock::new(|| regex::Regex::new(r"\p{P}").expect("a fixed pattern, compiled by a test"));

/// The filter `multi_choice_regex` (`filters/extraction.py`,
/// `MultiChoiceRegexFilter`); documents have a column `choices`.
#[derive(Clone, Debug)]
pub struct MultiChoiceFilter {
    main: RegexFilter,
    group_select: i64,
    ignore: Vec<Pattern>,
    ignore_case: bool,
    ignore_punctuation: bool,
}

/// A document's choices, ready to be searched for.
struct Choices {
    texts: Vec<String>,
    any: Pattern,
    letter: Pattern,
}

impl MultiChoiceFilter {
    pub(super) fn compile(options: &Options<'_>) -> Result<Self, ScoringError> {
        let own = ["ignore_case", "ignore_punctuation", "regexes_to_ignore"];
        options.only(&[RegexFilter::OPTIONS, own].concat())?;
        Ok(Self {
            main: RegexFilter::compile(options)?,
            group_select: options.integer("group_select")?.unwrap_or(0),
            ignore: options.patterns("regexes_to_ignore")?,
            ignore_case: options.flag("ignore_case"),
            ignore_punctuation: options.flag("ignore_punctuation"),
        })
    }

    pub(super) fn apply(&self, answers: Answers, doc: &Doc) -> Result<Answers, Unscored> {
        let choices = self.choices(doc)?;
        answers.each(|value| {
            let found = self.find(text_or_empty(&value), &choices)?;
            Ok(found.map_or_else(|| self.main.fallback.clone(), Value::from))
        })
    }

    fn find(&self, text: &str, choices: &Choices) -> Result<Option<String>, Unscored> {
        if let Some(found) = self.main.find(text)?.filter(|found| !found.is_empty()) {
            return Ok(Some(found));
        }
        let named = select(choices.any.findall(&self.normalized(text)?)?, self.group_select);
        if let Some(found) = named.filter(|found| !found.is_empty()) {
            // The last of equal choices wins, as in a Python dictionary.
            let index = choices.texts.iter().rposition(|choice| *choice == found);
            return Ok(Some(index.map_or(found, parenthesized)));
        }
        let letter = select(choices.letter.findall(text)?, self.group_select);
        Ok(letter.filter(|found| !found.is_empty()).map(|found| format!("({found})")))
    }

    fn choices(&self, doc: &Doc) -> Result<Choices, Unscored> {
        let column = doc.fields.get("choices").and_then(Value::as_array);
        let column = column
            .ok_or_else(|| Unscored::new("filter multi_choice_regex needs a column `choices`"))?;
        let texts: Vec<String> = column
            .iter()
            .map(|choice| self.normalized(strip(text_or_empty(choice))))
            .collect::<Result<_, _>>()?;
        let mut branches: Vec<String> = texts.iter().map(|text| escaped(text)).collect();
        // Longest first, so that a choice does not hide one that it begins.
        branches.sort_by_key(|branch| Reverse(branch.chars().count()));
        let letters: Vec<String> =
            (0..texts.len()).map(|index| letter(index).to_string()).collect();
        Ok(Choices {
            any: compiled(&branches.join("|"))?,
            letter: compiled(&format!(r":\s*({})", letters.join("|")))?,
            texts,
        })
    }

    fn normalized(&self, text: &str) -> Result<String, Unscored> {
        let mut text = text.to_owned();
        for pattern in &self.ignore {
            text = pattern.replace_all(&text, "")?;
        }
        if self.ignore_case {
            text = text.to_lowercase();
        }
        Ok(if self.ignore_punctuation {
            PUNCTUATION.replace_all(&text, "").into_owned()
        } else {
            text
        })
    }
}

/// A pattern made of the document's own text; too much of it is unscored.
fn compiled(source: &str) -> Result<Pattern, Unscored> {
    Pattern::new(source).map_err(|error: PatternError| Unscored::new(error.to_string()))
}

/// `re.escape`.
fn escaped(text: &str) -> String {
    let special = |c: char| "()[]{}?*+-|^$\\.&~# \t\n\r\u{b}\u{c}".contains(c);
    text.chars().flat_map(|c| special(c).then_some('\\').into_iter().chain([c])).collect()
}

/// A for the first choice, B for the second, and so on; past Z as in ASCII.
fn letter(index: usize) -> char {
    u32::try_from(index)
        .ok()
        .and_then(|index| char::from_u32(u32::from('A') + index))
        .unwrap_or('?')
}

fn parenthesized(index: usize) -> String {
    format!("({})", letter(index))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn answer(options: &Value, response: &str) -> String {
        let filter = MultiChoiceFilter::compile(&Options::new(
            "multi_choice_regex",
            options.as_object().unwrap(),
        ));
        let fields = json!({"choices": ["Guilty", "Guilty of Romance", " the end."]});
        let doc = Doc::new(0, fields.as_object().unwrap().clone());
        let found = filter.unwrap().apply(Answers::One(json!(response)), &doc).unwrap();
        found.into_value().as_str().unwrap().to_owned()
    }

    #[test]
    fn pattern_then_choice_then_letter_then_fallback() {
        let options = json!({
            "regex_pattern": r"(\([A-Z]\))", "group_select": -1, "ignore_case": true, "ignore_punctuation": true,
        });
        assert_eq!(answer(&options, "First (A), then (B)."), "(B)");
        assert_eq!(answer(&options, "It is Guilty, of romance!"), "(B)");
        assert_eq!(answer(&options, "the END"), "(C)");
        assert_eq!(answer(&options, "Answer:\n C"), "(C)");
        assert_eq!(answer(&options, "Answer: D"), "[invalid]");
    }

    #[test]
    fn a_document_without_choices_is_unscored() {
        let options = json!({});
        let filter =
            MultiChoiceFilter::compile(&Options::new("m", options.as_object().unwrap())).unwrap();
        let doc = Doc::new(0, serde_json::Map::new());
        assert!(filter.apply(Answers::One(json!("x")), &doc).unwrap_err().0.contains("choices"));
    }
}
