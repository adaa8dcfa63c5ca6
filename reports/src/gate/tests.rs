//! Gates over small made-up runs.

use super::*;
use crate::manifest::Manifest;
use crate::record::Record;
use crate::summary::Summary;
use crate::summary::comparison::{CompareOptions, Relation, Side};
use crate::testing::{manifest, outcome, window};

fn drawn(manifest: &Manifest, documents: usize) -> Summary {
    let dir = tempfile::tempdir().unwrap();
    let mut record = Record::open(dir.path(), manifest).unwrap();
    for model in manifest.models.keys() {
        for task in ["heb_snli", "heb_trans_flores", "probe_en", "probe_he"] {
            record.commit(&window(model, task, 0, 0, documents)).unwrap();
            record.finish_task(model, task, &outcome(model, task, documents), &[]).unwrap();
        }
    }
    Summary::draw(&record).unwrap()
}

fn rule(name: &str) -> Rule {
    Rule { name: name.to_owned(), level: 0.95, ..Rule::default() }
}

fn policy(rules: Vec<Rule>) -> Policy {
    Policy {
        baseline: None,
        candidates: Vec::new(),
        minimum_n: 0,
        required_tasks: Vec::new(),
        unscored_at_most: 0.0,
        rules,
    }
}

fn judged(
    policy: &Policy,
    new: &Summary,
    (alias, old): (&str, &Summary),
    baseline: &str,
) -> Report {
    policy.check().unwrap();
    let side = |summary, alias| Side { summary, alias, label: alias };
    let candidate = Candidate {
        model: side(new, alias),
        baseline: Some((side(old, baseline), Relation::Chosen)),
    };
    judge(policy, &[candidate], &CompareOptions::default())
}

/// cpt answers a sixth of heb_snli right that base does not, and nothing the other way.
fn verdict_of(rule: Rule, documents: usize) -> Verdict {
    let summary = drawn(&manifest(), documents);
    judged(&policy(vec![rule]), &summary, ("cpt", &summary), "base").verdict
}

#[test]
fn a_gain_is_shown_refuted_or_open() {
    let gain =
        |bound| Rule { task: Some("heb_snli".into()), at_least: Some(bound), ..rule("gain") };
    assert_eq!(verdict_of(gain(0.0), 60), Verdict::Go);
    assert_eq!(verdict_of(gain(60.0), 60), Verdict::NoGo);
    assert_eq!(verdict_of(gain(16.0), 60), Verdict::Inconclusive);
    let alone = |bound| Rule { judge: Judge::Estimate, ..gain(bound) };
    assert_eq!(verdict_of(alone(16.0), 60), Verdict::Go);
    assert_eq!(verdict_of(alone(17.0), 60), Verdict::NoGo);
    let open = Rule { judge: Judge::NotShown, ..gain(16.0) };
    assert_eq!(verdict_of(open, 60), Verdict::Go);
}

#[test]
fn too_little_evidence_is_never_go() {
    let gain = Rule { task: Some("heb_snli".into()), at_least: Some(0.0), ..rule("gain") };
    assert_eq!(verdict_of(Rule { minimum_n: Some(61), ..gain.clone() }, 60), Verdict::Inconclusive);
    // The gain is shown, however blind the test is to small ones; that it is at least 16 is not.
    let blind = Rule { detectable: Some(1.0), judge: Judge::NotShown, ..gain.clone() };
    assert_eq!(verdict_of(blind.clone(), 60), Verdict::Go);
    assert_eq!(
        verdict_of(Rule { at_least: Some(16.0), ..blind.clone() }, 60),
        Verdict::Inconclusive
    );
    assert_eq!(verdict_of(Rule { at_least: Some(60.0), ..blind }, 60), Verdict::NoGo);
    let absent = Rule { task: Some("heb_qa".into()), ..gain.clone() };
    assert_eq!(verdict_of(absent, 60), Verdict::Missing);
    let no_data = Rule { task: Some("heb_trans".into()), ..gain.clone() };
    assert_eq!(verdict_of(no_data, 60), Verdict::Missing);
    let group = Rule { task: None, every_task_of: Some("no-board".into()), ..gain.clone() };
    assert_eq!(verdict_of(group, 60), Verdict::Missing);
    // The translation is answered alike everywhere: there is no interval to judge by.
    let same = Rule { task: Some("heb_trans_flores".into()), judge: Judge::NotShown, ..gain };
    assert_eq!(verdict_of(same, 60), Verdict::Inconclusive);
}

