//! Every number about parallel text that a record holds.

use harness_metrics::RoutingShape;
use harness_metrics::scores::Resampling;
use indexmap::IndexMap;

use super::Corpus;
use super::agreement::{GapAgreement, agreement};
use super::controls::LanguageControls;
use super::equal::{TextNumbers, equal_text};
use super::pair::{LanguageSide, PairMeasured, RoutingPair};
use super::rows::{CorpusRows, LanguageRows};
use super::side::{Loads, Sample, SideMeasured, small_sample_bias};
use super::stages::{self, StageComparison};
use crate::manifest::{Capture, Manifest};
use crate::record::{Record, RecordError};
use crate::summary::LayerMeasures;
use crate::summary::comparison::edges;

/// Resamplings of a band: fewer than scores take, because each sums every row of both languages.
pub const BAND_DRAWS: usize = 1000;

/// Routing of all parallel text of a run: languages against each other, and stages of training
/// against each other.
#[derive(Clone, Debug, Default)]
pub struct RoutingStudy {
    pairs: IndexMap<String, Vec<RoutingPair>>,
    /// Checkpoints against those they are compared with.
    pub stages: Vec<StageComparison>,
    /// Languages' gaps to a third against each other.
    pub agreements: Vec<GapAgreement>,
}

impl RoutingStudy {
    /// Reads the probes of a record.
    ///
    /// # Errors
    /// The first damaged row, by name.
    pub fn draw(record: &Record, resampling: Resampling) -> Result<Self, RecordError> {
        let resampling = Resampling { draws: resampling.draws.min(BAND_DRAWS), ..resampling };
        let mut study = Self::default();
        for corpus in Corpus::all(record.manifest()) {
            let mut models: Vec<CorpusMeasured> = Vec::new();
            for model in record.manifest().models.keys() {
                if let Some(rows) = CorpusRows::read(record, model, &corpus)? {
                    let capture = capture(record.manifest(), model);
                    models.extend(CorpusMeasured::of(model, &corpus, rows, capture, resampling));
                }
            }
            study.add(&corpus, record.manifest(), &mut models);
        }
        Ok(study)
    }

    /// A model's comparisons of two languages.
    #[must_use]
    pub fn pairs(&self, model: &str) -> &[RoutingPair] {
        self.pairs.get(model).map_or(&[], Vec::as_slice)
    }

    fn add(&mut self, corpus: &Corpus, manifest: &Manifest, models: &mut [CorpusMeasured]) {
        for pair in corpus.pairs() {
            let find = |name: &str| models.iter().find(|model| model.model == name);
            let compared = edges(manifest)
                .into_iter()
                .filter_map(|(stage, base, _)| stages::compare(find(&stage)?, find(&base)?, pair));
            self.stages.extend(compared);
        }
        for model in models {
            self.agreements.extend(model.agreements());
            let drawn = std::mem::take(&mut model.drawn);
            self.pairs.entry(model.model.clone()).or_default().extend(drawn);
        }
    }
}

/// How much of a model's routing was seen.
pub(crate) fn capture(manifest: &Manifest, model: &str) -> Capture {
    let router = manifest.models.get(model).and_then(|model| model.router.as_ref());
    router.map_or_else(Capture::default, |router| router.capture)
}

/// One language as one model read it, with replicates.
pub(crate) struct LanguageMeasured {
    pub(crate) language: String,
    pub(crate) measured: SideMeasured,
    loads: Loads,
    drawn: LanguageSide,
}

impl LanguageMeasured {
    /// `None` without tokens.
    fn of(rows: &LanguageRows, sample: Sample<'_>, capture: Capture) -> Option<Self> {
        let loads = Loads::of(&rows.counts, capture)?;
        let measured = SideMeasured::of(&loads, Some(sample));
        let controls = LanguageControls::of(sample.rows, sample.clusters, sample.resampling.seed);
        let mut numbers = measured.numbers();
        numbers.small_sample_bias = small_sample_bias(&rows.counts);
        let drawn = LanguageSide {
            task: rows.task.clone(),
            language: rows.language.clone(),
            tokens: rows.counts.tokens,
            measures: LayerMeasures::of(&rows.counts, capture),
            numbers,
            controls,
            text: TextNumbers::of(rows),
        };
        Some(Self { language: rows.language.clone(), measured, loads, drawn })
    }
}

/// One corpus as one model read it.
pub(crate) struct CorpusMeasured {
    pub(crate) corpus: String,
    pub(crate) model: String,
    pub(crate) rows: Vec<String>,
    pub(crate) shape: RoutingShape,
    pub(crate) languages: Vec<LanguageMeasured>,
    /// (first, second) languages by position.
    pub(crate) pairs: Vec<(usize, usize, PairMeasured)>,
    drawn: Vec<RoutingPair>,
}

impl CorpusMeasured {
    /// `None` without tokens.
    pub(crate) fn of(
        model: &str,
        corpus: &Corpus,
        rows: CorpusRows,
        capture: Capture,
        resampling: Resampling,
    ) -> Option<Self> {
        let sample = |language: usize| Sample {
            rows: &rows.languages[language].by_row,
            clusters: &rows.clusters,
            resampling,
        };
        let language = |l: usize| LanguageMeasured::of(&rows.languages[l], sample(l), capture);
        let languages: Vec<LanguageMeasured> =
            (0..rows.languages.len()).map(language).collect::<Option<_>>()?;
        let (mut pairs, mut drawn) = (Vec::new(), Vec::new());
        for (a, b) in corpus.pairs() {
            let sides = [&languages[a], &languages[b]];
            let [first, second] = sides.map(|side| &side.loads);
            let measured = PairMeasured::of(first, second, Some([sample(a), sample(b)]))?;
            let pair = drawn_pair(&measured, sides)?;
            let both = [&rows.languages[a], &rows.languages[b]];
            drawn.push(RoutingPair {
                corpus: corpus.name.clone(),
                rows: rows.rows.len(),
                dropped: rows.dropped,
                equal: Some(equal_text(both, &rows.clusters, resampling.seed)),
                ..pair
            });
            pairs.push((a, b, measured));
        }
        Some(Self {
            corpus: corpus.name.clone(),
            model: model.to_owned(),
            shape: rows.languages.first()?.counts.shape,
            languages,
            rows: rows.rows,
            pairs,
            drawn,
        })
    }

    /// The numbers of every two languages.
    pub(crate) fn into_pairs(self) -> Vec<RoutingPair> {
        self.drawn
    }

    /// Pairs of pairs that share their second language.
    fn agreements(&self) -> Vec<GapAgreement> {
        let mut found = Vec::new();
        for (position, (first, against, one)) in self.pairs.iter().enumerate() {
            for (second, other_against, other) in &self.pairs[position + 1..] {
                if against == other_against {
                    let name = |l: usize| self.languages[l].language.as_str();
                    let place = (self.corpus.as_str(), self.model.as_str(), name(*against));
                    found.extend(agreement(place, (name(*first), one), (name(*second), other)));
                }
            }
        }
        found
    }
}

/// The numbers of a pair; what concerns the rows is left to the caller.
fn drawn_pair(measured: &PairMeasured, [a, b]: [&LanguageMeasured; 2]) -> Option<RoutingPair> {
    let controls = Some([&a.drawn.controls, &b.drawn.controls]);
    let sides = [&a.measured, &b.measured];
    Some(RoutingPair {
        a: a.drawn.clone(),
        b: b.drawn.clone(),
        numbers: measured.numbers(&a.loads, &b.loads, sides, controls)?,
        ..RoutingPair::default()
    })
}
