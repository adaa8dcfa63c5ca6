//! Scores that are functions of sums over documents.
//!
//! A mean is Σ score / Σ 1; bits per byte are Σ log-likelihood / Σ bytes; corpus BLEU is a function
//! of n-gram matches and totals. Each document contributes a short row of numbers, and the score of
//! any choice of documents follows from the sums of their rows, so a bootstrap only adds.

use serde::{Deserialize, Serialize};

use super::Clusters;

/// How sums over documents become a score.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Formula {
    /// `[Σ score, documents]`: the mean.
    Mean,
    /// `[Σ log-likelihood (natural), words or bytes]`: exp(−ratio), lm-eval's perplexities.
    Perplexity,
    /// `[Σ log-likelihood (natural), bytes]`: −ratio / ln 2.
    BitsPerByte,
    /// `[matches of 1- to 4-grams, totals of 1- to 4-grams, length, reference length]`: corpus
    /// BLEU on 0-100 with sacreBLEU's exponential smoothing (Papineni et al. 2002; Post 2018).
    Bleu,
    /// `[hypothesis, reference, matching n-grams]` of each order: chrF with β = 2 on 0-100, mean
    /// precision and recall over orders (Popović 2015).
    Chrf,
    /// `[edits, reference length]`: translation edit rate, times 100 (Snover et al. 2006).
    Ter,
    /// `[gold, predicted, both]` of the positive class: F1, 0 where the class occurs nowhere
    /// (scikit-learn's `f1_score`, as the other averages of F1).
    F1,
    /// `[gold, predicted, both]` of each class: mean F1 of the classes that occur.
    MacroF1,
    /// `[gold, predicted, both]` of each class: F1 weighted by the documents of the gold class.
    WeightedF1,
    /// `[gold, predicted, both]` of each class: the share of documents that are right.
    MicroF1,
    /// `[gold, predicted, both]` of each class: Matthews' correlation in its multi-class form
    /// (Gorodkin 2004), 0 where a side has one class.
    Matthews,
}

impl Formula {
    /// The score of these sums; `None` where there is none (no document, no byte) or where the
    /// row has another length than the formula's.
    #[must_use]
    pub fn of(self, sums: &[f64]) -> Option<f64> {
        let score = match (self, sums) {
            (Self::Mean, [sum, count]) if *count > 0.0 => sum / count,
            (Self::Perplexity, [sum, weight]) if *weight > 0.0 => (-sum / weight).exp(),
            (Self::BitsPerByte, [sum, weight]) if *weight > 0.0 => {
                -sum / weight / std::f64::consts::LN_2
            }
            (Self::Bleu, sums) if sums.len() == 10 => bleu(sums),
            (Self::Chrf, sums) if !sums.is_empty() && sums.len().is_multiple_of(3) => chrf(sums),
            (Self::Ter, [edits, length]) => ter(*edits, *length),
            (Self::F1, [gold, predicted, both]) => f1(*gold, *predicted, *both),
            (Self::MacroF1 | Self::WeightedF1 | Self::MicroF1 | Self::Matthews, sums) => {
                of_classes(self, sums)?
            }
            _ => return None,
        };
        score.is_finite().then_some(score)
    }
}

/// sacreBLEU's `compute_bleu` with `smooth_method="exp"` and four orders, step by step so that the
/// last digit agrees too: the k-th order without a match counts as 1/2ᵏ of a match.
fn bleu(sums: &[f64]) -> f64 {
    let (matches, totals, length, reference) = (&sums[..4], &sums[4..8], sums[8], sums[9]);
    if matches.iter().all(|matches| *matches == 0.0) || totals.contains(&0.0) {
        return 0.0;
    }
    let mut smoothing = 1.0;
    let mut logarithms = 0.0;
    for (matches, total) in matches.iter().zip(totals) {
        let per_cent = if *matches == 0.0 {
            smoothing *= 2.0;
            100.0 / (smoothing * total)
        } else {
            100.0 * matches / total
        };
        logarithms += per_cent.ln();
    }
    let brevity = if length < reference { (1.0 - reference / length).exp() } else { 1.0 };
    brevity * (logarithms / 4.0).exp()
}

