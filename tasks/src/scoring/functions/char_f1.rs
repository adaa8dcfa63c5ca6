//! `char_f1.char_f1`: the likeness of two short answers, by characters.
//!
//! Source: llm-jp-eval 1.3.0 (`src/llm_jp_eval/evaluator.py`), which takes
//! rapidfuzz's `fuzz.token_sort_ratio`: words sorted, then 1 less the
//! insertions and deletions over the summed lengths. It is not an F1 of
//! multisets; the name is theirs.

use super::super::Unscored;
use crate::python::text::is_space;

/// The best likeness to any reference, in 0..=1; no reference gives 0.
pub(super) fn char_f1(references: &[String], prediction: &str) -> Result<f64, Unscored> {
    let answer = sorted_words(prediction);
    let alike = |reference: &String| likeness(&sorted_words(reference), &answer);
    Ok(references.iter().map(alike).fold(0.0, f64::max))
}

/// The words in code point order, joined by single spaces.
fn sorted_words(text: &str) -> Vec<char> {
    let mut words: Vec<&str> = text.split(is_space).filter(|word| !word.is_empty()).collect();
    words.sort_unstable();
    words.join(" ").chars().collect()
}

fn likeness(a: &[char], b: &[char]) -> f64 {
    let length = a.len() + b.len();
    if length == 0 {
        return 1.0;
    }
    let changes = length - 2 * common_subsequence(a, b);
    1.0 - changes as f64 / length as f64
}

/// The length of the longest common subsequence.
fn common_subsequence(a: &[char], b: &[char]) -> usize {
    let mut row = vec![0; b.len() + 1];
    for from in a {
        let mut diagonal = 0;
        for (j, to) in b.iter().enumerate() {
            let above = row[j + 1];
            row[j + 1] = if from == to { diagonal + 1 } else { above.max(row[j]) };
            diagonal = above;
        }
    }
    row[b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Values of rapidfuzz 3's `fuzz.token_sort_ratio(a, b) / 100`.
    #[test]
    fn equals_rapidfuzz() {
        let cases = [
            ("四年", "4年", 0.5),
            ("", "", 1.0),
            ("", "4年", 0.0),
            ("愛知県,岐阜県", "岐阜県,愛知県", 3.0 / 7.0),
            ("a  a b", "b a a", 1.0),
            ("NHK 紅白 歌合戦", "紅白歌合戦", 0.4),
            ("J・K・ローリング", "ローリング", 5.0 / 7.0),
        ];
        for (prediction, reference, expected) in cases {
            let score = char_f1(&[reference.to_owned()], prediction).unwrap();
            assert!((score - expected).abs() < 1e-12, "{prediction}, {reference}: {score}");
        }
    }

    #[test]
    fn the_best_reference_counts() {
        let references = ["十二か月".to_owned(), "12か月".to_owned()];
        assert_eq!(char_f1(&references, "12か月").unwrap(), 1.0);
        assert_eq!(char_f1(&[], "12か月").unwrap(), 0.0);
    }
}
