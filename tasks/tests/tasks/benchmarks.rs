//! Every task of the library on the benchmarks themselves.

use std::collections::BTreeSet;

use harness_tasks::data::{DataError, Folder};
use harness_tasks::{PromptOptions, Registry, TaskData};

use crate::shared;

/// Tasks whose data are not to be had as files.
fn has_no_data(name: &str) -> bool {
    let prefixes = ["psychometric_heb", "ted_chunks"];
    let names = [
        "arc_ai2_heb",
        "arc_challenge_ja",
        "copa_heb",
        "global_mmlu_full_he",
        "gsm8k_heb",
        "heb_lb_sentiment",
        "heb_lb_sentiment_ll",
        "heb_lb_translation",
        "heb_lb_trivia",
        "hellaswag",
        "hellaswag_heb",
        "ja_leaderboard_jnli",
        "ja_leaderboard_jsquad",
        "ja_leaderboard_marc_ja",
        "ja_leaderboard_xwinograd",
        "ja_mlsa_sentiment",
        "mmlu_heb",
        "swallow_hellaswag",
        "swallow_jamcqa",
        "swallow_jamcqa_cot",
    ];
    names.contains(&name) || prefixes.iter().any(|prefix| name.starts_with(prefix))
}

fn load(name: &str) -> Option<TaskData> {
    let source = Folder::new(shared()?.join("data"));
    Some(Registry::builtin().task(name).unwrap().load(&source).unwrap())
}

#[test]
fn every_benchmark_can_be_asked() {
    let Some(shared) = shared() else { return };
    let source = Folder::new(shared.join("data"));
    let registry = Registry::builtin();
    for name in registry.names() {
        let task = registry.task(name).unwrap();
        let data = match task.load(&source) {
            Err(DataError::Missing { .. }) if has_no_data(name) => continue,
            other => other.unwrap_or_else(|error| panic!("{name}: {error}")),
        };
        task.check(&data).unwrap();
        let options = PromptOptions { limit: Some(20), ..PromptOptions::default() };
        for instance in task.prompts(&data, &options).unwrap() {
            assert!(!instance.unwrap().requests.is_empty(), "{name}");
        }
    }
}

fn clusters(name: &str) -> Option<(usize, usize)> {
    let data = load(name)?;
    let task = Registry::builtin().task(name).unwrap();
    let clusters: BTreeSet<String> =
        data.docs.iter().map(|doc| task.cluster(doc).unwrap()).collect();
    Some((data.docs.len(), clusters.len()))
}

#[test]
fn documents_and_clusters_are_as_many_as_published() {
    let expected = [
        ("heb_lb_heq", (1435, 207)),
        ("heb_lb_winograd", (278, 132)),
        ("xwinograd_jp", (959, 516)),
        ("heb_lb_trans_flores", (2024, 1012)),
        ("ja_leaderboard_jcommonsenseqa", (1119, 1117)),
        ("llmjp_jmmlu_japanese_history", (75, 75)),
    ];
    for (name, counts) in expected {
        if let Some(found) = clusters(name) {
            assert_eq!(found, counts, "{name}");
        }
    }
}

#[test]
fn parallel_probes_have_equal_rows() {
    let rows = |name: &str| {
        let task = Registry::builtin().task(name).unwrap();
        load(name).map(|data| -> Vec<Option<String>> {
            data.docs.iter().map(|doc| task.row_of(doc).unwrap()).collect()
        })
    };
    for set in ["flores200", "ntrex128"] {
        let english = rows(&format!("{set}_en"));
        assert_eq!(english, rows(&format!("{set}_he")));
        assert_eq!(english, rows(&format!("{set}_ja")));
    }
}

#[test]
fn digests_follow_the_files() {
    let (Some(test), Some(again)) = (load("flores200_he"), load("flores200_he")) else { return };
    assert_eq!(test.digest, again.digest);
    let joined = load("heb_lb_trans_flores").unwrap();
    assert_ne!(joined.digest, test.digest);
    assert_eq!(joined.sources.len(), 2);
}