/// sacreBLEU's chrF: orders that occur on both sides enter the means; recall weighs β² = 4. The
/// order of operations is sacreBLEU's: a last digit decides between references that tie.
fn chrf(sums: &[f64]) -> f64 {
    let (mut precision, mut recall, mut orders) = (0.0, 0.0, 0.0);
    for order in sums.chunks_exact(3).filter(|order| order[0] > 0.0 && order[1] > 0.0) {
        precision += order[2] / order[0];
        recall += order[2] / order[1];
        orders += 1.0;
    }
    if precision + recall == 0.0 {
        return 0.0;
    }
    let (precision, recall) = (precision / orders, recall / orders);
    let score = (1.0 + 4.0) * precision * recall / (4.0 * precision + recall);
    100.0 * score
}

/// 0 where the class occurs nowhere, as `zero_division="warn"`.
fn f1(gold: f64, predicted: f64, both: f64) -> f64 {
    let total = gold + predicted;
    if total == 0.0 { 0.0 } else { 2.0 * both / total }
}

/// `None` of no document and where the sums are no triples.
fn of_classes(formula: Formula, sums: &[f64]) -> Option<f64> {
    let (classes, rest) = sums.as_chunks::<3>();
    let documents: f64 = classes.iter().map(|[gold, ..]| gold).sum();
    let right: f64 = classes.iter().map(|[_, _, both]| both).sum();
    if !rest.is_empty() || documents == 0.0 {
        return None;
    }
    let scores = classes.iter().map(|[gold, predicted, both]| f1(*gold, *predicted, *both));
    Some(match formula {
        Formula::MacroF1 => {
            let present = classes.iter().filter(|[gold, predicted, _]| gold + predicted > 0.0);
            scores.sum::<f64>() / present.count() as f64
        }
        Formula::WeightedF1 => {
            let weighted = scores.zip(classes).map(|(score, [gold, ..])| score * gold);
            weighted.sum::<f64>() / documents
        }
        Formula::Matthews => matthews(classes, documents, right),
        _ => right / documents,
    })
}

fn matthews(classes: &[[f64; 3]], documents: f64, right: f64) -> f64 {
    let dot = |product: fn(&[f64; 3]) -> f64| classes.iter().map(product).sum::<f64>();
    let of_both = right * documents - dot(|[gold, predicted, _]| gold * predicted);
    let of_gold = documents * documents - dot(|[gold, ..]| gold * gold);
    let of_predicted = documents * documents - dot(|[_, predicted, _]| predicted * predicted);
    let product = of_gold * of_predicted;
    if product == 0.0 { 0.0 } else { of_both / product.sqrt() }
}

/// 100 for edits of no words, as sacreBLEU has it.
fn ter(edits: f64, length: f64) -> f64 {
    let rate = if length > 0.0 { edits / length } else { f64::from(u8::from(edits > 0.0)) };
    100.0 * rate
}

/// Sums of the documents' rows over each cluster, `[clusters][row]`. `None` when rows differ in
/// length or in number from the documents.
#[must_use]
pub fn cluster_rows(rows: &[Vec<f64>], clusters: &Clusters) -> Option<Vec<Vec<f64>>> {
    let width = rows.first()?.len();
    if rows.len() != clusters.documents() || rows.iter().any(|row| row.len() != width) {
        return None;
    }
    let sum = |documents: &[usize]| {
        let mut sums = vec![0.0; width];
        documents.iter().for_each(|&document| add(&mut sums, &rows[document], 1.0));
        sums
    };
    Some(clusters.iter().map(sum).collect())
}

