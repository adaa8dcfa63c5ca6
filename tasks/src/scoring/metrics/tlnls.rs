//! TLNLS: token-level normalised Levenshtein similarity, HeQ's metric.
//!
//! Source: "HeQ: a Large and Diverse Hebrew Reading Comprehension Benchmark"
//! (Cohen et al. 2023) and google-research/mrl_eval
//! `evaluation/metrics_utils.py`. For each token of the reference the most
//! similar token of the prediction counts, and the sum is divided by the
//! larger number of tokens. It is not symmetric, and a token of the
//! prediction may count several times.
//!
//! A prediction that is at least half digits is scored by SQuAD's token F1
//! instead (some revisions of that file ask this of the references too).

use super::super::Unscored;
use super::normalize::squad_tokens;

/// The best TLNLS of a prediction against any reference, in 0..=1; no
/// reference gives 0.
///
/// The corpus score is the mean times 100.
///
/// # Errors
/// [`Unscored`] if the search for articles had to be given up.
pub fn tlnls(references: &[String], prediction: &str) -> Result<f64, Unscored> {
    let tokens = squad_tokens(prediction)?;
    let by_overlap = half_digits(prediction);
    let mut best = 0.0;
    for reference in references {
        let reference = squad_tokens(reference)?;
        let score = if by_overlap {
            token_f1(&reference, &tokens)
        } else {
            similarity(&reference, &tokens)
        };
        best = f64::max(best, score);
    }
    Ok(best)
}

/// TLNLS of tokens. Where the reference divides zero by zero, because both
/// are empty, this is 1.
fn similarity(reference: &[String], prediction: &[String]) -> f64 {
    let longer = reference.len().max(prediction.len());
    if longer == 0 {
        return 1.0;
    }
    let best =
        |token: &String| prediction.iter().map(|other| alike(other, token)).fold(0.0, f64::max);
    reference.iter().map(best).sum::<f64>() / longer as f64
}

/// 1 less the Levenshtein distance over the longer length, in code points.
fn alike(a: &str, b: &str) -> f64 {
    let a: Vec<char> = a.chars().collect();
    let b: Vec<char> = b.chars().collect();
    1.0 - levenshtein(&a, &b) as f64 / a.len().max(b.len()) as f64
}

fn levenshtein(a: &[char], b: &[char]) -> usize {
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, from) in a.iter().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, to) in b.iter().enumerate() {
            let substituted = diagonal + usize::from(from != to);
            diagonal = row[j + 1];
            row[j + 1] = substituted.min(row[j] + 1).min(diagonal + 1);
        }
    }
    row[b.len()]
}

/// SQuAD's token F1 by multiset overlap, in 0..=1.
#[must_use]
pub fn token_f1(reference: &[String], prediction: &[String]) -> f64 {
    let mut left: Vec<&String> = reference.iter().collect();
    let mut shared = 0;
    for token in prediction {
        if let Some(at) = left.iter().position(|other| *other == token) {
            left.swap_remove(at);
            shared += 1;
        }
    }
    if shared == 0 {
        return 0.0;
    }
    let precision = f64::from(shared) / prediction.len() as f64;
    let recall = f64::from(shared) / reference.len() as f64;
    2.0 * (precision * recall) / (precision + recall + 1e-13)
}

/// Whether at least half of the characters are digits to `str.isdigit`;
/// holds for the empty text.
fn half_digits(text: &str) -> bool {
    let digits = text.chars().filter(|&c| is_digit(c)).count();
    2 * digits >= text.chars().count()
}

/// `str.isdigit`: decimal digits of every script, and the digits that are
/// not decimal, such as superscripts (Unicode's `Numeric_Type=Digit`).
fn is_digit(c: char) -> bool {
    const NOT_DECIMAL: [(u32, u32); 20] = [
        (0xb2, 0xb3),
        (0xb9, 0xb9),
        (0x1369, 0x1371),
        (0x19da, 0x19da),
        (0x2070, 0x2070),
        (0x2074, 0x2079),
        (0x2080, 0x2089),
        (0x2460, 0x2468),
        (0x2474, 0x247c),
        (0x2488, 0x2490),
        (0x24ea, 0x24ea),
        (0x24f5, 0x24fd),
        (0x24ff, 0x24ff),
        (0x2776, 0x277e),
        (0x2780, 0x2788),
        (0x278a, 0x2792),
        (0x10a40, 0x10a43),
        (0x10e60, 0x10e68),
        (0x11052, 0x1105a),
        (0x1f100, 0x1f10a),
    ];
    let code = u32::from(c);
    c.is_ascii_digit()
        || NOT_DECIMAL.iter().any(|&(low, high)| (low..=high).contains(&code))
        || is_decimal(c)
}

fn is_decimal(c: char) -> bool {
    static DECIMAL: std::sync::LazyLock<regex::Regex> = std::sync::LazyLock::new(|| {
        regex::Regex::new(r"^\d$").expect("a fixed pattern, compiled by a test")
    });
    !c.is_ascii() && DECIMAL.is_match(c.encode_utf8(&mut [0; 4]))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn score(reference: &str, prediction: &str) -> f64 {
        tlnls(&[reference.to_owned()], prediction).unwrap()
    }

    /// The table of the HeQ paper: prediction, reference, score.
    #[test]
    fn the_papers_examples() {
        let table = [
            ("ב-MusicaNeto", "MusicaNeto", 10.0 / 11.0),
            ("לסלבריטאים", "סלבריטאים", 0.9),
            ("המוזיאון", "מוזיאון", 0.875),
            ("ביתינו", "בית", 0.5),
        ];
        for (prediction, reference, expected) in table {
            assert!((score(reference, prediction) - expected).abs() < 1e-12, "{prediction}");
            assert_eq!(
                token_f1(&squad_tokens(reference).unwrap(), &squad_tokens(prediction).unwrap()),
                0.0
            );
        }
    }

    #[test]
    fn it_is_not_symmetric_and_divides_by_the_longer() {
        assert_eq!(score("בית בית", "בית"), 1.0);
        assert_eq!(score("בית", "בית גדול"), 0.5);
        assert_eq!(score("dog", "the dog, a cat"), 0.5);
    }

    #[test]
    fn digits_are_scored_by_overlap() {
        assert_eq!(score("1947", "1948"), 0.0);
        assert!((score("בשנת 1948", "1948") - 2.0 / 3.0).abs() < 1e-9);
        assert!((score("1948", "בשנת 1948") - 0.5).abs() < 1e-12);
        assert!(half_digits("٣٤a²b"));
        assert!(!half_digits("½ab"));
    }

    #[test]
    fn emptiness_is_defined() {
        assert_eq!(score("בית", "?!"), 0.0);
        assert_eq!(score("בית", ""), 0.0);
        assert_eq!(score("...", "?!"), 1.0);
        assert_eq!(score("...", ""), 0.0);
        assert_eq!(score("the", "בית"), 0.0);
        assert_eq!(tlnls(&[], "בית").unwrap(), 0.0);
    }

    #[test]
    fn the_best_reference_counts() {
        let references = ["שלום".to_owned(), "בית".to_owned()];
        assert_eq!(tlnls(&references, "בית").unwrap(), 1.0);
    }
}
