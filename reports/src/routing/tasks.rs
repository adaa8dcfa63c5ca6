//! Routing of the benchmarks' own questions: by task and span, by right and wrong answers, by gold
//! and other continuations.

use harness_metrics::routing::bands::DocumentCounts;
use harness_metrics::routing::collapse;
use harness_metrics::scores::{Clusters, Resampling};
use harness_metrics::{
    Estimate, PairMeasure, RoutingCounts, RoutingError, RoutingShape, SideMeasure,
};
use serde::Serialize;

use super::pair::PairMeasured;
use super::side::{Loads, Sample, SideMeasured, SideNumbers, small_sample_bias};
use super::study::{BAND_DRAWS, capture};
use crate::manifest::{Language, TaskManifest};
use crate::record::{DocumentRow, Record, RecordError, Span};

/// Which of a task's documents are looked at.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Subset {
    /// Every document.
    All,
    /// Those that the headline metric calls right (1).
    Right,
    /// Those that it calls wrong (0).
    Wrong,
}

/// Routing of one part of a task's text.
#[derive(Clone, Debug, Serialize)]
pub struct TaskRouting {
    /// Alias of the model.
    pub model: String,
    /// Name of the task.
    pub task: String,
    /// Languages of its text.
    pub language: Language,
    /// Part of the prompt.
    pub span: Span,
    /// Documents looked at.
    pub subset: Subset,
    /// Documents with a token.
    pub documents: usize,
    /// Tokens.
    pub tokens: u64,
    /// Measures of them.
    pub numbers: SideNumbers,
}

/// What is set against what within one task.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Contrast {
    /// Questions answered right minus those answered wrong.
    RightMinusWrong,
    /// Right continuations minus the others.
    GoldMinusOther,
}

/// Two parts of a task set against each other.
#[derive(Clone, Debug, Serialize)]
pub struct TaskContrast {
    /// Alias of the model.
    pub model: String,
    /// Name of the task.
    pub task: String,
    /// What is set against what.
    pub contrast: Contrast,
    /// Documents of each part.
    pub documents: [usize; 2],
    /// Tokens of each part.
    pub tokens: [u64; 2],
    /// Difference of the mean over layers.
    pub differences: Vec<(SideMeasure, Estimate)>,
    /// Difference of the collapse indices, bits; `None` below 4 MoE layers.
    pub collapse: Option<Estimate>,
    /// Mean over layers of what the two parts have together.
    pub together: Vec<(PairMeasure, Estimate)>,
}

/// Routing of one (model, task).
#[derive(Clone, Debug, Default, Serialize)]
pub struct TaskStudy {
    /// By span, and for questions by right and wrong.
    pub routing: Vec<TaskRouting>,
    /// Parts against each other.
    pub contrasts: Vec<TaskContrast>,
}

impl TaskStudy {
    /// Reads the documents of one (model, task).
    ///
    /// # Errors
    /// The first damaged row, by name.
    pub fn draw(
        record: &Record,
        model: &str,
        task: &str,
        resampling: Resampling,
    ) -> Result<Self, RecordError> {
        let resampling = Resampling { draws: resampling.draws.min(BAND_DRAWS), ..resampling };
        let Some(info) = record.manifest().tasks.get(task) else { return Ok(Self::default()) };
        let Some(router) = record.manifest().models.get(model).and_then(|m| m.router.as_ref())
        else {
            return Ok(Self::default());
        };
        let shape = RoutingShape {
            layers: router.moe_layers.len(),
            experts: router.experts,
            top_k: router.top_k,
        };
        let mut parts = Parts::new(shape);
        record.for_each_document(model, task, |document| {
            let name = || format!("model `{model}`, task `{task}`, document {}", document.doc_id);
            parts.add(info, &document).map_err(|error| record.damaged(&name(), &error.to_string()))
        })?;
        let capture = capture(record.manifest(), model);
        let clusters = Clusters::from_labels(parts.clusters.iter().map(String::as_str));
        let measured: Vec<Option<MeasuredPart>> = parts
            .parts
            .iter()
            .map(|part| MeasuredPart::of(part, &clusters, capture, resampling))
            .collect();
        Ok(Self::of(model, task, info, &parts, &measured, (&clusters, resampling)))
    }

    fn of(
        model: &str,
        task: &str,
        info: &TaskManifest,
        parts: &Parts,
        measured: &[Option<MeasuredPart>],
        sample: (&Clusters, Resampling),
    ) -> Self {
        let routing = parts.parts.iter().zip(measured).filter_map(|(part, measured)| {
            let measured = measured.as_ref()?;
            let mut numbers = measured.sides.numbers();
            numbers.small_sample_bias = small_sample_bias(&part.counts);
            Some(TaskRouting {
                model: model.to_owned(),
                task: task.to_owned(),
                language: info.language.clone(),
                span: part.span,
                subset: part.subset,
                documents: part.documents,
                tokens: part.counts.tokens,
                numbers,
            })
        });
        let contrast = |contrast: Contrast| {
            let [first, second] = contrast.parts().map(|wanted| {
                let place = parts.parts.iter().position(|p| (p.span, p.subset) == wanted)?;
                Some((&parts.parts[place], measured[place].as_ref()?))
            });
            Some(contrast_of((model, task), contrast, [first?, second?], sample))
        };
        let contrasts = [Contrast::RightMinusWrong, Contrast::GoldMinusOther];
        Self {
            routing: routing.collect(),
            contrasts: contrasts.into_iter().filter_map(contrast).collect(),
        }
    }
}