/// Adds `times` a row to sums.
pub(super) fn add(sums: &mut [f64], row: &[f64], times: f64) {
    sums.iter_mut().zip(row).for_each(|(sum, x)| *sum += times * x);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ratios() {
        assert_eq!(Formula::Mean.of(&[3.0, 4.0]), Some(0.75));
        assert_eq!(Formula::BitsPerByte.of(&[-8.0 * std::f64::consts::LN_2, 4.0]), Some(2.0));
        assert!((Formula::Perplexity.of(&[-6.0, 4.0]).unwrap() - 1.5_f64.exp()).abs() < 1e-12);
        assert_eq!((Formula::Mean.of(&[0.0, 0.0]), Formula::Mean.of(&[1.0])), (None, None));
    }

    /// sacreBLEU 2.6: `compute_bleu([9, 5, 2, 0], [12, 11, 10, 9], 12, 14, "exp")`.
    #[test]
    fn bleu_smooths_as_sacrebleu() {
        let sums = [9.0, 5.0, 2.0, 0.0, 12.0, 11.0, 10.0, 9.0, 12.0, 14.0];
        let expected =
            ((0.75_f64 * 5.0 / 11.0 * 0.2 / 18.0).ln() / 4.0).exp() * (-1.0_f64 / 6.0).exp();
        assert!((Formula::Bleu.of(&sums).unwrap() - 100.0 * expected).abs() < 1e-9);
        assert_eq!(Formula::Bleu.of(&[0.0; 10]), Some(0.0));
        assert_eq!(Formula::Bleu.of(&[1.0; 4]), None);
    }

    #[test]
    fn chrf_and_ter() {
        assert_eq!(Formula::Chrf.of(&[4.0, 4.0, 4.0, 3.0, 3.0, 3.0]), Some(100.0));
        let half = Formula::Chrf.of(&[4.0, 4.0, 2.0, 0.0, 3.0, 0.0]).unwrap();
        assert!((half - 50.0).abs() < 1e-12, "an order of one side is left out");
        assert_eq!(Formula::Chrf.of(&[0.0, 2.0, 0.0]), Some(0.0));
        assert_eq!(Formula::Ter.of(&[3.0, 12.0]), Some(25.0));
        assert_eq!(Formula::Ter.of(&[3.0, 0.0]), Some(100.0));
    }

    /// Values of scikit-learn's `f1_score` and `matthews_corrcoef` of gold 0 0 1 2 2 2 and
    /// predictions 0 1 1 1 2 2.
    #[test]
    fn classes() {
        let sums = [2.0, 1.0, 1.0, 1.0, 3.0, 1.0, 3.0, 2.0, 2.0];
        let of = |formula: Formula| formula.of(&sums).unwrap();
        assert!((of(Formula::MacroF1) - (2.0 / 3.0 + 0.5 + 0.8) / 3.0).abs() < 1e-12);
        assert!((of(Formula::WeightedF1) - (4.0 / 3.0 + 0.5 + 2.4) / 6.0).abs() < 1e-12);
        assert!((of(Formula::MicroF1) - 4.0 / 6.0).abs() < 1e-12);
        assert!((of(Formula::Matthews) - 13.0 / 22.0).abs() < 1e-12, "{}", of(Formula::Matthews));
        assert_eq!(Formula::F1.of(&[3.0, 2.0, 2.0]), Some(0.8));
        assert_eq!(Formula::F1.of(&[0.0; 3]), Some(0.0));
        assert_eq!(Formula::Matthews.of(&[3.0, 2.0, 2.0, 0.0, 1.0, 0.0]), Some(0.0));
        assert_eq!((Formula::MacroF1.of(&[0.0; 3]), Formula::MicroF1.of(&[1.0])), (None, None));
    }

    #[test]
    fn rows_add_up_by_cluster() {
        let clusters = Clusters::from_labels(["a", "b", "a"]);
        let rows = [vec![1.0, 10.0], vec![2.0, 20.0], vec![4.0, 40.0]];
        assert_eq!(cluster_rows(&rows, &clusters).unwrap(), [[5.0, 50.0], [2.0, 20.0]]);
        assert_eq!(cluster_rows(&rows[..2], &clusters), None);
    }
}
