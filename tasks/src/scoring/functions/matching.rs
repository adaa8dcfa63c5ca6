//! `matching.acc` and `matching.first_word_acc`: a generated label against its word.
//!
//! The Hebrew leaderboard's code is not public; equality after its authors'
//! normalisation, of the first line, is our reading of it.

use super::super::Unscored;
use super::super::metrics::normalize::normalized_answer;
use crate::python::text::strip;

/// 1 if the first line equals any reference, both normalised.
pub(super) fn acc(references: &[String], prediction: &str) -> Result<f64, Unscored> {
    let first_line = strip(prediction).lines().next().unwrap_or("");
    any_equal(references, &normalized_answer(first_line)?)
}

/// 1 if the first word of the first line equals any reference, both normalised.
pub(super) fn first_word_acc(references: &[String], prediction: &str) -> Result<f64, Unscored> {
    let first_line = strip(prediction).lines().next().unwrap_or("");
    let normalized = normalized_answer(first_line)?;
    any_equal(references, normalized.split(' ').next().unwrap_or(""))
}

fn any_equal(references: &[String], answer: &str) -> Result<f64, Unscored> {
    for reference in references {
        if normalized_answer(reference)? == answer {
            return Ok(1.0);
        }
    }
    Ok(0.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn normalised_first_lines_are_compared() {
        let gold = ["היסק".to_owned()];
        assert_eq!(acc(&gold, " היסק.\nועוד").unwrap(), 1.0);
        assert_eq!(acc(&gold, "היסק כי").unwrap(), 0.0);
        assert_eq!(first_word_acc(&gold, "היסק, כי").unwrap(), 1.0);
        assert_eq!(first_word_acc(&gold, "סתירה").unwrap(), 0.0);
        assert_eq!(acc(&gold, "").unwrap(), 0.0);
    }
}
