//! Which tasks of a run are one parallel text in several languages.

use indexmap::IndexMap;

use crate::manifest::{Manifest, TaskManifest};

/// One text in two or more languages.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Corpus {
    /// Its name: `metadata.corpus` of its tasks, else their dataset.
    pub name: String,
    /// (language, task), in the run's order but for English, which comes last.
    pub languages: Vec<(String, String)>,
}

impl Corpus {
    /// Every corpus of a run.
    ///
    /// Tasks belong together when their metadata names the same `corpus`, or, without one, when
    /// they read the same dataset in the same way. A second task of a language that a corpus
    /// already has is not part of it.
    #[must_use]
    pub fn all(manifest: &Manifest) -> Vec<Self> {
        let mut corpora: IndexMap<String, Self> = IndexMap::new();
        for (task, info) in manifest.tasks.iter().filter(|(_, info)| info.is_probe()) {
            let Some(language) = info.language.single() else { continue };
            let name = name_of(info);
            let empty = || Self { name: name.clone(), languages: Vec::new() };
            let corpus = corpora.entry(name.clone()).or_insert_with(empty);
            if corpus.languages.iter().all(|(other, _)| other != language) {
                corpus.languages.push((language.to_owned(), task.clone()));
            }
        }
        let mut corpora: Vec<Self> = corpora.into_values().collect();
        corpora.retain(|corpus| corpus.languages.len() > 1);
        corpora.iter_mut().for_each(|corpus| corpus.languages.sort_by_key(|l| is_english(&l.0)));
        corpora
    }

    /// Positions of every pair of its languages, those with English first; English is the second
    /// one.
    pub(crate) fn pairs(&self) -> Vec<(usize, usize)> {
        Self::pairs_of(self.languages.len())
    }

    /// Positions of every two of so many languages.
    pub(crate) fn pairs_of(languages: usize) -> Vec<(usize, usize)> {
        (0..languages).rev().flat_map(|b| (0..b).map(move |a| (a, b))).collect()
    }
}

pub(super) fn is_english(language: &str) -> bool {
    language.split('-').next() == Some("en")
}

fn name_of(task: &TaskManifest) -> String {
    let text = |value: &serde_json::Value| value.as_str().map(str::to_owned);
    let named = text(&task.config["metadata"]["corpus"]);
    let read = [text(&task.config["dataset_path"]), text(&task.config["process_docs"])];
    named.unwrap_or_else(|| read.into_iter().flatten().collect::<Vec<_>>().join(" by "))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::manifest::Language;
    use crate::testing;

    fn probe(language: &str, config: serde_json::Value) -> TaskManifest {
        let language = Language::only(language);
        TaskManifest { probe: true, language, config, ..TaskManifest::default() }
    }

    fn corpora(tasks: &[(&str, TaskManifest)]) -> Vec<Corpus> {
        let tasks = tasks.iter().map(|(name, task)| ((*name).to_owned(), task.clone())).collect();
        Corpus::all(&Manifest { tasks, ..testing::manifest() })
    }

    #[test]
    fn the_same_dataset_is_one_text_and_english_comes_last() {
        let flores = || json!({"dataset_path": "o/flores"});
        let found = corpora(&[
            ("en", probe("en", flores())),
            ("he", probe("he", flores())),
            ("ja", probe("ja", flores())),
            ("alone", probe("he", json!({"dataset_path": "o/other"}))),
        ]);
        let [corpus] = found.as_slice() else { panic!("{found:?}") };
        let order: Vec<&str> = corpus.languages.iter().map(|(l, _)| l.as_str()).collect();
        assert_eq!((order, corpus.name.as_str()), (vec!["he", "ja", "en"], "o/flores"));
        assert_eq!(corpus.pairs(), [(0, 2), (1, 2), (0, 1)]);
    }

    /// Chunk 3 of one file is not chunk 3 of another, though both come from one folder.
    #[test]
    fn named_corpora_are_kept_apart() {
        let ted = |corpus: &str| json!({"dataset_path": "l/ted", "metadata": {"corpus": corpus}});
        let found = corpora(&[
            ("a", probe("en", ted("en-he"))),
            ("b", probe("he", ted("en-he"))),
            ("c", probe("en", ted("en-ja"))),
            ("d", probe("ja", ted("en-ja"))),
        ]);
        assert_eq!(found.len(), 2);
        assert_eq!(found[0].languages, [("he".into(), "b".into()), ("en".into(), "a".into())]);
    }
}
