//! Rules applied.

use super::observe::{self, Sight};
use super::policy::{Judge, Policy, Rule, Tier};
use super::routing;
use super::verdict::{CandidateReport, Finding, Observed, Report, Verdict};
use crate::summary::comparison::{CompareOptions, Comparison, Relation, Side, compare};
use crate::summary::{Cell, CellState, Summary};

/// A checkpoint to judge, and what it is compared with.
#[derive(Clone, Copy, Debug)]
pub struct Candidate<'a> {
    /// The checkpoint.
    pub model: Side<'a>,
    /// Its baseline and why that.
    pub baseline: Option<(Side<'a>, Relation)>,
}

/// Judges every candidate by itself: how many are judged at once changes no verdict.
#[must_use]
pub fn judge(policy: &Policy, candidates: &[Candidate<'_>], options: &CompareOptions) -> Report {
    Report::of(candidates.iter().map(|candidate| one(policy, *candidate, options)).collect())
}

fn one(policy: &Policy, candidate: Candidate<'_>, options: &CompareOptions) -> CandidateReport {
    let mut bench = Bench { candidate, options, comparisons: Vec::new() };
    let required = policy.required_tasks.iter().map(|task| required(policy, task, candidate.model));
    let mut findings: Vec<Finding> = required.collect();
    for rule in &policy.rules {
        findings.extend(bench.apply(policy, rule));
    }
    let baseline = candidate.baseline.map(|(side, _)| side.label);
    CandidateReport::of(candidate.model.label, baseline, findings)
}

/// A required task must have scores, of enough documents, of nearly all of them.
fn required(policy: &Policy, task: &str, side: Side<'_>) -> Finding {
    let cell = side.summary.cell(side.alias, task);
    let (verdict, reason) = match cell.map(|cell| (&cell.state, cell)) {
        None => (Verdict::Missing, "it is not part of the run".to_owned()),
        Some((CellState::Missing(reason), _)) => (Verdict::Missing, format!("no data: {reason}")),
        Some((CellState::Failed(reason), _)) => (Verdict::Missing, format!("it failed: {reason}")),
        Some((CellState::Unfinished, _)) => (Verdict::Missing, "it is unfinished".to_owned()),
        Some((CellState::Scored, cell)) => enough(policy, cell),
    };
    Finding {
        rule: "required task".to_owned(),
        tier: Tier::Critical,
        target: task.to_owned(),
        asks: "scores".to_owned(),
        verdict,
        reason,
        observed: None,
    }
}

fn enough(policy: &Policy, cell: &Cell) -> (Verdict, String) {
    let (all, unscored) = (cell.documents, cell.unscored_documents());
    let scored = all - unscored.min(all);
    let counts = format!("{scored} of {all} documents have a score");
    if scored == 0 || unscored as f64 > policy.unscored_at_most * all as f64 {
        return (Verdict::Missing, format!("{counts}; {unscored} are unscored"));
    }
    if scored < policy.minimum_n {
        return (Verdict::Inconclusive, format!("{counts}, and {} are needed", policy.minimum_n));
    }
    (Verdict::Go, counts)
}

/// A candidate with the comparisons made so far, one a level.
struct Bench<'a> {
    candidate: Candidate<'a>,
    options: &'a CompareOptions,
    comparisons: Vec<(f64, Comparison)>,
}

impl Bench<'_> {
    fn apply(&mut self, policy: &Policy, rule: &Rule) -> Vec<Finding> {
        let targets = self.targets(rule);
        if targets.is_empty() {
            let group = rule.every_task_of.as_deref().unwrap_or_default();
            let reason = format!("no group `{group}` is part of the run");
            return vec![finding(rule, group, Err((Verdict::Missing, reason)), 0)];
        }
        // The intervals of all targets together cover with the rule's level (Bonferroni).
        let level = 1.0 - (1.0 - rule.level) / targets.len() as f64;
        let least = rule.minimum_n.unwrap_or(policy.minimum_n);
        let judged = targets
            .iter()
            .map(|target| finding(rule, target, self.see(rule, target, level), least));
        judged.collect()
    }

    /// The one subject of a rule, or each task of a group with stand-ins in place of what is missing.
    fn targets(&self, rule: &Rule) -> Vec<String> {
        let Some(group) = &rule.every_task_of else {
            let subjects = [&rule.task, &rule.group, &rule.category, &rule.routing];
            return subjects.into_iter().flatten().cloned().collect();
        };
        tasks_of(self.candidate.model.summary, self.candidate.model.alias, group)
    }

    fn see(&mut self, rule: &Rule, target: &str, level: f64) -> Sight {
        let (new, old) = (self.candidate.model, self.candidate.baseline.map(|(side, _)| side));
        if rule.routing.is_some() {
            return routing::observe(rule, target, new, old);
        }
        let comparison = self.comparison(level);
        let run = new.summary;
        match (&rule.group, &rule.category) {
            (Some(_), _) => observe::average(
                rule,
                target,
                run.averages(new.alias),
                comparison.map(|c| c.averages.as_slice()),
            ),
            (_, Some(_)) => observe::average(
                rule,
                target,
                run.categories(new.alias),
                comparison.map(|c| c.categories.as_slice()),
            ),
            _ => observe::task(rule, target, new, comparison),
        }
    }

    /// The comparison with intervals of that level; `None` without a baseline.
    fn comparison(&mut self, level: f64) -> Option<&Comparison> {
        let (old, relation) = self.candidate.baseline?;
        let known = self.comparisons.iter().position(|(other, _)| *other == level);
        let position = known.unwrap_or(self.comparisons.len());
        if known.is_none() {
            let mut options = self.options.clone();
            options.resampling.level = level;
            let pair = (old, self.candidate.model, relation);
            self.comparisons.extend(compare(&[pair], &options).pop().map(|found| (level, found)));
        }
        self.comparisons.get(position).map(|(_, found)| found)
    }
}

