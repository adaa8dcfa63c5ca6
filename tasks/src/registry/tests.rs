//! Names that users type.

use std::fs;

use super::*;

const TASK: &str = "dataset_path: o/d\ntest_split: test\ndoc_to_text: q\ndoc_to_target: a\n";

fn registry(files: &[(&str, &str)]) -> Registry {
    let folder = tempfile::tempdir().unwrap();
    for (path, text) in files {
        let path = folder.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    let mut registry = Registry::builtin();
    assert_eq!(registry.include(folder.path()).unwrap(), files.len());
    registry
}

fn names(selection: &Selection) -> Vec<&str> {
    selection.tasks.iter().map(|task| task.name()).collect()
}

#[test]
fn every_compiled_in_file_is_right() {
    let problems = Registry::builtin().problems();
    let texts: Vec<String> = problems.iter().map(|(_, errors)| errors.to_string()).collect();
    assert!(texts.is_empty(), "{}", texts.join("\n"));
}

#[test]
fn every_group_can_be_selected() {
    let registry = Registry::builtin();
    for name in registry.group_names() {
        let selection = registry.select(&[name]).unwrap();
        assert!(!selection.tasks.is_empty(), "{name}");
        for task in selection.groups.iter().flat_map(|group| group.stand_ins.keys()) {
            assert!(names(&selection).contains(&task.as_str()), "{name}: {task}");
        }
    }
}

#[test]
fn the_hebrew_leaderboard_has_its_six_tasks() {
    let selection = Registry::builtin().select(&["he-leaderboard"]).unwrap();
    assert_eq!(
        names(&selection),
        [
            "heb_lb_snli",
            "heb_lb_heq",
            "heb_lb_sentiment",
            "heb_lb_winograd",
            "heb_lb_translation",
            "heb_lb_trivia"
        ]
    );
    let group = &selection.groups[0];
    assert_eq!(group.stand_ins["heb_lb_translation"], "heb_lb_trans_flores");
    assert_eq!(group.routing_probe, ["flores200_he", "flores200_en"]);
}

#[test]
fn unknown_names_suggest_what_is_alike() {
    let error = Registry::builtin().select(&["he-leaderbord"]).unwrap_err();
    assert_eq!(
        error.to_string(),
        "there is no task, group or tag `he-leaderbord`; did you mean `he-leaderboard`? (`harness tasks list` shows all)"
    );
    assert!(Registry::builtin().select(&["zzz*"]).is_err());
}

#[test]
fn stars_and_repeats_select_each_task_once() {
    let selection = Registry::builtin().select(&["ntrex128_*", "ntrex128_he"]).unwrap();
    assert_eq!(names(&selection), ["ntrex128_en", "ntrex128_he", "ntrex128_ja"]);
}

#[test]
fn groups_nest_change_and_define_tasks() {
    let (a, b) = (format!("task: a\ntag: t\n{TASK}"), format!("task: b\ntag: [t]\n{TASK}"));
    let group = "group: g\ntask:\n  - {task: a, num_fewshot: 3}\n  - group: inner\n    group_alias: Inner\n    task: [t2]\n  - {task: own, dataset_path: o/x, test_split: test, doc_to_text: q, doc_to_target: a}\n";
    let c = format!("task: c\ntag: t2\n{TASK}");
    let registry = registry(&[("a.yaml", &a), ("x/b.yaml", &b), ("c.yaml", &c), ("g.yaml", group)]);
    let selection = registry.select(&["g"]).unwrap();
    assert_eq!(names(&selection), ["a", "c", "g::own"]);
    assert_eq!(selection.tasks[0].num_fewshot(), 3);
    assert_eq!(selection.groups[1].name, "g::inner");
    assert_eq!(
        (selection.groups[0].groups[0].as_str(), selection.groups[1].tasks[0].as_str()),
        ("g::inner", "c")
    );
    assert_eq!(names(&registry.select(&["t"]).unwrap()), ["a", "b"]);
    let error = registry.select(&["a", "g"]).unwrap_err();
    assert!(error.to_string().contains("`a` is selected twice"), "{error}");
}

#[test]
fn groups_set_keys_of_their_members() {
    let (a, b) = (format!("task: a\n{TASK}"), format!("task: b\n{TASK}"));
    let group = "group: g\nnum_fewshot: 2\ndescription: d\ntask:\n  - a\n  - {task: b, num_fewshot: 4}\n  - {task: own, dataset_path: o/x, test_split: test, doc_to_text: q, doc_to_target: a}\n";
    let registry = registry(&[("a.yaml", &a), ("b.yaml", &b), ("g.yaml", group)]);
    let selection = registry.select(&["g"]).unwrap();
    let shots: Vec<_> = selection.tasks.iter().map(|task| task.num_fewshot()).collect();
    assert_eq!((names(&selection), shots), (vec!["a", "b", "g::own"], vec![2, 4, 2]));
    assert!(selection.tasks.iter().all(|task| task.task_config().description == "d"));
}

#[test]
fn groups_that_lead_nowhere_are_named() {
    let registry = registry(&[
        ("g.yaml", "group: g\ntask: [heb_lb_snly]\n"),
        ("h.yaml", "group: h\ntask: [h]\n"),
        ("i.yaml", "group: i\ntask: [heb_lb_snli]\nmetadata: {routing_probe: [flores]}\n"),
    ]);
    let error = registry.select(&["g"]).unwrap_err().to_string();
    assert!(error.starts_with("group `g`, task: there is no task, group or tag `heb_lb_snly`; did you mean `heb_lb_snli`"), "{error}");
    assert!(registry.select(&["h"]).unwrap_err().to_string().contains("contains itself"));
    assert!(registry.select(&["i"]).unwrap_err().to_string().contains("routing_probe"));
}

#[test]
fn included_files_win_and_their_mistakes_wait() {
    let good = format!("task: heb_lb_snli\n{TASK}");
    let registry = registry(&[
        ("snli.yaml", &good),
        ("bad.yaml", "task: bad\n  x: 1\n"),
        ("worse.yaml", "task: worse\nprocess_docs: !function utils.f\nfoo: 1\n"),
    ]);
    assert_eq!(registry.task("heb_lb_snli").unwrap().num_fewshot(), 0);
    let bad = registry.select(&["bad"]).unwrap_err().to_string();
    assert!(bad.contains("bad.yaml:2: not valid YAML"), "{bad}");
    let worse = registry.select(&["worse"]).unwrap_err().to_string();
    assert!(worse.contains("worse.yaml:3: unknown key `foo`"), "{worse}");
    let problems = registry.problems();
    assert_eq!(
        problems.iter().filter(|(_, errors)| !errors.to_string().contains("library")).count(),
        2
    );
}

#[test]
fn functions_and_templates_are_checked_with_their_lines() {
    let registry = registry(&[(
        "f.yaml",
        "task: f\ndataset_path: o/d\ntest_split: test\nprocess_docs: !function utils.f\ndoc_to_text: |\n  a\n  {{ b\ndoc_to_target: a\n",
    )]);
    let error = registry.select(&["f"]).unwrap_err().to_string();
    let lines: Vec<&str> = error.lines().collect();
    assert!(
        lines[0].contains("f.yaml:5: key `doc_to_text`: template line 2: syntax error"),
        "{error}"
    );
    assert!(lines[1].contains("f.yaml:4: key `process_docs`: there is no function `utils.f`; Python functions are not run"), "{error}");
}
