//! The verdict as JUnit XML, which build servers show: a suite a checkpoint, a case a finding.
//!
//! A critical NO-GO is a failure and a critical finding without evidence is an error, so that both
//! stop a build; supporting ones are skipped cases with their message.

use quick_junit::{NonSuccessKind, Report as Junit, TestCase, TestCaseStatus, TestSuite};

use super::policy::Tier;
use super::verdict::{CandidateReport, Finding, Report, Verdict};
use crate::pages::ReportError;

/// JUnit XML after the schema of Jenkins' xUnit plugin. Characters that XML forbids are left out.
///
/// # Errors
/// When the text cannot be built, which is a fault of this program.
pub fn junit_xml(report: &Report) -> Result<String, ReportError> {
    let mut junit = Junit::new("harness gate");
    junit.add_test_suites(report.candidates.iter().map(suite));
    let text = junit.to_string().map_err(|error| ReportError::Build(error.to_string()))?;
    Ok(without_root_skipped(&text))
}

/// The schema counts skipped cases in suites and has no place for them at the root.
fn without_root_skipped(xml: &str) -> String {
    let Some(start) = xml.find("<testsuites ") else { return xml.to_owned() };
    let end = xml[start..].find('>').map_or(xml.len(), |end| start + end);
    let root = &xml[start..end];
    let kept: Vec<&str> =
        root.split(' ').filter(|attribute| !attribute.starts_with("skipped=")).collect();
    format!("{}{}{}", &xml[..start], kept.join(" "), &xml[end..])
}

fn suite(candidate: &CandidateReport) -> TestSuite {
    let name = match &candidate.baseline {
        Some(baseline) => format!("{} against {baseline}", candidate.model),
        None => candidate.model.clone(),
    };
    let mut suite = TestSuite::new(name);
    suite.add_test_cases(candidate.findings.iter().map(|finding| case(candidate, finding)));
    suite
}

fn case(candidate: &CandidateReport, finding: &Finding) -> TestCase {
    let mut case = TestCase::new(format!("{}: {}", finding.rule, finding.target), status(finding));
    case.set_classname(format!("harness.gate.{}", candidate.model));
    case
}

fn status(finding: &Finding) -> TestCaseStatus {
    let mut status = match (finding.verdict, finding.tier) {
        (Verdict::Go, _) => return TestCaseStatus::success(),
        (_, Tier::Supporting) => TestCaseStatus::skipped(),
        (Verdict::NoGo, Tier::Critical) => TestCaseStatus::non_success(NonSuccessKind::Failure),
        (_, Tier::Critical) => TestCaseStatus::non_success(NonSuccessKind::Error),
    };
    status.set_type(finding.verdict.to_string());
    status.set_message(format!("{}: {}", finding.verdict, finding.reason));
    status.set_description(format!("asked: {}\nfound: {}", finding.asks, finding.reason));
    status
}
