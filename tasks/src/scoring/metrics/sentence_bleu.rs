//! BLEU of one sentence, as `sacrebleu.sentence_bleu` computes it by default.

use sacrebleu_rs::Bleu;

use crate::python::text::is_space;

/// Sentence BLEU in 0..=100: tokenizer 13a, exponential smoothing, effective
/// order, case kept (sacreBLEU 2.6). The Hebrew leaderboard's translation
/// score is its mean over sentences, not a corpus BLEU.
#[must_use]
pub fn sentence_bleu(references: &[String], prediction: &str) -> f64 {
    let bleu = Bleu { effective_order: true, ..Bleu::default() };
    let references: Vec<String> = references.iter().map(|text| python_spaces(text)).collect();
    bleu.sentence_score(&python_spaces(prediction), &references).score
}

/// The text with Python's four extra white-space characters, U+001C to
/// U+001F, as spaces: sacreBLEU's tokenizers split there, `sacrebleu-rs` does not.
pub(crate) fn python_spaces(text: &str) -> String {
    text.chars().map(|c| if is_space(c) && !c.is_whitespace() { ' ' } else { c }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Values of sacrebleu 2.6.0's `sentence_bleu`.
    #[test]
    fn equals_sacrebleu() {
        let cases = [
            ("the cat sat on the mat", "the cat sat on the mat", 100.0),
            ("the cat", "the cat sat on the mat", 13.533528323661276),
            ("ממשלת ישראל אישרה, היום.", "ממשלת ישראל אישרה היום את התקציב.", 29.05925408079185),
            ("completely different", "nothing alike at all", 0.0),
        ];
        for (prediction, reference, expected) in cases {
            let score = sentence_bleu(&[reference.to_owned()], prediction);
            assert!((score - expected).abs() < 1e-9, "{prediction}: {score}");
        }
    }
}
