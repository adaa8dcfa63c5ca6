//! Whether a task can be answered: its own gold answers earn every mark, and
//! answers that are wrong none.

use harness_tasks::data::Folder;
use harness_tasks::request::Role;
use harness_tasks::scoring::AggregateOptions;
use harness_tasks::scoring::metrics::Scale;
use harness_tasks::{Aggregate, Instance, PromptOptions, Registry, RequestKind, Response, Task};
use serde_json::Value;

use crate::fixtures;

/// What a model writes around its answer, where a task asks for a form; `{}`
/// is the answer.
const FORMS: [(&str, &str); 8] = [
    ("mgsm_native_cot_ja", "考えます。答えは{}です。"),
    ("swallow_hellaswag", "Thinking.\nAnswer: {}"),
    ("swallow_jamcqa", "考えます。\n回答: {}"),
    ("swallow_jamcqa_cot", "考えます。\n回答: {}"),
    ("swallow_jmmlu_japanese_history", "考えます。\n回答: {}"),
    ("swallow_wmt20_en_ja", "日本語: {}"),
    ("swallow_wmt20_ja_en", "English: {}"),
    ("ja_leaderboard_mgsm", "よって{}"),
];

/// A wrong answer that no task of the library takes for anything.
const WRONG: &str = "※";

fn generated(task: &str, instance: &Instance, right: bool) -> Response {
    let first = match &instance.target {
        Value::Array(several) => &several[0],
        one => one,
    };
    // The train splits of MGSM have a target, the test splits only a number.
    let answer = instance.doc.get("answer_number").unwrap_or(first);
    let answer = answer.as_str().map_or_else(|| answer.to_string(), str::to_owned);
    let form = FORMS.iter().find(|(name, _)| *name == task).map_or(" {}", |(_, form)| form);
    let text = if right { form.replace("{}", &answer) } else { WRONG.to_owned() };
    Response::Generated { text }
}

fn responses(task: &str, instance: &Instance, right: bool) -> Vec<Response> {
    let response = |request: &harness_tasks::Request| match &request.kind {
        RequestKind::Generate { .. } => generated(task, instance, right),
        RequestKind::Rolling { .. } => Response::Rolling { log_prob: -8.0 },
        RequestKind::Loglikelihood { .. } => {
            let log_prob = if (request.role == Role::Gold) == right { -0.5 } else { -90.0 };
            Response::Loglikelihood { log_prob, is_greedy: false }
        }
    };
    instance.requests.iter().map(response).collect()
}

/// The headline of a task whose answers are all right or all wrong.
fn headline(task: &Task, right: bool) -> Aggregate {
    let data = task.load(&Folder::new(fixtures())).unwrap();
    let options = PromptOptions::default();
    let scores: Vec<_> = task
        .prompts(&data, &options)
        .unwrap()
        .map(|instance| {
            let instance = instance.unwrap();
            let responses = responses(task.name(), &instance, right);
            task.score(instance.doc, &instance.requests, &responses).unwrap()
        })
        .collect();
    let scores: Vec<_> = scores.iter().map(Vec::as_slice).collect();
    let options = AggregateOptions { bootstrap_iterations: 0 };
    task.aggregate_with(&scores, options).swap_remove(0)
}

fn each_answered(right: bool, check: impl Fn(&str, f64, &Aggregate)) {
    let registry = Registry::builtin();
    for name in registry.names() {
        let task = registry.task(name).unwrap();
        if task.row_id().is_some() && task.category().is_some_and(|it| it.name() == "probe") {
            continue;
        }
        let headline = headline(&task, right);
        let value = match &headline.value {
            Ok(value) => *value,
            // Every machine may lack MeCab's dictionary; the reason says how to get it.
            Err(reason) if reason.to_string().contains("HARNESS_MECAB_DICTIONARY") => {
                println!("skipped: {name}: {reason}");
                continue;
            }
            Err(reason) => panic!("{name}: {reason}"),
        };
        assert_eq!(headline.unscored, 0, "{name}: {:?}", headline.unscored_reason);
        check(name, value, &headline);
    }
}

#[test]
fn gold_answers_earn_every_mark() {
    each_answered(true, |name, value, headline| {
        let full = match headline.scale {
            Scale::Fraction => 1.0,
            Scale::Percent => 100.0,
            Scale::Unbounded => panic!("{name}: the headline has no full mark"),
        };
        assert!((value - full).abs() < 1e-9, "{name}: {value} of {full}");
    });
}

#[test]
fn wrong_answers_earn_none() {
    each_answered(false, |name, value, _| assert!(value.abs() < 1e-9, "{name}: {value}"));
}
