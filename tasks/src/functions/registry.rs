//! Functions by name.

use super::{
    DocsFunction, SamplerFunction, TextFunction, heb_lb, hellaswag, japanese, llm_jp_eval,
    samplers, sentences, swallow, ted, wmt20, xwinograd,
};
use crate::{scoring, suggest};

/// What a function is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Rewrites all documents of a split.
    Docs,
    /// Makes a text, target or list of choices of a document.
    Text,
    /// Chooses shots.
    Sampler,
    /// Scores a document.
    Metric,
    /// Joins the scores of all documents.
    Aggregation,
}

impl Kind {
    /// Every kind.
    pub const ALL: [Self; 5] =
        [Self::Docs, Self::Text, Self::Sampler, Self::Metric, Self::Aggregation];

    /// The kind in words.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Docs => "docs",
            Self::Text => "text",
            Self::Sampler => "sampler",
            Self::Metric => "metric",
            Self::Aggregation => "aggregation",
        }
    }
}

const DOCS: &[(&str, DocsFunction)] = &[
    ("heb_lb.flores_directions", heb_lb::flores_directions),
    ("heb_lb.heq", heb_lb::heq),
    ("heb_lb.nli", heb_lb::nli),
    ("heb_lb.ted_directions", heb_lb::ted_directions),
    ("hellaswag.process_docs", hellaswag::process_docs),
    ("ja_leaderboard_jcommonsenseqa.process_docs", japanese::jcommonsenseqa),
    ("ja_leaderboard_xwinograd.process_docs", japanese::xwinograd),
    ("llm_jp_eval.shot_half", llm_jp_eval::shot_half),
    ("llm_jp_eval.test_half", llm_jp_eval::test_half),
    ("llm_jp_eval.train_part", llm_jp_eval::train_part),
    ("sentences.chunks", sentences::chunks),
    ("sentences.shuffled_chunks", sentences::shuffled_chunks),
    ("swallow.gold_moved", swallow::gold_moved),
    ("swallow.shuffled", swallow::shuffled),
    ("swallow.shuffled_wmt20", swallow::shuffled_wmt20),
    ("ted.chunks", ted::chunks),
    ("wmt20.process_docs", wmt20::process_docs),
];

const TEXTS: &[(&str, TextFunction)] = &[
    ("xwinograd.doc_to_choice", xwinograd::doc_to_choice),
    ("xwinograd.doc_to_target", xwinograd::doc_to_target),
    ("xwinograd.doc_to_text", xwinograd::doc_to_text),
];

const SAMPLERS: &[(&str, SamplerFunction)] = &[
    ("global_mmlu.same_subject", samplers::same_subject),
    ("heb_lb.same_direction", heb_lb::same_direction),
    ("heb_lb.siblings", heb_lb::siblings),
    ("heb_lb.winograd_shots", heb_lb::winograd_shots),
    ("samplers.balanced", samplers::balanced),
    ("swallow.mgsm_shots", swallow::mgsm_shots),
    ("swallow.wmt20_shots", swallow::wmt20_shots),
];

/// The `process_docs` function of a name.
#[must_use]
pub fn docs(name: &str) -> Option<DocsFunction> {
    find(DOCS, name)
}

/// The text function of a name.
#[must_use]
pub fn text(name: &str) -> Option<TextFunction> {
    find(TEXTS, name)
}

/// The sampler of a name.
#[must_use]
pub fn sampler(name: &str) -> Option<SamplerFunction> {
    find(SAMPLERS, name)
}

fn find<F: Copy>(table: &[(&str, F)], name: &str) -> Option<F> {
    table.iter().find(|(known, _)| *known == name).map(|(_, function)| *function)
}

/// The functions of a kind, sorted by name.
#[must_use]
pub fn names(kind: Kind) -> Vec<&'static str> {
    match kind {
        Kind::Docs => names_of(DOCS),
        Kind::Text => names_of(TEXTS),
        Kind::Sampler => names_of(SAMPLERS),
        Kind::Metric => scoring::functions::metric_names(),
        Kind::Aggregation => names_of(&scoring::functions::AGGREGATIONS),
    }
}

fn names_of<F>(table: &[(&'static str, F)]) -> Vec<&'static str> {
    table.iter().map(|(name, _)| *name).collect()
}

/// Why a name is not a function of a kind, and which ones there are.
#[must_use]
pub fn explain(name: &str, kind: Kind) -> String {
    let other = Kind::ALL.into_iter().find(|other| names(*other).contains(&name));
    let what = match other {
        Some(other) => {
            format!("`{name}` is a {} function, not a {} function", other.name(), kind.name())
        }
        None => format!("there is no function `{name}`; Python functions are not run"),
    };
    let known = names(kind);
    let hint = suggest::hint(name, known.iter().copied());
    format!("{what}{hint}; {} functions are {}", kind.name(), known.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tables_are_sorted_and_names_unique() {
        let mut all = Vec::new();
        for kind in Kind::ALL {
            let names = names(kind);
            assert!(names.is_sorted(), "{names:?}");
            all.extend(names);
        }
        let unique: std::collections::HashSet<_> = all.iter().collect();
        assert_eq!(unique.len(), all.len());
    }

    #[test]
    fn explains_what_is_not_there() {
        let text = explain("heb_lb.nly", Kind::Docs);
        assert!(text.starts_with("there is no function `heb_lb.nly`"), "{text}");
        assert!(text.contains("did you mean `heb_lb.nli`?"), "{text}");
        let text = explain("heb_lb.nli", Kind::Text);
        assert!(text.starts_with("`heb_lb.nli` is a docs function, not a text function"), "{text}");
    }
}
