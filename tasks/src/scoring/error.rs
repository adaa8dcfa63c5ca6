//! What can be wrong with `metric_list`, `filter_list` and their functions.

use super::pattern::PatternError;

/// Metrics or filters of a task file cannot be honoured.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum ScoringError {
    /// A name that is not registered.
    #[error("unknown {kind} `{name}`{}; known are {}", guess(.name, .known), .known.join(", "))]
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

fn guess(name: &str, known: &[&'static str]) -> String {
    let near = known.iter().map(|other| (strsim::jaro_winkler(name, other), other));
    match near.max_by(|a, b| a.0.total_cmp(&b.0)) {
        Some((similarity, other)) if similarity > 0.8 => format!(" (did you mean `{other}`?)"),
        _ => String::new(),
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
            "unknown metric `exact_mach` (did you mean `exact_match`?); known are acc, exact_match"
        );
        assert!(!error("qqq").to_string().contains("did you mean"));
    }
}
