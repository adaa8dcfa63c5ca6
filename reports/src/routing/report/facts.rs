//! One number a row, for spreadsheets and data frames.

use harness_metrics::routing::bands::Spread;
use harness_metrics::{Estimate, Interval};

use super::super::{
    Curve, LanguageSide, RoutingPair, SideNumbers, StageComparison, TaskContrast, TaskRouting,
};
use super::RoutingReport;

/// Columns of the facts, in order.
///
/// `kind`: `language` (one language of parallel text), `pair` (two of them), `halves` (what two random
/// halves of one language make of a pair's measure), `change` (a stage minus its base), `task` (a part of a
/// benchmark task), `contrast` (two parts of one). `text`: the corpus or the task. `part`: the language or
/// languages, or the task's span. `measure`: its name as in routing.json. `at`: a MoE layer from 0, or
/// `mean`, or a part of the network. `low` and `high`: the interval at `level`; for `halves` the central
/// 95 % of random splits. `documents`: rows or documents.
pub const FACT_COLUMNS: [&str; 11] = [
    "kind",
    "model",
    "text",
    "part",
    "measure",
    "at",
    "value",
    "low",
    "high",
    "level",
    "documents",
];

/// One number.
#[derive(Clone, PartialEq, Debug)]
pub struct Fact {
    /// Cells in the order of [`FACT_COLUMNS`] up to `at`.
    pub names: [String; 6],
    /// The number.
    pub value: f64,
    /// Its interval.
    pub interval: Option<Interval>,
    /// Rows or documents; 0 = not known.
    pub documents: usize,
}

impl Fact {
    /// Cells in the order of [`FACT_COLUMNS`]; names of others cannot become formulas of a
    /// spreadsheet.
    #[must_use]
    pub fn cells(&self) -> Vec<String> {
        let names = self.names.iter().map(|name| crate::pages::cell(name).into_owned());
        let interval = self.interval.as_ref();
        let ends = [interval.map(|i| i.low), interval.map(|i| i.high), interval.map(|i| i.level)];
        let documents = (self.documents > 0).then_some(self.documents);
        names
            .chain([self.value.to_string()])
            .chain(ends.map(|end| end.map_or_else(String::new, |end| end.to_string())))
            .chain([documents.map_or_else(String::new, |n| n.to_string())])
            .collect()
    }
}

/// Where facts come from: kind, model, text, part.
#[derive(Clone, Copy)]
struct Source<'a> {
    kind: &'a str,
    model: &'a str,
    text: &'a str,
    part: &'a str,
}

impl Source<'_> {
    fn fact(
        self,
        measure: &str,
        at: &str,
        value: f64,
        interval: Option<Interval>,
        n: usize,
    ) -> Fact {
        let names = [self.kind, self.model, self.text, self.part, measure, at];
        Fact { names: names.map(str::to_owned), value, interval, documents: n }
    }

    fn estimate(self, measure: &str, at: &str, estimate: &Estimate) -> Fact {
        self.fact(measure, at, estimate.value, estimate.interval.clone(), estimate.n)
    }

    fn curve(self, measure: &str, curve: &Curve) -> Vec<Fact> {
        let n = curve.mean.as_ref().map_or(0, |mean| mean.n);
        let mean = curve.mean.iter().map(|mean| self.estimate(measure, "mean", mean));
        let layers = curve.values.iter().enumerate().filter_map(|(layer, value)| {
            let interval = curve.interval(layer).cloned();
            Some(self.fact(measure, &layer.to_string(), (*value)?, interval, n))
        });
        mean.chain(layers).collect()
    }

    fn spread(self, measure: &str, at: &str, spread: &Spread, n: usize) -> Fact {
        let method = harness_metrics::IntervalMethod::ClusterBootstrap;
        let interval = Interval { low: spread.low, high: spread.high, level: 0.95, method };
        self.fact(measure, at, spread.mean, Some(interval), n)
    }
}

impl RoutingReport {
    /// Every number, one a row.
    #[must_use]
    pub fn facts(&self) -> Vec<Fact> {
        let mut facts: Vec<Fact> = Vec::new();
        let mut seen: Vec<(String, String)> = Vec::new();
        for (model, pair) in &self.pairs {
            for side in [&pair.a, &pair.b] {
                // A language of three is part of two pairs.
                let key = (model.clone(), format!("{} {}", pair.corpus, side.language));
                if !seen.contains(&key) {
                    seen.push(key);
                    facts.extend(language_facts(model, pair, side));
                }
            }
            facts.extend(pair_facts(model, pair));
        }
        facts.extend(self.stages.iter().flat_map(stage_facts));
        facts.extend(self.tasks.iter().flat_map(|study| &study.routing).flat_map(task_facts));
        facts.extend(self.tasks.iter().flat_map(|study| &study.contrasts).flat_map(contrast_facts));
        facts
    }
}

