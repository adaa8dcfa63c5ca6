//! The verdict for machines.

use serde_json::{Value, json};

use super::verdict::{Report, Verdict};

/// Raised when a key changes its meaning.
const SCHEMA_VERSION: u32 = 1;

impl Verdict {
    /// The exit code of `harness gate`, which the file repeats because wrappers lose it: 0 GO, 3
    /// NO-GO, 4 not decided.
    #[must_use]
    pub fn exit_code(self) -> u8 {
        match self {
            Self::Go => 0,
            Self::NoGo => 3,
            Self::Inconclusive | Self::Incomparable | Self::Missing => 4,
        }
    }
}

/// The whole report: `{"schema_version", "verdict", "exit_code", "candidates": [{"model", "baseline",
/// "verdict", "findings": […]}]}`. No number in it is NaN or infinite.
#[must_use]
pub fn verdict_json(report: &Report) -> Value {
    json!({
        "schema_version": SCHEMA_VERSION,
        "verdict": report.verdict,
        "exit_code": report.verdict.exit_code(),
        "candidates": report.candidates,
    })
}
