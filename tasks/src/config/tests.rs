//! Task files with mistakes in them.

use std::path::Path;

use serde_json::json;

use super::*;

struct One(&'static str);

impl TaskFiles for One {
    fn read(&self, _: &Path) -> Result<String, String> {
        Ok(self.0.to_owned())
    }
}

fn task(text: &'static str) -> Result<TaskConfig, String> {
    read_merged(&One(text), Path::new("t.yaml"))
        .and_then(TaskConfig::read)
        .map_err(|errors| errors.to_string())
}

fn mistakes(text: &'static str) -> Vec<String> {
    task(text).expect_err("mistakes").lines().map(str::to_owned).collect()
}

const PLAIN: &str =
    "task: t\ndataset_path: o/d\ntest_split: test\ndoc_to_text: q\ndoc_to_target: a\n";

#[test]
fn defaults_are_lm_evaluation_harness_s() {
    let config = task(PLAIN).expect("reads");
    assert_eq!(config.output_type, OutputType::GenerateUntil);
    assert_eq!(
        (config.target_delimiter.as_str(), config.fewshot_delimiter.as_str()),
        (" ", "\n\n")
    );
    assert_eq!(
        json!(config.generation_kwargs),
        json!({"temperature": 0.0, "do_sample": false, "max_gen_toks": 256, "until": ["\n\n"]})
    );
    assert_eq!(config.repeats, 1);
    assert_eq!(config.metadata.language, TaskLanguage::one("und"));
}

#[test]
fn until_defaults_to_the_delimiter() {
    let config = task(
        "task: t\ndataset_path: o/d\ntest_split: test\ndoc_to_text: q\ndoc_to_target: a\nfewshot_delimiter: '##'\ngeneration_kwargs: {temperature: 0, max_gen_toks: 8}\n",
    )
    .expect("reads");
    assert_eq!(
        json!(config.generation_kwargs),
        json!({"temperature": 0.0, "max_gen_toks": 8, "until": ["##"]})
    );
}

#[test]
fn every_mistake_is_found_at_once() {
    let found = mistakes(
        "task: t\ndataset_path: o/d\ntest_split: test\ndoc_to_txt: q\ndoc_to_target: a\nnum_fewshot: five\nmetric_list:\n  - aggregation: mean\nmetadata:\n  category: knowlege\n  card: {ask: x}\n",
    );
    assert_eq!(
        found,
        [
            "t.yaml:6: key `num_fewshot` must be a whole number of at least 0, but is a string",
            "t.yaml:8: key `metric_list.metric` is missing: name the metric",
            "t.yaml:10: key `metadata.category`: unknown category `knowlege`; did you mean `knowledge`?; there are knowledge, reasoning, commonsense, understanding, translation, probe",
            "t.yaml:11: unknown key `metadata.card.ask`; did you mean `asks`?",
            "t.yaml:1: key `doc_to_text` is missing: say what is asked",
            "t.yaml:4: unknown key `doc_to_txt`; did you mean `doc_to_text`?",
        ]
    );
}

#[test]
fn unquoted_booleans_among_choices_are_caught() {
    let found = mistakes(
        "task: t\ndataset_path: o/d\ntest_split: test\ndoc_to_text: q\ndoc_to_target: a\ndoc_to_choice: [no, yes]\noutput_type: multiple_choice\n",
    );
    assert_eq!(
        found,
        [
            "t.yaml:6: key `doc_to_choice` must be a template, a list of strings (quote them) or a function, but is a list"
        ]
    );
}

#[test]
fn what_cannot_be_honoured_says_why() {
    let found = mistakes(
        "task: t\nclass: !function task.Task\ndataset_path: o/d\ntest_split: test\ndoc_to_text: q\ndoc_to_target: a\nunsafe_code: true\nfewshot_config: {sampler: balanced}\n",
    );
    assert_eq!(
        found,
        [
            "t.yaml:8: key `fewshot_config.sampler`: unknown sampler `balanced`; there are `default`, `first_n` and `!function` samplers",
            "t.yaml:2: key `class` cannot be honoured: tasks that are Python classes cannot be run",
            "t.yaml:7: key `unsafe_code` cannot be honoured: code that a model wrote is never run",
        ]
    );
}

#[test]
fn metrics_of_other_packages_matter_only_for_text() {
    let choice = task(
        "task: t\ndataset_path: o/d\ntest_split: test\ndoc_to_text: q\ndoc_to_target: a\ndoc_to_choice: c\noutput_type: multiple_choice\nmetric_list: [{metric: f1, hf_evaluate: true, average: weighted}]\n",
    )
    .expect("reads");
    let metrics = choice.metric_list.unwrap_or_default();
    assert_eq!(json!(metrics[0].options), json!({"average": "weighted"}));
    let found = mistakes(
        "task: t\ndataset_path: o/d\ntest_split: test\ndoc_to_text: q\ndoc_to_target: a\nmetric_list: [{metric: f1, hf_evaluate: true}]\nfewshot_config: {samples: !function u.s}\n",
    );
    assert!(found[0].contains("`fewshot_config.samples` cannot be honoured"), "{found:?}");
    assert!(found[1].contains("`metric_list.hf_evaluate` cannot be honoured"), "{found:?}");
}

#[test]
fn languages_are_tags() {
    let two = task(
        "task: t\ndataset_path: o/d\ntest_split: test\ndoc_to_text: q\ndoc_to_target: a\nmetadata: {language: {question: en, continuation: he}}\n",
    )
    .expect("reads");
    assert_eq!(two.metadata.language.single(), None);
    let one = task(
        "task: t\ndataset_path: o/d\ntest_split: test\ndoc_to_text: q\ndoc_to_target: a\nmetadata: {language: he}\n",
    )
    .expect("reads");
    assert_eq!(one.metadata.language.single(), Some("he"));
    let found = mistakes(
        "task: t\ndataset_path: o/d\ntest_split: test\ndoc_to_text: q\ndoc_to_target: a\nmetadata: {language: the Hebrew language}\n",
    );
    assert!(found[0].contains("not a BCP-47 tag"), "{found:?}");
}

#[test]
fn the_dump_keeps_functions_by_name() {
    let config = task(
        "task: t\ndataset_path: o/d\ntest_split: test\nprocess_docs: !function m.f\ndoc_to_text: !function m.t\ndoc_to_target: 0\nmetric_list: [{metric: acc, aggregation: mean, higher_is_better: true, k: 1}]\n",
    )
    .expect("reads");
    let dump = config.to_json();
    assert_eq!(dump["process_docs"], json!("!function m.f"));
    assert_eq!(dump["doc_to_target"], json!(0));
    assert_eq!(
        dump["metric_list"],
        json!([{"metric": "acc", "aggregation": "mean", "higher_is_better": true, "k": 1}])
    );
    assert!(!dump.contains_key("validation_split"));
}

#[test]
fn groups_have_members_rules_and_probes() {
    let text = "group: g\ngroup_alias: G\ntask:\n  - a\n  - {task: b, num_fewshot: 3}\n  - group: h\n    task: c\naggregate_metric_list:\n  - {metric: acc, weight_by_size: false}\nmetadata:\n  version: 1\n  routing_probe: [p, q]\n  stand_ins: {a: a2}\n";
    let group =
        read_merged(&One(text), Path::new("t.yaml")).and_then(GroupConfig::read).expect("reads");
    assert_eq!(group.task.len(), 3);
    assert!(matches!(&group.task[1], GroupMember::Task { name, .. } if name == "b"));
    assert!(matches!(&group.task[2], GroupMember::Group(inner) if inner.group == "h"));
    assert!(!group.aggregate_metric_list[0].weight_by_size);
    assert_eq!(group.metadata.routing_probe, ["p", "q"]);
    assert_eq!(group.metadata.stand_ins["a"], "a2");
}
