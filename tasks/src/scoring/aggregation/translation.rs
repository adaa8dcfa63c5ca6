//! Corpus BLEU and TER through sacreBLEU's port.
//!
//! Both follow from sums over segments, so each segment is measured once, a
//! bootstrap replicate only adds numbers, and the record keeps the numbers.

use harness_metrics::scores::{Formula, SufficientStatistics};
use rayon::prelude::*;
use sacrebleu_rs::{Bleu, Ter};
use serde_json::Value;

use super::super::metrics::sentence_bleu::python_spaces;
use super::prepare::Pairs;
use super::tokenizer::Cutter;
use super::{Statistic, Tokenizer};

/// Hypotheses, each with the same number of references.
pub(super) struct Segments {
    pub(super) hypotheses: Vec<String>,
    pub(super) references: Vec<Vec<String>>,
}

impl Segments {
    /// As upstream, every hypothesis keeps as many references as the one
    /// with the fewest has.
    pub(super) fn new(pairs: &Pairs<'_>) -> Result<Self, String> {
        let mut references: Vec<Vec<String>> =
            pairs.iter().map(|(gold, _)| texts(gold)).collect::<Result<_, _>>()?;
        let count = references.iter().map(Vec::len).min().unwrap_or(0);
        if count == 0 && !references.is_empty() {
            return Err("a document has no reference text".to_owned());
        }
        references.iter_mut().for_each(|several| several.truncate(count));
        let hypotheses =
            pairs.iter().map(|(_, prediction)| only_text(prediction)).collect::<Result<_, _>>()?;
        Ok(Self { hypotheses, references })
    }

    pub(super) fn measure<T: Send>(&self, of: impl Fn(&str, &[String]) -> T + Sync) -> Vec<T> {
        let pairs = self.hypotheses.par_iter().zip(&self.references);
        pairs.map(|(hypothesis, references)| of(hypothesis, references)).collect()
    }

    /// References a segment, as signatures count them.
    pub(super) fn reference_count(&self) -> i64 {
        self.references.first().map_or(1, |several| several.len() as i64)
    }
}

fn texts(gold: &Value) -> Result<Vec<String>, String> {
    let text = |value: &Value| {
        value.as_str().map(python_spaces).ok_or_else(|| format!("{value} is no reference text"))
    };
    match gold {
        Value::Array(several) => several.iter().map(text).collect(),
        one => Ok(vec![text(one)?]),
    }
}

fn only_text(prediction: &Value) -> Result<String, String> {
    let one = match prediction {
        Value::Array(several) if several.len() == 1 => &several[0],
        other => other,
    };
    one.as_str()
        .map(python_spaces)
        .ok_or_else(|| format!("{one} is no generated text; end the filters with take_first"))
}

/// A number that follows from sums over segments, and how sacreBLEU signs it.
pub(super) struct Signed {
    statistics: SufficientStatistics,
    signature: String,
}

impl Signed {
    pub(super) fn new(formula: Formula, rows: Vec<Vec<f64>>, signature: String) -> Self {
        let statistics = SufficientStatistics { formula, classes: Vec::new(), rows };
        Self { statistics, signature }
    }
}

impl Statistic for Signed {
    fn len(&self) -> usize {
        self.statistics.rows.len()
    }

    fn of(&self, chosen: &[usize]) -> Option<f64> {
        self.statistics.score_of(chosen.iter().copied())
    }

    fn signature(&self) -> Option<String> {
        Some(self.signature.clone())
    }

    fn sufficient(&self) -> Option<SufficientStatistics> {
        Some(self.statistics.clone())
    }
}

/// Corpus BLEU. Fails where the tokenizer needs what is not installed.
pub(super) fn bleu(segments: &Segments, tokenizer: Tokenizer) -> Result<Signed, String> {
    let cutter = Cutter::new(tokenizer).map_err(ToString::to_string)?;
    let bleu = Bleu { tokenize: cutter.tokenizer().to_owned(), ..Bleu::default() };
    let rows = segments.measure(|hypothesis, references| {
        let references: Vec<String> =
            references.iter().map(|text| cutter.cut(text).into_owned()).collect();
        let score = bleu.sentence_score(&cutter.cut(hypothesis), &references);
        let counts = score.counts.into_iter().chain(score.totals);
        counts.chain([score.sys_len, score.ref_len]).map(|count| count as f64).collect()
    });
    let signature = cutter.sign(&bleu.signature(segments.reference_count()));
    Ok(Signed::new(Formula::Bleu, rows, signature))
}

/// Translation edit rate: edits and mean reference length of each segment.
pub(super) fn ter(segments: &Segments) -> Signed {
    let ter = Ter::default();
    let rows = segments.measure(|hypothesis, references| {
        let score = ter.sentence_score(hypothesis, references);
        vec![score.num_edits as f64, score.ref_length]
    });
    Signed::new(Formula::Ter, rows, ter.signature(segments.reference_count()))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    fn segments(pairs: &[(Value, Value)]) -> Result<Segments, String> {
        Segments::new(&pairs.iter().map(|(gold, prediction)| (gold, prediction)).collect())
    }

    proptest! {
        #[test]
        fn sums_over_segments_equal_the_corpus(texts in prop::collection::vec(("[ab ,.]{0,12}", "[ab ,.]{0,12}"), 1..8)) {
            let pairs: Vec<_> = texts.iter().map(|(gold, prediction)| (json!(gold), json!(prediction))).collect();
            let segments = segments(&pairs).unwrap();
            let stream: Vec<String> = texts.iter().map(|(gold, _)| gold.clone()).collect();
            let bleu = Bleu::default().corpus_score(&segments.hypotheses, std::slice::from_ref(&stream)).score;
            prop_assert_eq!(super::bleu(&segments, Tokenizer::V13a).unwrap().of_all(), Some(bleu));
            let ter = Ter::default().corpus_score(&segments.hypotheses, &[stream]).score;
            prop_assert_eq!(super::ter(&segments).of_all(), Some(ter));
        }
    }

    #[test]
    fn references_are_cut_to_the_fewest_and_signed() {
        let pairs = [(json!(["a b", "c"]), json!("a b")), (json!(["d"]), json!(["d"]))];
        let segments = segments(&pairs).unwrap();
        assert_eq!(segments.references, [["a b"], ["d"]]);
        let signature = bleu(&segments, Tokenizer::Char).unwrap().signature().unwrap();
        assert_eq!(signature, "nrefs:1|case:mixed|eff:no|tok:char|smooth:exp|version:2.6.0");
    }

    #[test]
    fn what_is_no_text_is_refused() {
        assert!(segments(&[(json!([]), json!("a"))]).err().unwrap().contains("no reference"));
        assert!(segments(&[(json!("a"), json!(["a", "b"]))]).err().unwrap().contains("take_first"));
    }
}
