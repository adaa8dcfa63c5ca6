//! Every number about parallel text that a record holds.

use harness_metrics::RoutingShape;
use harness_metrics::scores::Resampling;
use indexmap::IndexMap;

use super::Corpus;
use super::agreement::{GapAgreement, agreement};
use super::controls::LanguageControls;
use super::pair::{LanguageSide, PairMeasured, RoutingPair};
use super::rows::{CorpusRows, LanguageRows};
use super::side::{Loads, Sample, SideMeasured, small_sample_bias};
use super::stages::{self, StageComparison};
use crate::manifest::{Capture, Manifest};
use crate::record::{Record, RecordError};
use crate::summary::LayerMeasures;

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
            let compared = models.iter().filter_map(|stage| {
                let name = baseline(manifest, &stage.model)?;
                let base = models.iter().find(|other| other.model == name)?;
                stages::compare(stage, base, pair)
            });
            self.stages.extend(compared);
        }
        for model in models {
            self.agreements.extend(model.agreements());
            let drawn = std::mem::take(&mut model.drawn);
            self.pairs.entry(model.model.clone()).or_default().extend(drawn);
        }
    }
}

/// What a model is compared with: what its manifest names, else the run's first model.
fn baseline(manifest: &Manifest, model: &str) -> Option<String> {
    let info = manifest.models.get(model)?;
    let named = [info.compare_to.as_ref(), info.parent.as_ref()];
    let known = named.into_iter().flatten().find(|name| manifest.models.contains_key(*name));
    let first = || manifest.models.keys().next().filter(|_| info.parent.is_none());
    known.or_else(first).filter(|name| *name != model).cloned()
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
    fn of(
        model: &str,
        corpus: &Corpus,
        rows: CorpusRows,
        capture: Capture,
        resampling: Resampling,
    ) -> Option<Self> {
        let sample = |rows: &'_ CorpusRows, language: usize| -> Option<Loads> {
            Loads::of(&rows.languages[language].counts, capture)
        };
        let loads: Vec<Loads> =
            (0..rows.languages.len()).map(|l| sample(&rows, l)).collect::<Option<_>>()?;
        let samples: Vec<Sample<'_>> = rows
            .languages
            .iter()
            .map(|language| Sample { rows: &language.by_row, clusters: &rows.clusters, resampling })
            .collect();
        let sides: Vec<SideMeasured> =
            loads.iter().zip(&samples).map(|(l, s)| SideMeasured::of(l, Some(*s))).collect();
        let seed = resampling.seed;
        let controls: Vec<LanguageControls> =
            samples.iter().map(|s| LanguageControls::of(s.rows, s.clusters, seed)).collect();
        let side = |l: usize| language_side(&rows.languages[l], capture, &sides[l], &controls[l]);
        let (mut pairs, mut drawn) = (Vec::new(), Vec::new());
        for (a, b) in corpus.pairs() {
            let measured = PairMeasured::of(&loads[a], &loads[b], Some([samples[a], samples[b]]))?;
            let measures = [&sides[a], &sides[b]];
            let both = Some([&controls[a], &controls[b]]);
            drawn.push(RoutingPair {
                corpus: corpus.name.clone(),
                a: side(a),
                b: side(b),
                rows: rows.rows.len(),
                dropped: rows.dropped,
                numbers: measured.numbers(&loads[a], &loads[b], measures, both)?,
            });
            pairs.push((a, b, measured));
        }
        let names = rows.languages.iter().map(|language| language.language.clone());
        let languages =
            names.zip(sides).map(|(language, measured)| LanguageMeasured { language, measured });
        Some(Self {
            corpus: corpus.name.clone(),
            model: model.to_owned(),
            shape: rows.languages.first()?.counts.shape,
            languages: languages.collect(),
            rows: rows.rows,
            pairs,
            drawn,
        })
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

fn language_side(
    rows: &LanguageRows,
    capture: Capture,
    measured: &SideMeasured,
    controls: &LanguageControls,
) -> LanguageSide {
    let mut numbers = measured.numbers();
    numbers.small_sample_bias = small_sample_bias(&rows.counts);
    LanguageSide {
        task: rows.task.clone(),
        language: rows.language.clone(),
        tokens: rows.counts.tokens,
        measures: LayerMeasures::of(&rows.counts, capture),
        numbers,
        controls: controls.clone(),
    }
}