fn numbers_facts(source: Source<'_>, numbers: &SideNumbers) -> Vec<Fact> {
    let curves = numbers.curves.iter().flat_map(|(m, curve)| source.curve(m.name(), curve));
    let collapse = numbers
        .collapse
        .iter()
        .map(|(tail, index)| source.estimate("collapse_index_bits", tail.title(), index));
    let roughness = numbers.roughness.iter().map(|r| source.estimate("roughness_bits", "mean", r));
    let bias = numbers
        .small_sample_bias
        .map(|bias| source.fact("small_sample_bias_bits", "mean", bias, None, 0));
    curves.chain(collapse).chain(roughness).chain(bias).collect()
}

fn language_facts(model: &str, pair: &RoutingPair, side: &LanguageSide) -> Vec<Fact> {
    let source = Source { kind: "language", model, text: &pair.corpus, part: &side.language };
    let mut facts = numbers_facts(source, &side.numbers);
    let sds = side.controls.row_sd.iter().enumerate();
    facts.extend(sds.filter_map(|(layer, sd)| {
        Some(source.fact("row_sd_bits", &layer.to_string(), (*sd)?, None, pair.rows))
    }));
    let halves = Source { kind: "halves", ..source };
    for (measure, spread) in &side.controls.halves_mean {
        facts.push(halves.spread(measure.name(), "mean", spread, pair.rows));
    }
    for (measure, spreads) in &side.controls.halves {
        let layers = spreads.iter().enumerate().filter_map(|(layer, spread)| {
            Some(halves.spread(measure.name(), &layer.to_string(), spread.as_ref()?, pair.rows))
        });
        facts.extend(layers);
    }
    facts
}

fn pair_facts(model: &str, pair: &RoutingPair) -> Vec<Fact> {
    let part = format!("{}/{}", pair.a.language, pair.b.language);
    let source = Source { kind: "pair", model, text: &pair.corpus, part: &part };
    let numbers = &pair.numbers;
    let mut facts: Vec<Fact> =
        numbers.curves.iter().flat_map(|(m, curve)| source.curve(m.name(), curve)).collect();
    let excess = numbers.excess_collapse.iter();
    facts.extend(excess.map(|(tail, e)| source.estimate("excess_collapse_bits", tail.title(), e)));
    let shared = numbers.shared_by_index.iter();
    facts.extend(shared.map(|e| source.estimate("shared_fraction_by_index", "0.1", e)));
    let u_shape = numbers.cosine_middle_over_ends.iter();
    facts.extend(u_shape.map(|e| source.estimate("cosine_middle_over_ends", "mean", e)));
    for (by, sweep) in [("lsi", &numbers.by_layer_expert), ("lsi_by_index", &numbers.by_index)] {
        for (threshold, classes) in sweep {
            let counts = [
                ("a", classes.a),
                ("b", classes.b),
                ("shared", classes.shared),
                ("inactive", classes.inactive),
            ];
            facts.extend(counts.map(|(class, count)| {
                let measure = format!("{by}_{class}_count");
                source.fact(&measure, &threshold.to_string(), count as f64, None, pair.rows)
            }));
        }
    }
    facts
}

fn stage_facts(stage: &StageComparison) -> Vec<Fact> {
    let model = format!("{} − {}", stage.stage, stage.base);
    let part = format!("{}/{}", stage.a, stage.b);
    let source = Source { kind: "change", model: &model, text: &stage.corpus, part: &part };
    let name = |quantity: super::super::Quantity| quantity.title(&stage.a, &stage.b);
    let parts = stage
        .changes
        .iter()
        .map(|change| source.estimate(&name(change.quantity), change.part.title(), &change.change));
    let repaired = stage.remediation.iter().filter_map(|part| {
        let measure = format!("repaired collapse of {}", part.of);
        Some(source.estimate(&measure, "mean", part.share.as_ref().ok()?))
    });
    let curves = stage.curves.iter().flat_map(|(quantity, curve)| {
        // Their means are among the parts.
        source.curve(&name(*quantity), &Curve { mean: None, ..curve.clone() })
    });
    parts.chain(repaired).chain(curves).collect()
}

fn task_facts(routing: &TaskRouting) -> Vec<Fact> {
    let subset = format!("{:?}", routing.subset).to_lowercase();
    let part = format!("{}, {subset}", routing.span.name());
    let source = Source { kind: "task", model: &routing.model, text: &routing.task, part: &part };
    let mut facts = numbers_facts(source, &routing.numbers);
    facts.push(source.fact("tokens", "sum", routing.tokens as f64, None, routing.documents));
    facts
}

fn contrast_facts(contrast: &TaskContrast) -> Vec<Fact> {
    let part = match contrast.contrast {
        super::super::Contrast::RightMinusWrong => "right − wrong",
        super::super::Contrast::GoldMinusOther => "gold − other",
    };
    let source = Source { kind: "contrast", model: &contrast.model, text: &contrast.task, part };
    let differences =
        contrast.differences.iter().map(|(m, e)| source.estimate(m.name(), "mean", e));
    let together = contrast.together.iter().map(|(m, e)| source.estimate(m.name(), "mean", e));
    let collapse =
        contrast.collapse.iter().map(|e| source.estimate("collapse_index_bits", "last eighth", e));
    differences.chain(together).chain(collapse).collect()
}
