//! What can be wrong with `metric_list`, `filter_list` and their functions.

use super::filters::NAMES;
use super::pattern::PatternError;
use crate::suggest::hint;

/// Metrics or filters of a task file cannot be honoured.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum ScoringError {
    /// A name that is not registered.
    #[error("unknown {kind} `{name}`{}; known are {}", hint(.name, .known.iter().copied()), .known.join(", "))]
    Unknown {
        /// filter, metric or aggregation.
        kind: &'static str,
        /// The name.
        name: String,
        /// Every name of this kind.
        known: Vec<&'static str>,
    },
    /// An option of a metric or filter.
    #[error("{of}: `{key}` {reason}")]
    Option {
        /// The metric or filter.
        of: String,
        /// The option's key.
        key: String,
        /// What is wrong and what is expected.
        reason: String,
    },
    /// A regular expression.
    #[error("{of}: {source}")]
    Pattern {
        /// The metric or filter.
        of: String,
        /// What is wrong with it.
        source: PatternError,
    },
    /// A filter that works on text stands where there is none.
    #[error(
        "filter `{filter}` works on generated text, and this task asks for log-likelihoods; use take_first or no filter_list"
    )]
    NotText {
        /// The filter.
        filter: String,
    },
}

impl ScoringError {
    /// The key of the task file that the mistake stands under.
    #[must_use]
    pub fn key(&self) -> &'static str {
        match self {
            Self::Unknown { kind: "filter", .. } | Self::NotText { .. } => "filter_list",
            Self::Unknown { kind: "process_results function", .. } => "process_results",
            Self::Option { of, .. } | Self::Pattern { of, .. } if NAMES.contains(&of.as_str()) => {
                "filter_list"
            }
            _ => "metric_list",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_unknown_name_gets_a_guess_if_one_is_near() {
        let error = |name: &str| ScoringError::Unknown {
            kind: "metric",
            name: name.to_owned(),
            known: vec!["acc", "exact_match"],
        };
        let text = error("exact_mach").to_string();
        assert_eq!(
            text,
            "unknown metric `exact_mach`; did you mean `exact_match`?; known are acc, exact_match"
        );
        assert_eq!(error("exact_mach").key(), "metric_list");
        assert!(!error("qqq").to_string().contains("did you mean"));
    }
}
