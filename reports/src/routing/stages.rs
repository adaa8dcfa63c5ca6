//! What training changed: a checkpoint against the one that it is compared with, on the same rows.

use harness_metrics::routing::layers::{self, Part};
use harness_metrics::routing::{collapse, usage};
use harness_metrics::{Estimate, PairMeasure, RoutingShape, SideMeasure};
use serde::{Serialize, Serializer};
use serde_json::json;

use super::curve::{Curve, Measured};
use super::study::{CorpusMeasured, LanguageMeasured};

/// A stage of training against its base, for two languages of one corpus.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct StageComparison {
    /// The parallel text.
    pub corpus: String,
    /// The later checkpoint.
    pub stage: String,
    /// The one it is compared with.
    pub base: String,
    /// First language.
    pub a: String,
    /// Second language.
    pub b: String,
    /// Rows that both read; every number is paired by row.
    pub rows: usize,
    /// What has to be known about the comparison: other routers, other rows. Empty for two
    /// checkpoints of one network.
    pub notes: Vec<String>,
    /// Changes by part of the network.
    pub changes: Vec<Change>,
    /// Changes by layer; empty where layers do not correspond.
    pub curves: Vec<(Quantity, Curve)>,
    /// What the stage repaired of its base's collapse.
    pub remediation: Vec<Remediation>,
}

/// What changes.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Quantity {
    /// Usage entropy of the first language.
    EntropyA,
    /// Usage entropy of the second language.
    EntropyB,
    /// Gini coefficient of the first language.
    GiniA,
    /// Gini coefficient of the second language.
    GiniB,
    /// Usage entropy gap, second minus first.
    Gap,
    /// Shared fraction over (layer, expert).
    Shared,
    /// Cosine of activation rates.
    Cosine,
}

impl Quantity {
    /// Every quantity.
    pub const ALL: [Self; 7] = [
        Self::EntropyA,
        Self::EntropyB,
        Self::GiniA,
        Self::GiniB,
        Self::Gap,
        Self::Shared,
        Self::Cosine,
    ];

    /// The name for readers, `a` and `b` being the languages.
    #[must_use]
    pub fn title(self, a: &str, b: &str) -> String {
        match self {
            Self::EntropyA => format!("usage entropy, {a}"),
            Self::EntropyB => format!("usage entropy, {b}"),
            Self::GiniA => format!("Gini, {a}"),
            Self::GiniB => format!("Gini, {b}"),
            Self::Gap => format!("entropy gap, {b} − {a}"),
            Self::Shared => "shared fraction".to_owned(),
            Self::Cosine => "cosine".to_owned(),
        }
    }

    fn is_entropy(self) -> bool {
        matches!(self, Self::EntropyA | Self::EntropyB | Self::Gap)
    }
}

/// Stage minus base, mean over a part of the layers.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct Change {
    /// What.
    pub quantity: Quantity,
    /// Where.
    pub part: Part,
    /// How much, bits for entropies.
    pub change: Estimate,
}

/// 1 − collapse(stage) / collapse(base): 1 is all repaired, 0 nothing, below 0 worse.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct Remediation {
    /// Whose collapse: a language's, or its excess over the second language.
    pub of: String,
    /// The base's collapse index, bits.
    pub base: Estimate,
    /// The stage's, bits.
    pub stage: Estimate,
    /// The share repaired, or why there is none.
    #[serde(serialize_with = "share_or_reason")]
    pub share: Result<Estimate, String>,
}

/// An estimate, or `{"state": "undefined", "reason": …}`.
fn share_or_reason<S: Serializer>(
    share: &Result<Estimate, String>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    match share {
        Ok(estimate) => estimate.serialize(serializer),
        Err(reason) => json!({"state": "undefined", "reason": reason}).serialize(serializer),
    }
}

/// Compares; `None` when either lacks the pair of languages or their rows differ.
pub(crate) fn compare(
    stage: &CorpusMeasured,
    base: &CorpusMeasured,
    (a, b): (usize, usize),
) -> Option<StageComparison> {
    let sides = [stage, base].map(|model| Sides::of(model, (a, b)));
    let [Some(ours), Some(theirs)] = sides else { return None };
    let mut comparison = StageComparison {
        corpus: stage.corpus.clone(),
        stage: stage.model.clone(),
        base: base.model.clone(),
        a: ours.a.language.clone(),
        b: ours.b.language.clone(),
        rows: stage.rows.len(),
        notes: Vec::new(),
        changes: Vec::new(),
        curves: Vec::new(),
        remediation: Vec::new(),
    };
    if stage.rows != base.rows {
        comparison.notes.push("the two read different rows, so nothing is compared".to_owned());
        return Some(comparison);
    }
    comparison.notes.extend(mismatch(stage.shape, base.shape));
    comparison.changes = changes(&ours, &theirs);
    if stage.shape == base.shape {
        comparison.curves = curves(&ours, &theirs);
    }
    comparison.remediation = remediations(&ours, &theirs);
    Some(comparison)
}

