//! `format_span`: named entities as `label: entity $ label: entity`.
//!
//! Source: lm-evaluation-harness `filters/transformation.py`, `SPANFilter`.

use std::sync::LazyLock;

use serde_json::Value;

use super::super::Unscored;
use super::super::pattern::{Match, Pattern, Timeout};
use super::Answers;
use super::answer::text_or_empty;
use crate::python::text::strip;

/// Words that stand for a label before a colon, in the order of replacement.
const LABELS: [(&str, &str); 15] = [
    ("person", "PER"),
    ("location", "LOC"),
    ("organization", "ORG"),
    ("counties", "LOC"),
    ("places", "LOC"),
    ("people", "PER"),
    ("persons", "PER"),
    ("company", "ORG"),
    ("country", "LOC"),
    ("continent", "LOC"),
    ("time", "DATE"),
    ("date", "DATE"),
    ("per", "PER"),
    ("loc", "LOC"),
    ("org", "ORG"),
];

static REPLACEMENTS: LazyLock<Vec<(Pattern, String)>> = LazyLock::new(|| {
    let replacement =
        |(word, label): (&str, &str)| (compiled(&format!(r"\b{word}\s*:")), format!("{label}:"));
    LABELS.into_iter().map(replacement).collect()
});

static ENTITIES: LazyLock<Pattern> = LazyLock::new(|| compiled(r"\b(PER|LOC|ORG|DATE):\s*([^$]+)"));

fn compiled(pattern: &str) -> Pattern {
    Pattern::new(pattern).expect("a fixed pattern, compiled by a test")
}

pub(super) fn format_span(answers: Answers) -> Result<Answers, Unscored> {
    answers.each(|value| Ok(Value::from(formatted(text_or_empty(&value))?)))
}

fn formatted(text: &str) -> Result<String, Timeout> {
    let mut text = text.to_lowercase();
    for (pattern, label) in &*REPLACEMENTS {
        text = pattern.replace_all(&text, label)?;
    }
    let text = text.replace("$$", "$");
    let text = text.trim_end_matches('$').replace('\n', "$");
    let found = ENTITIES.findall(strip(&text))?;
    Ok(found.into_iter().flat_map(entities).collect::<Vec<_>>().join(" $ "))
}

/// The entities of one label, those called none left out.
fn entities(found: Match) -> Vec<String> {
    let Match::Groups(groups) = found else { return Vec::new() };
    let [label, values] = groups.as_slice() else { return Vec::new() };
    let entities = values.split(',').map(strip).filter(|entity| entity.to_lowercase() != "none");
    entities.map(|entity| format!("{}: {entity}", label.to_lowercase())).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_are_renamed_before_a_colon_only() {
        let text = "Person: Ada, Grace\nLocation: none $$ date : the time of May$$";
        assert_eq!(formatted(text).unwrap(), "per: ada $ per: grace $ date: the time of may");
        assert_eq!(formatted("nobody").unwrap(), "");
    }
}