impl Contrast {
    fn parts(self) -> [(Span, Subset); 2] {
        match self {
            Self::RightMinusWrong => {
                [(Span::Question, Subset::Right), (Span::Question, Subset::Wrong)]
            }
            Self::GoldMinusOther => {
                [(Span::ContinuationGold, Subset::All), (Span::ContinuationOther, Subset::All)]
            }
        }
    }
}

/// A part's counts by document; documents without a token of it are there with zeros, so that
/// document d of every part is the same.
struct Part {
    span: Span,
    subset: Subset,
    documents: usize,
    counts: RoutingCounts,
    rows: DocumentCounts,
}

struct Parts {
    parts: Vec<Part>,
    clusters: Vec<String>,
}

impl Parts {
    fn new(shape: RoutingShape) -> Self {
        let all = Span::ALL.map(|span| (span, Subset::All));
        let answers = [Subset::Right, Subset::Wrong].map(|subset| (Span::Question, subset));
        let part = |(span, subset)| Part {
            span,
            subset,
            documents: 0,
            counts: RoutingCounts::zeros(shape, false),
            rows: DocumentCounts::new(shape),
        };
        Self { parts: all.into_iter().chain(answers).map(part).collect(), clusters: Vec::new() }
    }

    fn add(&mut self, task: &TaskManifest, document: &DocumentRow) -> Result<(), RoutingError> {
        self.clusters.push(document.cluster.clone());
        let answer = answer(task, document);
        for part in &mut self.parts {
            let found = document.routing.iter().find(|(span, _)| *span == part.span);
            let wanted = part.subset == Subset::All || answer == Some(part.subset);
            match found.filter(|(_, counts)| wanted && counts.tokens > 0) {
                Some((_, counts)) => part.add(counts)?,
                None => part.rows.push(&RoutingCounts::zeros(part.rows.shape(), false))?,
            }
        }
        Ok(())
    }
}

impl Part {
    fn add(&mut self, counts: &RoutingCounts) -> Result<(), RoutingError> {
        // Score sums of tasks are not kept by document.
        let lean = RoutingCounts { scores: None, ..counts.clone() };
        self.documents += 1;
        self.counts.add(&lean)?;
        self.rows.push(&lean)
    }
}

/// Right or wrong where the headline metric is 1 or 0.
fn answer(task: &TaskManifest, document: &DocumentRow) -> Option<Subset> {
    let headline = task.headline.as_ref()?;
    let scores = document.scores.as_array()?;
    let score = scores.iter().find(|score| score["filter"] == headline.filter.as_str())?;
    match score["metrics"][headline.metric.as_str()].as_f64()? {
        1.0 => Some(Subset::Right),
        0.0 => Some(Subset::Wrong),
        _ => None,
    }
}

struct MeasuredPart {
    loads: Loads,
    sides: SideMeasured,
}

impl MeasuredPart {
    fn of(
        part: &Part,
        clusters: &Clusters,
        capture: crate::manifest::Capture,
        resampling: Resampling,
    ) -> Option<Self> {
        let loads = Loads::of(&part.counts, capture)?;
        let sides =
            SideMeasured::of(&loads, Some(Sample { rows: &part.rows, clusters, resampling }));
        Some(Self { loads, sides })
    }
}

fn contrast_of(
    (model, task): (&str, &str),
    contrast: Contrast,
    [first, second]: [(&Part, &MeasuredPart); 2],
    (clusters, resampling): (&Clusters, Resampling),
) -> TaskContrast {
    let difference = |measure: SideMeasure| {
        let (a, b) = (first.1.sides.get(measure)?, second.1.sides.get(measure)?);
        let minus = |a: &[f64], b: &[f64]| Some(collapse::mean(a)? - collapse::mean(b)?);
        Some((measure, a.with(b, minus)?))
    };
    let entropy = |part: &'_ MeasuredPart| part.sides.get(SideMeasure::UsageEntropy).cloned();
    let collapse = entropy(first.1)
        .zip(entropy(second.1))
        .and_then(|(a, b)| a.with(&b, |a, b| Some(collapse::index(a)? - collapse::index(b)?)));
    let samples = [first.0, second.0].map(|part| Sample { rows: &part.rows, clusters, resampling });
    let together = PairMeasured::of(&first.1.loads, &second.1.loads, Some(samples));
    let mean = |(measure, measured): &(PairMeasure, super::curve::Measured)| {
        let shown = matches!(measure, PairMeasure::Cosine | PairMeasure::JensenShannon);
        Some((*measure, measured.over_layers(collapse::mean).filter(|_| shown)?))
    };
    TaskContrast {
        model: model.to_owned(),
        task: task.to_owned(),
        contrast,
        documents: [first.0.documents, second.0.documents],
        tokens: [first.0.counts.tokens, second.0.counts.tokens],
        differences: SideMeasure::ALL.into_iter().filter_map(difference).collect(),
        collapse,
        together: together.iter().flat_map(|pair| &pair.measured).filter_map(mean).collect(),
    }
}