#[test]
fn other_questions_are_incomparable() {
    let (new, mut changed) = (drawn(&manifest(), 60), manifest());
    changed.tasks["heb_snli"].data_digest = Some("other".to_owned());
    let old = drawn(&changed, 60);
    let gain = Rule { task: Some("heb_snli".into()), at_least: Some(0.0), ..rule("gain") };
    let average = Rule { task: None, group: Some("he-board".into()), ..gain.clone() };
    for rule in [gain, average] {
        let report = judged(&policy(vec![rule]), &new, ("cpt", &old), "base");
        assert_eq!(report.verdict, Verdict::Incomparable, "{report:#?}");
    }
}

#[test]
fn routing_measures_have_bounds_too() {
    let gap =
        |most| Rule { routing: Some("last_eighth_gap".into()), at_most: Some(most), ..rule("r") };
    // Hebrew reaches 7 of 16 experts in the last layers, which costs more than a bit.
    assert_eq!(verdict_of(gap(3.0), 12), Verdict::Go);
    assert_eq!(verdict_of(gap(0.5), 12), Verdict::NoGo);
    let change = Rule { measure: Some(Measure::Change), ..gap(3.0) };
    assert_eq!(verdict_of(change, 12), Verdict::Go);
    let other = Rule { languages: Some("ja/en".into()), ..gap(3.0) };
    assert_eq!(verdict_of(other, 12), Verdict::Missing);
    let share = Rule {
        routing: Some("shared_fraction".into()),
        at_least: Some(0.0),
        at_most: None,
        ..gap(0.0)
    };
    assert_eq!(verdict_of(share, 12), Verdict::Go);
    let backwards = Rule { measure: Some(Measure::Change), at_most: Some(3.0), ..gap(3.0) };
    let summary = drawn(&manifest(), 12);
    let report = judged(&policy(vec![backwards]), &summary, ("base", &summary), "cpt");
    assert_eq!(report.verdict, Verdict::Go, "not compared by the run, so not paired by row");
}

#[test]
fn models_without_routing_are_missing_not_go() {
    let mut manifest = manifest();
    manifest.models.values_mut().for_each(|model| model.router = None);
    let dir = tempfile::tempdir().unwrap();
    let record = Record::open(dir.path(), &manifest).unwrap();
    let summary = Summary::draw(&record).unwrap();
    let gap = Rule { routing: Some("gap".into()), at_most: Some(9.0), ..rule("gap") };
    let report = judged(&policy(vec![gap]), &summary, ("cpt", &summary), "base");
    assert_eq!(report.verdict, Verdict::Missing);
}

#[test]
fn supporting_rules_do_not_decide_and_required_tasks_do() {
    let summary = drawn(&manifest(), 60);
    let gain = Rule { task: Some("heb_snli".into()), at_least: Some(0.0), ..rule("gain") };
    let hope = Rule { tier: Tier::Supporting, at_least: Some(90.0), ..gain.clone() };
    let mut policy = policy(vec![gain, hope]);
    let find = |policy: &Policy| judged(policy, &summary, ("cpt", &summary), "base");
    assert_eq!(find(&policy).verdict, Verdict::Go);
    policy.required_tasks = vec!["heb_snli".into(), "heb_trans".into()];
    assert_eq!(find(&policy).verdict, Verdict::Missing);
    policy.required_tasks.pop();
    policy.minimum_n = 61;
    assert_eq!(find(&policy).verdict, Verdict::Inconclusive);
}

#[test]
fn without_a_baseline_a_gain_is_missing() {
    let summary = drawn(&manifest(), 60);
    let gain = Rule { task: Some("heb_snli".into()), at_least: Some(0.0), ..rule("gain") };
    let model = Side { summary: &summary, alias: "cpt", label: "cpt" };
    let candidate = Candidate { model, baseline: None };
    let options = CompareOptions::default();
    let report = judge(&policy(vec![gain.clone()]), &[candidate], &options);
    assert_eq!(report.verdict, Verdict::Missing);
    let value = Rule { measure: Some(Measure::Value), at_least: Some(40.0), ..gain };
    assert_eq!(judge(&policy(vec![value]), &[candidate], &options).verdict, Verdict::Go);
    assert_eq!(judge(&policy(Vec::new()), &[], &options).verdict, Verdict::Inconclusive);
}

