//! Whether a model gains over its tasks or moves what it can do from one to another.

use harness_metrics::scores::heterogeneity::{self, Heterogeneity};

use super::{TaskDifference, Verdict};
use crate::estimates::Unit;

/// How a model's differences to its baseline spread over tasks. Probes are left out.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Unevenness {
    /// Tasks that are better, after adjustment.
    pub better: Vec<String>,
    /// Tasks that are worse.
    pub worse: Vec<String>,
    /// Tasks shown to be the same within the margin.
    pub same: Vec<String>,
    /// Tasks of which neither was shown.
    pub undecided: Vec<String>,
    /// Sum of the positive differences of shares and points, on 0-100, decided or not.
    pub gained: f64,
    /// Sum of the negative ones, as a positive number.
    pub lost: f64,
    /// Cochran's Q of the differences on 0-100; `None` below two tasks with an error.
    pub heterogeneity: Option<Heterogeneity>,
}

/// What the verdicts on the tasks add up to.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Shape {
    /// Better on some tasks, worse on none.
    Broadens,
    /// Better on some, worse on others.
    Redistributes,
    /// Worse on some, better on none.
    Declines,
    /// No task is decided either way.
    Undecided,
}

impl Shape {
    /// The verb for a sentence.
    #[must_use]
    pub fn verb(self) -> &'static str {
        match self {
            Self::Broadens => "broadens",
            Self::Redistributes => "redistributes",
            Self::Declines => "declines",
            Self::Undecided => "does not show",
        }
    }
}

impl Unevenness {
    /// What the verdicts add up to.
    #[must_use]
    pub fn shape(&self) -> Shape {
        match (self.better.is_empty(), self.worse.is_empty()) {
            (false, true) => Shape::Broadens,
            (false, false) => Shape::Redistributes,
            (true, false) => Shape::Declines,
            (true, true) => Shape::Undecided,
        }
    }

    /// Tasks with a difference.
    #[must_use]
    pub fn tasks(&self) -> usize {
        self.better.len() + self.worse.len() + self.same.len() + self.undecided.len()
    }

    pub(super) fn of(tasks: &[TaskDifference]) -> Self {
        let mut found = Self::default();
        let (mut gains, mut errors, mut degrees) = (Vec::new(), Vec::new(), Vec::new());
        for task in tasks.iter().filter(|task| !task.probe) {
            let Ok(difference) = &task.outcome else { continue };
            let list = match difference.verdict {
                Verdict::Better => &mut found.better,
                Verdict::Worse => &mut found.worse,
                Verdict::Same => &mut found.same,
                Verdict::Undecided => &mut found.undecided,
            };
            list.push(task.task.clone());
            // A perplexity has no place on 0-100.
            if task.unit != Unit::Plain {
                let gain = task.unit.shown(difference.value());
                gains.push(if task.higher_is_better { gain } else { -gain });
                errors.extend(difference.working_error().map(|error| task.unit.shown(error)));
                degrees.push(difference.clusters as f64 - 1.0);
            }
        }
        found.gained = gains.iter().filter(|gain| **gain > 0.0).sum();
        found.lost = -gains.iter().filter(|gain| **gain < 0.0).sum::<f64>();
        found.heterogeneity = heterogeneity::heterogeneity(&gains, &errors, &degrees);
        found
    }
}
