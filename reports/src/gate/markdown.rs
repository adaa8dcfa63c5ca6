//! The verdict as Markdown, for a job's summary and for a comment.

use std::fmt::Write as _;

use super::policy::Tier;
use super::verdict::{CandidateReport, Report};
use crate::pages::markdown;

/// GitHub takes a summary of at most 1 MiB and a comment of at most 65,536 characters; the smaller
/// holds for both.
const LONGEST: usize = 60_000;

/// The verdict with a table a checkpoint. What does not fit is left out with a note.
#[must_use]
pub fn step_summary(report: &Report) -> String {
    let mut text = format!("## harness gate: {}\n", report.verdict);
    for (position, candidate) in report.candidates.iter().enumerate() {
        let part = table(candidate);
        if text.len() + part.len() > LONGEST {
            let left = report.candidates.len() - position;
            let _ = write!(text, "\n{left} more checkpoints are in the JSON verdict.\n");
            break;
        }
        text.push_str(&part);
    }
    text
}

fn table(candidate: &CandidateReport) -> String {
    let baseline = candidate.baseline.as_ref();
    let against = baseline.map_or_else(String::new, |name| format!(" against {}", markdown(name)));
    let mut text = format!(
        "\n### {}{against}: {}\n\n| verdict | rule | on | asked | found |\n|:--|:--|:--|:--|:--|\n",
        markdown(&candidate.model),
        candidate.verdict
    );
    for finding in &candidate.findings {
        let tier = if finding.tier == Tier::Supporting { " (supporting)" } else { "" };
        // Writing to a String cannot fail.
        let _ = writeln!(
            text,
            "| {}{tier} | {} | {} | {} | {} |",
            finding.verdict,
            markdown(&finding.rule),
            markdown(&finding.target),
            markdown(&finding.asks),
            markdown(&finding.reason)
        );
    }
    text
}
