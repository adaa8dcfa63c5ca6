//! The verdict in a terminal.

use super::policy::Tier;
use super::verdict::{CandidateReport, Finding, Report, Verdict};
use crate::pages::terminal_safe;
use crate::terminal::layout::{dense_table, note, title};

/// A table a checkpoint, at most `width` columns wide, and below it why rules did not hold.
#[must_use]
pub fn verdict_table(report: &Report, width: usize, color: bool) -> String {
    let mut parts: Vec<String> =
        report.candidates.iter().map(|candidate| one(candidate, width, color)).collect();
    parts.push(title(&format!("gate: {}", report.verdict), color));
    parts.join("\n\n")
}

fn one(candidate: &CandidateReport, width: usize, color: bool) -> String {
    let against =
        candidate.baseline.as_ref().map_or_else(String::new, |name| format!(" against {name}"));
    let name = format!("{}{against}: {}", candidate.model, candidate.verdict);
    let header = ["rule", "on", "found", "verdict"].map(str::to_owned);
    let rows: Vec<Vec<String>> = candidate.findings.iter().map(row).collect();
    let mut lines = vec![title(&name, color), dense_table(&header, &rows, 2, width)];
    let broken = candidate.findings.iter().filter(|finding| finding.verdict != Verdict::Go);
    lines.extend(broken.map(|finding| note(&terminal_safe(&reason(finding)), width)));
    lines.join("\n")
}

fn row(finding: &Finding) -> Vec<String> {
    let found = finding.observed.as_ref().map_or_else(
        || "–".to_owned(),
        |seen| {
            use crate::pages::format::fixed;
            let value = fixed(seen.value, seen.digits);
            match (seen.low, seen.high) {
                (Some(low), Some(high)) => {
                    format!("{value} ({} to {})", fixed(low, seen.digits), fixed(high, seen.digits))
                }
                _ => value,
            }
        },
    );
    let tier = if finding.tier == Tier::Supporting { " *" } else { "" };
    let verdict = format!("{}{tier}", finding.verdict);
    vec![finding.rule.clone(), finding.target.clone(), found, verdict]
}

fn reason(finding: &Finding) -> String {
    let tier = if finding.tier == Tier::Supporting { " (supporting, does not decide)" } else { "" };
    format!(
        "{}{tier}: {}, {}. Asked: {}. Found: {}.",
        finding.verdict, finding.rule, finding.target, finding.asks, finding.reason
    )
}
