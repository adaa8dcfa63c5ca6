//! All filters by name.

use super::super::options::Options;
use super::super::{ScoringError, Unscored};
use super::map::MapFilter;
use super::multi_choice::MultiChoiceFilter;
use super::regex::RegexFilter;
use super::tags::TagsFilter;
use super::{Answers, case, selection, span, whitespace};
use crate::Doc;
use crate::config::{FilterStep, FunctionName, NameOrFunction};

/// The filters' names in task files.
pub const NAMES: [&str; 11] = [
    "format_span",
    "lowercase",
    "majority_vote",
    "map",
    "multi_choice_regex",
    "regex",
    "regex_pos",
    "remove_whitespace",
    "take_first",
    "take_first_k",
    "uppercase",
];

/// One step of a pipeline.
#[derive(Clone, Debug)]
pub enum Filter {
    /// Named entities in one layout.
    FormatSpan,
    /// Lower case.
    Lowercase,
    /// The most frequent answer, as a list of one.
    MajorityVote,
    /// A table.
    Map(MapFilter),
    /// A letter, found by pattern, choice text or colon.
    MultiChoiceRegex(Box<MultiChoiceFilter>),
    /// What a pattern finds.
    Regex(Box<RegexFilter>),
    /// The tags of a list of pairs.
    RegexPos(Box<TagsFilter>),
    /// Both ends stripped.
    RemoveWhitespace,
    /// The first answer.
    TakeFirst,
    /// The first k answers.
    TakeFirstK(usize),
    /// Upper case.
    Uppercase,
}

impl Filter {
    pub(super) fn compile(step: &FilterStep) -> Result<Self, ScoringError> {
        let name = match &step.function {
            NameOrFunction::Name(name) => name.as_str(),
            NameOrFunction::Function(FunctionName(name)) => return Err(unknown(name)),
        };
        let options = Options::new(name, &step.options);
        Ok(match name {
            "map" => Self::Map(MapFilter::compile(&options)?),
            "multi_choice_regex" => {
                Self::MultiChoiceRegex(Box::new(MultiChoiceFilter::compile(&options)?))
            }
            "regex" => {
                options.only(&RegexFilter::OPTIONS)?;
                Self::Regex(Box::new(RegexFilter::compile(&options)?))
            }
            "regex_pos" => Self::RegexPos(Box::new(TagsFilter::compile(&options)?)),
            "take_first_k" => Self::TakeFirstK(first_k(&options)?),
            _ => {
                let plain = plain(name)?;
                options.only(&[])?;
                plain
            }
        })
    }

    /// The filter's name in task files.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::FormatSpan => "format_span",
            Self::Lowercase => "lowercase",
            Self::MajorityVote => "majority_vote",
            Self::Map(_) => "map",
            Self::MultiChoiceRegex(_) => "multi_choice_regex",
            Self::Regex(_) => "regex",
            Self::RegexPos(_) => "regex_pos",
            Self::RemoveWhitespace => "remove_whitespace",
            Self::TakeFirst => "take_first",
            Self::TakeFirstK(_) => "take_first_k",
            Self::Uppercase => "uppercase",
        }
    }

    /// Whether it works on text rather than on whatever was answered.
    pub(super) fn needs_text(&self) -> bool {
        !matches!(self, Self::TakeFirst | Self::TakeFirstK(_) | Self::MajorityVote)
    }

    /// Runs the filter over the answers to one request.
    ///
    /// # Errors
    /// [`Unscored`] if a search was given up or it got what it cannot use.
    pub fn apply(&self, answers: Answers, doc: &Doc) -> Result<Answers, Unscored> {
        match self {
            Self::FormatSpan => span::format_span(answers),
            Self::Lowercase => case::lowercase(answers),
            Self::MajorityVote => Ok(selection::majority_vote(answers)),
            Self::Map(map) => map.apply(answers),
            Self::MultiChoiceRegex(filter) => filter.apply(answers, doc),
            Self::Regex(filter) => filter.apply(answers),
            Self::RegexPos(filter) => filter.apply(answers),
            Self::RemoveWhitespace => whitespace::remove_whitespace(answers),
            Self::TakeFirst => selection::take_first(answers),
            Self::TakeFirstK(k) => selection::take_first_k(*k, answers),
            Self::Uppercase => case::uppercase(answers),
        }
    }
}

/// The filters without options.
fn plain(name: &str) -> Result<Filter, ScoringError> {
    Ok(match name {
        "format_span" => Filter::FormatSpan,
        "lowercase" => Filter::Lowercase,
        "majority_vote" => Filter::MajorityVote,
        "remove_whitespace" => Filter::RemoveWhitespace,
        "take_first" => Filter::TakeFirst,
        "uppercase" => Filter::Uppercase,
        _ => return Err(unknown(name)),
    })
}

fn first_k(options: &Options<'_>) -> Result<usize, ScoringError> {
    options.only(&["k"])?;
    let k = options.integer("k")?.and_then(|k| usize::try_from(k).ok()).filter(|&k| k > 0);
    k.ok_or_else(|| options.refuse("k", "must be a positive integer"))
}

fn unknown(name: &str) -> ScoringError {
    ScoringError::Unknown { kind: "filter", name: name.to_owned(), known: NAMES.to_vec() }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn compile(name: &str, options: &serde_json::Value) -> Result<Filter, ScoringError> {
        Filter::compile(&FilterStep {
            function: NameOrFunction::Name(name.to_owned()),
            options: options.as_object().unwrap().clone(),
        })
    }

    #[test]
    fn every_name_compiles_to_the_filter_of_that_name() {
        for name in NAMES {
            let options = if name == "take_first_k" { json!({"k": 2}) } else { json!({}) };
            assert_eq!(compile(name, &options).unwrap().name(), name);
        }
    }

    #[test]
    fn bad_options_name_the_filter_and_the_key() {
        let cases = [
            ("regex", json!({"regex_patern": "a"}), "regex: `regex_patern` is not known"),
            ("regex", json!({"regex_pattern": "("}), "regex: the regular expression `(`"),
            ("regex", json!({"group_select": "last"}), "regex: `group_select` must be an integer"),
            ("take_first_k", json!({}), "take_first_k: `k` must be a positive integer"),
            ("take_first", json!({"k": 1}), "take_first: `k` is not known: no option is"),
            ("take_frist", json!({}), "did you mean `take_first`?"),
        ];
        for (name, options, expected) in cases {
            let error = compile(name, &options).unwrap_err().to_string();
            assert!(error.contains(expected), "{error}");
        }
    }
}
