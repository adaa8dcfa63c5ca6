//! What a gate says.

use std::fmt;

use serde::Serialize;

use super::policy::Tier;

/// The outcome of a rule, of a checkpoint, or of a whole gate; later ones prevail when joined.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize)]
pub enum Verdict {
    /// The rule holds.
    #[serde(rename = "GO")]
    Go,
    /// The evidence does not decide.
    #[serde(rename = "INCONCLUSIVE")]
    Inconclusive,
    /// What the rule is about was not measured.
    #[serde(rename = "MISSING")]
    Missing,
    /// Checkpoint and baseline answered different questions.
    #[serde(rename = "INCOMPARABLE")]
    Incomparable,
    /// The rule is broken.
    #[serde(rename = "NO-GO")]
    NoGo,
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Go => "GO",
            Self::NoGo => "NO-GO",
            Self::Inconclusive => "INCONCLUSIVE",
            Self::Incomparable => "INCOMPARABLE",
            Self::Missing => "MISSING",
        })
    }
}

/// What a rule looked at, shares and points on 0-100, other metrics in their unit.
#[derive(Clone, PartialEq, Debug, Default, Serialize)]
pub struct Observed {
    /// The number that the rule bounds.
    pub value: f64,
    /// Lower end of its interval.
    pub low: Option<f64>,
    /// Upper end of its interval.
    pub high: Option<f64>,
    /// Coverage of the interval.
    pub level: f64,
    /// Documents, or rows of parallel text.
    pub n: usize,
    /// Two-sided p-value of a difference from 0, where the number is a difference.
    pub p: Option<f64>,
    /// The smallest true difference found in four of five cases.
    pub detectable: Option<f64>,
    /// Decimals that make sense for it.
    #[serde(skip)]
    pub digits: usize,
}

/// One rule on one target.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct Finding {
    /// Name of the rule.
    pub rule: String,
    /// Whether it decides.
    pub tier: Tier,
    /// Task, group, category or routing metric.
    pub target: String,
    /// What the rule asks for, in words: `gain of at least 0.0, by the interval`.
    pub asks: String,
    /// Whether it holds.
    pub verdict: Verdict,
    /// Why, from the numbers.
    pub reason: String,
    /// The numbers; `None` where there are none.
    pub observed: Option<Observed>,
}

/// A checkpoint's verdict.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct CandidateReport {
    /// The checkpoint.
    pub model: String,
    /// What it is compared with, where something is.
    pub baseline: Option<String>,
    /// From its critical findings.
    pub verdict: Verdict,
    /// Every finding, in the policy's order.
    pub findings: Vec<Finding>,
}

/// What a gate found.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct Report {
    /// The worst of the checkpoints' verdicts.
    pub verdict: Verdict,
    /// A report a checkpoint.
    pub candidates: Vec<CandidateReport>,
}

impl CandidateReport {
    /// Joins findings: supporting ones are shown and do not decide. Without a critical finding
    /// nothing was decided.
    pub(super) fn of(model: &str, baseline: Option<&str>, findings: Vec<Finding>) -> Self {
        let critical = findings.iter().filter(|finding| finding.tier == Tier::Critical);
        Self {
            model: model.to_owned(),
            baseline: baseline.map(str::to_owned),
            verdict: critical.map(|f| f.verdict).max().unwrap_or(Verdict::Inconclusive),
            findings,
        }
    }
}

impl Report {
    /// The worst verdict of the candidates; nothing judged is nothing decided.
    pub(super) fn of(candidates: Vec<CandidateReport>) -> Self {
        let verdict = candidates.iter().map(|candidate| candidate.verdict).max();
        Self { verdict: verdict.unwrap_or(Verdict::Inconclusive), candidates }
    }
}

impl Observed {
    /// `+2.3 (95 % interval 0.4 to 4.2, n 240, p 0.02, detectable 3.1)`.
    pub(super) fn text(&self) -> String {
        use crate::pages::format::fixed;
        let mut notes = Vec::new();
        if let (Some(low), Some(high)) = (self.low, self.high) {
            let level = format!("{:.1}", 100.0 * self.level);
            notes.push(format!(
                "{} % interval {} to {}",
                level.trim_end_matches(".0"),
                fixed(low, self.digits),
                fixed(high, self.digits)
            ));
        }
        notes.push(format!("n {}", self.n));
        notes.extend(self.p.map(|p| format!("p {}", crate::pages::differences_view::p_value(p))));
        notes.extend(self.detectable.map(|d| format!("detectable {}", fixed(d, self.digits))));
        format!("{} ({})", fixed(self.value, self.digits), notes.join(", "))
    }
}
