//! Data that are not as they should be: every mistake names its place.

use std::fs;
use std::path::Path;

use harness_tasks::data::Folder;
use harness_tasks::{PromptOptions, Registry, Task};

const TASK: &str = "task: t
dataset_path: o/d
test_split: test
output_type: multiple_choice
doc_to_text: 'Q: {{q}}'
doc_to_target: label
doc_to_choice: [a, b]
metadata: {row_id: id}
";

/// What becomes of a task on the rows of a file: the error, or the prompts.
fn outcome(yaml: &str, rows: &[u8]) -> Result<Vec<String>, String> {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("t.yaml"), yaml).unwrap();
    let split = folder.path().join("o/d/default");
    fs::create_dir_all(&split).unwrap();
    fs::write(split.join("test.jsonl"), rows).unwrap();
    let mut registry = Registry::builtin();
    registry.include(&folder.path().join("t.yaml")).unwrap();
    let task = registry.task("t").map_err(|error| error.to_string())?;
    ask(&task, folder.path()).map_err(|error| error.replace(&*folder.path().to_string_lossy(), ""))
}

fn ask(task: &Task, root: &Path) -> Result<Vec<String>, String> {
    let data = task.load(&Folder::new(root)).map_err(|error| error.to_string())?;
    task.check(&data).map_err(|error| error.to_string())?;
    let options = PromptOptions::default();
    let prompts = task.prompts(&data, &options).map_err(|error| error.to_string())?;
    let first = prompts.map(|instance| instance.map(|instance| format!("{:?}", instance.requests)));
    first.collect::<Result<_, _>>().map_err(|error| error.to_string())
}

fn refused(yaml: &str, rows: &str) -> String {
    outcome(yaml, rows.as_bytes()).expect_err("the data are broken")
}

#[test]
fn a_missing_column_names_file_row_and_column() {
    let error =
        refused(TASK, "{\"id\": 1, \"q\": \"x\", \"label\": 0}\n\n{\"id\": 2, \"label\": 1}\n");
    assert_eq!(
        error,
        "task t: /o/d/default/test.jsonl:3, document 1: column `q` is missing, which doc_to_text uses; the columns are id, label"
    );
    let error =
        refused(TASK, "{\"id\": 1, \"q\": \"x\", \"label\": 0}\n{\"id\": 2, \"q\": \"y\"}\n");
    assert_eq!(
        error,
        "/o/d/default/test.jsonl:2: column `label` is missing, which doc_to_target uses; the columns are id, q"
    );
    let error = refused(TASK, "{\"q\": \"x\", \"label\": 0}\n");
    assert!(error.contains("column `id` is missing, which metadata.row_id uses"), "{error}");
}

#[test]
fn labels_that_name_no_choice_are_refused() {
    for label in ["2", "-1", "\"c\"", "null", "\"1\""] {
        let error = refused(TASK, &format!("{{\"id\": 1, \"q\": \"x\", \"label\": {label}}}\n"));
        assert!(error.contains("test.jsonl:1, document 0: the right answer, "), "{error}");
        assert!(error.contains("is none of the 2 choices (positions count from 0)"), "{error}");
    }
}

#[test]
fn an_empty_split_is_no_accuracy() {
    assert_eq!(refused(TASK, "\n\n"), "o/d, split test: 0 documents");
}

#[test]
fn a_missing_dataset_says_how_to_get_it() {
    let missing = TASK.replace("o/d", "o/other");
    let error = refused(&missing, "{}\n");
    assert!(
        error.starts_with("no data for o/other, split test; looked for /o/other/default/test.*"),
        "{error}"
    );
}

#[test]
fn text_of_a_document_is_never_a_template() {
    let prompts =
        outcome(TASK, "{\"id\": 1, \"q\": \"{{ 7*7 }}{% raw %}\", \"label\": 0}\n".as_bytes())
            .unwrap();
    assert!(prompts[0].contains("Q: {{ 7*7 }}{% raw %}"), "{}", prompts[0]);
}

#[test]
fn more_shots_than_documents_are_refused() {
    let yaml = format!("{TASK}num_fewshot: 5\nfewshot_split: test\n");
    let error = refused(&yaml, "{\"id\": 1, \"q\": \"x\", \"label\": 0}\n");
    assert_eq!(
        error,
        "task t: 5 shots are asked for, but the pool of 1 documents gives 0; ask for fewer with --num-fewshot"
    );
}

#[test]
fn a_prompt_that_is_no_text_is_refused() {
    let yaml = "task: t\ndataset_path: o/d\ntest_split: test\ndoc_to_text: q\ndoc_to_target: a\n";
    let error = refused(yaml, "{\"q\": [1], \"a\": \"x\"}\n");
    assert!(error.contains("doc_to_text must give text, but gives [1]"), "{error}");
}

#[test]
fn functions_name_the_document_that_they_cannot_use() {
    let yaml = "task: t\ndataset_path: o/d\ntest_split: test\nprocess_docs: !function heb_lb.nli\ndoc_to_text: translation1\ndoc_to_target: label\n";
    let error = refused(yaml, "{\"translation1\": \"x\", \"original_label\": \"perhaps\"}\n");
    assert_eq!(
        error,
        "heb_lb.nli: /o/d/default/test.jsonl:1: column `original_label` must be one of entailment, neutral, contradiction, but is `perhaps`"
    );
}