#[test]
fn policies_that_make_no_sense_are_refused() {
    let whole = Rule { task: Some("a".into()), at_least: Some(0.0), ..rule("r") };
    let refused = |rule: Rule| policy(vec![rule]).check().unwrap_err().to_string();
    let cases = [
        (Rule { group: Some("g".into()), ..whole.clone() }, "exactly one of"),
        (Rule { task: None, ..whole.clone() }, "exactly one of"),
        (Rule { at_least: None, ..whole.clone() }, "at_least, at_most"),
        (Rule { at_least: Some(f64::NAN), ..whole.clone() }, "finite"),
        (Rule { at_most: Some(-1.0), ..whole.clone() }, "above at_most"),
        (Rule { level: 1.0, ..whole.clone() }, "0.95"),
        (Rule { task: None, routing: Some("gpa".into()), ..whole.clone() }, "last_eighth_gap"),
        (Rule { tier: Tier::Supporting, ..whole }, "nothing decides"),
    ];
    for (rule, words) in cases {
        let error = refused(rule);
        assert!(error.contains(words), "{error}");
    }
}

fn hostile_report() -> Report {
    let summary = drawn(&manifest(), 12);
    let name = "a ]]> <b> & \u{1b}[2J \u{0} | `x` @user שלום";
    let gain = Rule { task: Some("heb_snli".into()), at_least: Some(0.0), ..rule(name) };
    let never = Rule { at_least: Some(90.0), ..gain.clone() };
    let absent = Rule { task: Some(name.to_owned()), ..gain.clone() };
    let hope = Rule { tier: Tier::Supporting, ..never.clone() };
    let policy = policy(vec![gain, never, absent, hope]);
    judged(&policy, &summary, ("cpt", &summary), "base")
}

#[test]
fn junit_of_hostile_names() {
    let xml = junit_xml(&hostile_report()).unwrap();
    assert!(!xml.chars().any(|c| c.is_control() && c != '\n'), "{xml:?}");
    assert_eq!(schema::violations(&xml), Vec::<String>::new());
    insta::assert_snapshot!(xml);
}

#[test]
fn the_schema_is_strict() {
    let one = |xml: &str| schema::violations(xml);
    assert_eq!(one("<testsuites name='x' skipped='1'/>"), ["testsuites has no attribute skipped"]);
    assert_eq!(
        one("<testsuites><testcase name='a'/></testsuites>"),
        ["testsuites holds no testcase"]
    );
    let suite = "<testsuites><testsuite name='a' tests='1' failures='0'/></testsuites>";
    assert_eq!(one(suite), ["testsuite lacks errors"]);
}

#[test]
fn the_verdict_as_json() {
    let json = verdict_json(&hostile_report());
    assert_eq!((&json["verdict"], &json["exit_code"]), (&"NO-GO".into(), &3.into()));
    insta::assert_snapshot!(format!("{json:#}"));
}

#[test]
fn the_summary_of_hostile_names_is_text() {
    let text = step_summary(&hostile_report());
    assert!(!text.contains("<b>") && !text.contains('\u{1b}') && !text.contains("@user"), "{text}");
    let bars = |line: &str| line.replace(r"\|", "").matches('|').count();
    assert!(text.lines().filter(|l| l.starts_with('|')).all(|line| bars(line) == 6), "{text}");
    let table = verdict_table(&hostile_report(), 80, false);
    assert!(!table.contains('\u{1b}') && !table.contains('\u{0}'));
}

#[test]
fn a_long_summary_is_cut_with_a_note() {
    let one = hostile_report().candidates.remove(0);
    let report = Report { verdict: Verdict::NoGo, candidates: vec![one; 400] };
    let text = step_summary(&report);
    assert!(text.len() < 65_536 && text.contains("more checkpoints"), "{}", text.len());
}