fn tasks_of(summary: &Summary, alias: &str, group: &str) -> Vec<String> {
    let Some(found) = summary.manifest.groups.iter().find(|other| other.name == group) else {
        return Vec::new();
    };
    let is_scored =
        |task: &str| summary.cell(alias, task).is_some_and(|cell| cell.state == CellState::Scored);
    let in_place = |task: &String| match found.stand_ins.get(task) {
        Some(other) if !is_scored(task) && is_scored(other) => other.clone(),
        _ => task.clone(),
    };
    found.tasks.iter().map(in_place).collect()
}

fn finding(rule: &Rule, target: &str, seen: Sight, least: usize) -> Finding {
    let (verdict, reason, observed) = match seen {
        Err((verdict, reason)) => (verdict, reason, None),
        Ok(observed) => {
            let (verdict, reason) = decide(rule, &observed, least);
            (verdict, reason, Some(observed))
        }
    };
    Finding {
        rule: rule.name.clone(),
        tier: rule.tier,
        target: target.to_owned(),
        asks: rule.asks(),
        verdict,
        reason,
        observed,
    }
}

fn decide(rule: &Rule, seen: &Observed, least: usize) -> (Verdict, String) {
    let text = seen.text();
    if seen.n < least {
        return (Verdict::Inconclusive, format!("{text}: {least} documents are needed"));
    }
    let interval = seen.low.zip(seen.high);
    let (verdict, reason) = match (rule.judge, interval) {
        (Judge::Estimate, _) if keeps(rule, seen.value) => (Verdict::Go, text),
        (Judge::Estimate, _) => (Verdict::NoGo, text),
        (_, Some(ends)) => by_interval(rule, ends, text),
        (_, None) => (Verdict::Inconclusive, format!("{text}: there is no interval")),
    };
    // What is shown is shown; only what was merely not found must have been able to be found.
    let is_shown = interval.is_some_and(|(low, high)| keeps(rule, low) && keeps(rule, high));
    let blind = rule.detectable.zip(seen.detectable).filter(|(limit, found)| found > limit);
    match blind {
        Some((limit, found)) if verdict == Verdict::Go && !is_shown => {
            let found = crate::pages::format::fixed(found, seen.digits);
            let why =
                format!("a true difference of {limit} could go unnoticed, only {found} would show");
            (Verdict::Inconclusive, format!("{reason}: {why}"))
        }
        _ => (verdict, reason),
    }
}

fn by_interval(rule: &Rule, (low, high): (f64, f64), text: String) -> (Verdict, String) {
    let below = rule.at_least.is_some_and(|least| high < least - ROUNDING);
    let above = rule.at_most.is_some_and(|most| low > most + ROUNDING);
    if below || above {
        return (Verdict::NoGo, text);
    }
    if rule.judge == Judge::NotShown || (keeps(rule, low) && keeps(rule, high)) {
        return (Verdict::Go, text);
    }
    (Verdict::Inconclusive, format!("{text}: the interval reaches over the bound"))
}

/// Sums in another order end in other last digits, which may not turn a verdict.
const ROUNDING: f64 = 1e-9;

fn keeps(rule: &Rule, value: f64) -> bool {
    rule.at_least.is_none_or(|least| value >= least - ROUNDING)
        && rule.at_most.is_none_or(|most| value <= most + ROUNDING)
}
