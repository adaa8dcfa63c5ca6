//! The policy file.

use serde::{Deserialize, Serialize};
use thiserror::Error;

use super::routing::ROUTING_METRICS;

/// What a checkpoint must show to pass.
///
/// ```toml
/// minimum_n = 100
/// required_tasks = ["heb_lb_snli"]
///
/// [[rule]]
/// name = "the Hebrew average rises"
/// group = "he-leaderboard"
/// at_least = 0.0
/// ```
#[derive(Clone, PartialEq, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Policy {
    /// The model that candidates are compared with; each one's `compare_to`, then its parent, where
    /// absent.
    pub baseline: Option<String>,
    /// Models to judge; every model that has a baseline where absent.
    #[serde(default)]
    pub candidates: Vec<String>,
    /// With fewer documents a rule is INCONCLUSIVE.
    #[serde(default)]
    pub minimum_n: usize,
    /// Tasks that must have scores.
    #[serde(default)]
    pub required_tasks: Vec<String>,
    /// Share of a required task's documents that may be unscored.
    #[serde(default)]
    pub unscored_at_most: f64,
    /// The rules.
    #[serde(default, rename = "rule")]
    pub rules: Vec<Rule>,
}

/// A bound on one number, or on one number a task.
#[derive(Clone, PartialEq, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rule {
    /// For readers.
    pub name: String,
    /// Whether it decides.
    #[serde(default)]
    pub tier: Tier,
    /// A task's headline metric.
    pub task: Option<String>,
    /// The headline metric of each task of a group, by itself.
    pub every_task_of: Option<String>,
    /// A group's average.
    pub group: Option<String>,
    /// The average of a category of tasks.
    pub category: Option<String>,
    /// A routing measure, one of [`ROUTING_METRICS`].
    pub routing: Option<String>,
    /// `he/en`: the languages of a routing measure; needed where a run has several pairs.
    pub languages: Option<String>,
    /// What is bounded; a gain for scores and a value for routing where absent.
    pub measure: Option<Measure>,
    /// Lower bound, shares and points on 0-100.
    pub at_least: Option<f64>,
    /// Upper bound.
    pub at_most: Option<f64>,
    /// What of the number must keep the bound.
    #[serde(default)]
    pub judge: Judge,
    /// Coverage of the interval; of all of them together for `every_task_of`.
    #[serde(default = "default_level")]
    pub level: f64,
    /// A rule that holds without its whole interval keeping the bound is INCONCLUSIVE where a true
    /// difference of this size would not be noticed in four of five cases.
    pub detectable: Option<f64>,
    /// In place of the policy's.
    pub minimum_n: Option<usize>,
}

fn default_level() -> f64 {
    0.95
}

/// Whether a rule decides.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Tier {
    /// It decides.
    #[default]
    Critical,
    /// It is shown.
    Supporting,
}

/// What a rule bounds.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Measure {
    /// The checkpoint's own number.
    Value,
    /// The checkpoint's score minus the baseline's on the same documents, turned so that more is
    /// better.
    Gain,
    /// The checkpoint's number minus the baseline's, as it is.
    Change,
}

/// What of a number must keep a bound.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Judge {
    /// The whole interval: GO when it keeps the bound, NO-GO when it lies wholly beyond, else
    /// INCONCLUSIVE.
    #[default]
    Interval,
    /// The number alone.
    Estimate,
    /// NO-GO only when it is shown, by the whole interval, that the bound is broken.
    NotShown,
}

/// A policy that cannot be applied.
#[derive(Clone, PartialEq, Eq, Debug, Error)]
#[error("rule `{rule}`: {reason}")]
pub struct PolicyError {
    /// The rule, or `policy`.
    pub rule: String,
    /// What is wrong and what would be right.
    pub reason: String,
}

impl Policy {
    /// Checks what the file's grammar cannot: one subject and a bound a rule, known measures, at
    /// least one rule that decides.
    ///
    /// # Errors
    /// The first mistake.
    pub fn check(&self) -> Result<(), PolicyError> {
        let fail = |reason: &str| {
            Err(PolicyError { rule: "policy".to_owned(), reason: reason.to_owned() })
        };
        if !(0.0..=1.0).contains(&self.unscored_at_most) {
            return fail("unscored_at_most is a share from 0 to 1");
        }
        let decides = self.rules.iter().any(|rule| rule.tier == Tier::Critical);
        if !decides && self.required_tasks.is_empty() {
            return fail("nothing decides; give a [[rule]] of tier \"critical\" or required_tasks");
        }
        self.rules.iter().try_for_each(Rule::check)
    }
}

impl Rule {
    fn check(&self) -> Result<(), PolicyError> {
        let fail = |reason: String| Err(PolicyError { rule: self.name.clone(), reason });
        let subjects =
            [&self.task, &self.every_task_of, &self.group, &self.category, &self.routing];
        if subjects.iter().filter(|subject| subject.is_some()).count() != 1 {
            return fail(
                "give exactly one of task, every_task_of, group, category, routing".into(),
            );
        }
        if let Some(name) = self.routing.as_deref().filter(|n| !ROUTING_METRICS.contains(n)) {
            return fail(format!(
                "no routing measure `{name}`; there is {}",
                ROUTING_METRICS.join(", ")
            ));
        }
        if self.routing.is_some() && self.measure == Some(Measure::Gain) {
            return fail(
                "routing has no better direction; use measure \"value\" or \"change\"".into(),
            );
        }
        if self.languages.is_some() && self.routing.is_none() {
            return fail("languages is for routing measures".into());
        }
        self.check_numbers()
    }

    fn check_numbers(&self) -> Result<(), PolicyError> {
        let fail =
            |reason: &str| Err(PolicyError { rule: self.name.clone(), reason: reason.to_owned() });
        let bounds = [self.at_least, self.at_most];
        if bounds == [None, None] {
            return fail("give at_least, at_most or both");
        }
        if bounds.iter().chain([&self.detectable]).flatten().any(|bound| !bound.is_finite()) {
            return fail("bounds are finite numbers");
        }
        if matches!(bounds, [Some(least), Some(most)] if least > most) {
            return fail("at_least is above at_most");
        }
        if !(0.5..1.0).contains(&self.level) {
            return fail("level is a coverage from 0.5 to below 1, such as 0.95");
        }
        Ok(())
    }

    /// What is bounded.
    pub(super) fn measure(&self) -> Measure {
        let default = if self.routing.is_some() { Measure::Value } else { Measure::Gain };
        self.measure.unwrap_or(default)
    }

    /// The rule in words.
    pub(super) fn asks(&self) -> String {
        let what = match self.measure() {
            Measure::Value => "value",
            Measure::Gain => "gain over the baseline",
            Measure::Change => "change from the baseline",
        };
        let bounds = match (self.at_least, self.at_most) {
            (Some(least), Some(most)) => format!("from {least} to {most}"),
            (Some(least), None) => format!("of at least {least}"),
            (None, Some(most)) => format!("of at most {most}"),
            (None, None) => String::new(),
        };
        let how = match self.judge {
            Judge::Interval => "shown by the interval",
            Judge::Estimate => "by the number alone",
            Judge::NotShown => "unless the contrary is shown",
        };
        format!("{what} {bounds}, {how}")
    }
}