fn mismatch(stage: RoutingShape, base: RoutingShape) -> Vec<String> {
    let mut notes = Vec::new();
    if stage.layers != base.layers {
        notes.push(format!(
            "{} MoE layers against {}: layers do not correspond, so parts of equal relative depth are compared",
            stage.layers, base.layers
        ));
    }
    if stage.experts != base.experts {
        notes.push(format!(
            "{} experts against {}: entropies are compared as shares of their ceilings",
            stage.experts, base.experts
        ));
    }
    notes
}

/// One model's two languages.
struct Sides<'m> {
    a: &'m LanguageMeasured,
    b: &'m LanguageMeasured,
    pair: &'m super::pair::PairMeasured,
    shape: RoutingShape,
}

impl<'m> Sides<'m> {
    fn of(model: &'m CorpusMeasured, (a, b): (usize, usize)) -> Option<Self> {
        let (_, _, pair) = model.pairs.iter().find(|pair| (pair.0, pair.1) == (a, b))?;
        let language = |position: usize| model.languages.get(position);
        Some(Self { a: language(a)?, b: language(b)?, pair, shape: model.shape })
    }

    fn get(&self, quantity: Quantity) -> Option<&'m Measured> {
        match quantity {
            Quantity::EntropyA => self.a.measured.get(SideMeasure::UsageEntropy),
            Quantity::EntropyB => self.b.measured.get(SideMeasure::UsageEntropy),
            Quantity::GiniA => self.a.measured.get(SideMeasure::Gini),
            Quantity::GiniB => self.b.measured.get(SideMeasure::Gini),
            Quantity::Gap => self.pair.get(PairMeasure::EntropyGap),
            Quantity::Shared => self.pair.get(PairMeasure::LsiShared),
            Quantity::Cosine => self.pair.get(PairMeasure::Cosine),
        }
    }

    fn ceiling(&self) -> f64 {
        usage::entropy_ceiling_bits(self.shape.experts)
    }
}

fn changes(ours: &Sides<'_>, theirs: &Sides<'_>) -> Vec<Change> {
    let all = Quantity::ALL.into_iter().flat_map(|q| Part::ALL.into_iter().map(move |p| (q, p)));
    let change = |(quantity, part): (Quantity, Part)| {
        let scaled = quantity.is_entropy() && ours.shape.experts != theirs.shape.experts;
        let scale = if scaled { [ours.ceiling(), theirs.ceiling()] } else { [1.0; 2] };
        let minus = |stage: &[f64], base: &[f64]| {
            Some(part.mean(stage)? / scale[0] - part.mean(base)? / scale[1])
        };
        let change = ours.get(quantity)?.with(theirs.get(quantity)?, minus)?;
        Some(Change { quantity, part, change })
    };
    all.filter_map(change).collect()
}

fn curves(ours: &Sides<'_>, theirs: &Sides<'_>) -> Vec<(Quantity, Curve)> {
    let curve = |quantity: Quantity| {
        Some((quantity, ours.get(quantity)?.minus(theirs.get(quantity)?)?.curve()))
    };
    Quantity::ALL.into_iter().filter_map(curve).collect()
}

fn remediations(ours: &Sides<'_>, theirs: &Sides<'_>) -> Vec<Remediation> {
    let excess_of = format!("{} beyond {}", ours.a.language, ours.b.language);
    // The index of the gap b − a is b's index minus a's: minus the excess of a.
    let of = [(Quantity::EntropyA, ours.a.language.clone(), 1.0), (Quantity::Gap, excess_of, -1.0)];
    let one = |(quantity, of, sign): (Quantity, String, f64)| {
        remediation(of, ours.get(quantity)?, theirs.get(quantity)?, sign)
    };
    of.into_iter().filter_map(one).collect()
}

fn remediation(of: String, stage: &Measured, base: &Measured, sign: f64) -> Option<Remediation> {
    let index = |by_layer: &[f64]| Some(sign * collapse::index(by_layer)?);
    let (stage_index, base_index) = (stage.over_layers(index)?, base.over_layers(index)?);
    let share = match &base_index.interval {
        None => Err("the base's collapse has no interval".to_owned()),
        Some(interval) if interval.low <= 0.0 && interval.high >= 0.0 => {
            Err("the base's collapse may be 0: its interval includes 0".to_owned())
        }
        Some(_) => stage
            .with(base, |stage, base| layers::remediation(index(stage)?, index(base)?))
            .ok_or_else(|| "the base's collapse is 0".to_owned()),
    };
    Some(Remediation { of, base: base_index, stage: stage_index, share })
}
