//! Routing that another program measured.

use harness_metrics::routing::bands::DocumentCounts;
use harness_metrics::scores::{Clusters, Resampling};
use harness_metrics::{RoutingCounts, RoutingError};

use super::corpus::is_english;
use super::pair::{LanguageSide, PairMeasured, RoutingPair};
use super::report::{RouterFacts, RoutingReport};
use super::rows::{CorpusRows, LanguageRows};
use super::side::{Loads, SideMeasured};
use super::study::{BAND_DRAWS, CorpusMeasured};
use super::{Corpus, RoutingStudy};
use crate::manifest::{Capture, RouterManifest};
use crate::summary::LayerMeasures;

/// Routing of one text in two or more languages, from files.
#[derive(Clone, Debug)]
pub struct Imported {
    /// The model, as the tables name it.
    pub model: String,
    /// The text.
    pub corpus: String,
    /// Its routers, as far as the files tell.
    pub router: RouterManifest,
    /// What was measured.
    pub languages: ImportedLanguages,
    /// What the reader has to know about the files.
    pub notes: Vec<String>,
}

/// What files hold of each language.
#[derive(Clone, Debug)]
pub enum ImportedLanguages {
    /// Rates only: no intervals.
    Rates(Vec<ImportedRates>),
    /// Counts of the same documents in every language: everything.
    Documents {
        /// Names of the documents.
        documents: Vec<String>,
        /// (language, counts of each document).
        languages: Vec<(String, Vec<RoutingCounts>)>,
    },
}

/// One language's rates.
#[derive(Clone, PartialEq, Debug)]
pub struct ImportedRates {
    /// BCP-47 tag, or the file's own word.
    pub language: String,
    /// Tokens; 0 = not known.
    pub tokens: u64,
    /// Activation rates, `[layers][experts]`.
    pub activation: Vec<Vec<f64>>,
    /// Mean router scores, `[layers][experts]`.
    pub mean_scores: Option<Vec<Vec<f64>>>,
}

impl RoutingReport {
    /// Measures imported routing.
    ///
    /// # Errors
    /// When documents' counts do not fit each other.
    pub fn of_imported(imported: Imported, resampling: Resampling) -> Result<Self, RoutingError> {
        let Imported { model, corpus, router, languages, notes } = imported;
        let resampling = Resampling { draws: resampling.draws.min(BAND_DRAWS), ..resampling };
        let pairs = match languages {
            ImportedLanguages::Rates(languages) => of_rates(&corpus, router.top_k, languages),
            ImportedLanguages::Documents { documents, languages } => {
                of_documents((&model, &corpus), router.capture, documents, languages, resampling)?
            }
        };
        Ok(Self {
            routers: vec![RouterFacts { model: model.clone(), router }],
            pairs: pairs.into_iter().map(|pair| (model.clone(), pair)).collect(),
            sources: notes,
            ..Self::default()
        })
    }

    /// Puts the numbers of another report after those of this one.
    pub fn append(&mut self, other: Self) {
        let known = |facts: &RouterFacts, all: &[RouterFacts]| all.contains(facts);
        for facts in other.routers {
            if !known(&facts, &self.routers) {
                self.routers.push(facts);
            }
        }
        self.dense.extend(other.dense);
        self.pairs.extend(other.pairs);
        self.stages.extend(other.stages);
        self.agreements.extend(other.agreements);
        self.tasks.extend(other.tasks);
        self.sources.extend(other.sources);
    }
}

/// Numbers of every two languages, without intervals.
fn of_rates(corpus: &str, top_k: usize, mut languages: Vec<ImportedRates>) -> Vec<RoutingPair> {
    languages.sort_by_key(|language| is_english(&language.language));
    let loads: Vec<Loads> = languages.iter().map(|language| language.loads(top_k)).collect();
    let sides: Vec<SideMeasured> =
        loads.iter().map(|loads| SideMeasured::of(loads, None)).collect();
    let side = |position: usize| LanguageSide {
        language: languages[position].language.clone(),
        tokens: languages[position].tokens,
        measures: LayerMeasures::of_profile(&loads[position].profile),
        numbers: sides[position].numbers(),
        ..LanguageSide::default()
    };
    let pair = |(a, b): (usize, usize)| {
        let measured = PairMeasured::of(&loads[a], &loads[b], None)?;
        Some(RoutingPair {
            corpus: corpus.to_owned(),
            a: side(a),
            b: side(b),
            numbers: measured.numbers(&loads[a], &loads[b], [&sides[a], &sides[b]], None)?,
            ..RoutingPair::default()
        })
    };
    Corpus::pairs_of(languages.len()).into_iter().filter_map(pair).collect()
}

impl ImportedRates {
    fn loads(&self, top_k: usize) -> Loads {
        Loads {
            profile: self.activation.clone(),
            mean_scores: self.mean_scores.clone(),
            selection_entropy: None,
            top_k,
        }
    }
}

/// Numbers of every two languages, with intervals over documents.
fn of_documents(
    (model, corpus): (&str, &str),
    capture: Capture,
    documents: Vec<String>,
    mut languages: Vec<(String, Vec<RoutingCounts>)>,
    resampling: Resampling,
) -> Result<Vec<RoutingPair>, RoutingError> {
    languages.sort_by_key(|(language, _)| is_english(language));
    let name = |(language, _): &(String, Vec<RoutingCounts>)| (language.clone(), String::new());
    let names = Corpus { name: corpus.to_owned(), languages: languages.iter().map(name).collect() };
    let languages = languages.into_iter().filter_map(|(language, counts)| sum(language, &counts));
    let rows = CorpusRows {
        languages: languages.collect::<Result<_, _>>()?,
        clusters: Clusters::singletons(documents.len()),
        rows: documents,
        dropped: 0,
    };
    let measured = CorpusMeasured::of(model, &names, rows, capture, resampling);
    Ok(measured.map(CorpusMeasured::into_pairs).unwrap_or_default())
}

fn sum(language: String, counts: &[RoutingCounts]) -> Option<Result<LanguageRows, RoutingError>> {
    let first = counts.first()?;
    let mut total = RoutingCounts::zeros(first.shape, first.scores.is_some());
    let mut by_row = DocumentCounts::new(first.shape);
    let mut add = || {
        counts.iter().try_for_each(|document| {
            total.add(document)?;
            by_row.push(document)
        })
    };
    let added: Result<(), RoutingError> = add();
    Some(added.map(|()| LanguageRows {
        language,
        task: String::new(),
        counts: total,
        by_row,
        sizes: Vec::new(),
    }))
}

/// What one model's routers did with each language of a corpus, as exported.
#[derive(Clone, Debug)]
pub struct ExportedCorpus {
    /// Alias of the model.
    pub model: String,
    /// The text.
    pub corpus: String,
    /// Its languages, English first.
    pub languages: Vec<ImportedRates>,
}

impl RoutingStudy {
    /// Rates of every model's parallel text, over the rows that all languages have.
    ///
    /// # Errors
    /// The first damaged row, by name.
    pub fn rates(
        record: &crate::record::Record,
    ) -> Result<Vec<ExportedCorpus>, crate::record::RecordError> {
        let mut found = Vec::new();
        for corpus in Corpus::all(record.manifest()) {
            for model in record.manifest().models.keys() {
                let Some(rows) = CorpusRows::read(record, model, &corpus)? else { continue };
                let english = |rows: &&LanguageRows| is_english(&rows.language);
                let (first, others): (Vec<_>, Vec<_>) = rows.languages.iter().partition(english);
                let languages = first.into_iter().chain(others).filter_map(|rows| {
                    Some(ImportedRates {
                        language: rows.language.clone(),
                        tokens: rows.counts.tokens,
                        activation: rows.counts.profile()?,
                        mean_scores: rows.counts.mean_scores(),
                    })
                });
                found.push(ExportedCorpus {
                    model: model.clone(),
                    corpus: corpus.name.clone(),
                    languages: languages.collect(),
                });
            }
        }
        Ok(found)
    }
}

#[cfg(test)]
mod tests {
    use harness_metrics::{PairMeasure, RoutingShape};

    use super::*;

    const SHAPE: RoutingShape = RoutingShape { layers: 4, experts: 4, top_k: 1 };

    fn router() -> RouterManifest {
        RouterManifest {
            score_function: "unknown".to_owned(),
            experts: 4,
            top_k: 1,
            shared_experts: 0,
            moe_layers: vec![0, 1, 2, 3],
            capture: Capture::Ids,
        }
    }

    fn imported(languages: ImportedLanguages) -> RoutingReport {
        let (model, corpus) = ("m".to_owned(), "c".to_owned());
        let router = router();
        let imported = Imported { model, corpus, router, languages, notes: Vec::new() };
        RoutingReport::of_imported(imported, Resampling { draws: 50, ..Default::default() })
            .unwrap()
    }

    /// Ten tokens, the first expert more often the higher `lean`.
    fn document(lean: u64) -> RoutingCounts {
        let mut counts = RoutingCounts::zeros(SHAPE, false);
        counts.tokens = 10;
        for layer in 0..4 {
            counts.selections[layer * 4] = lean;
            counts.selections[layer * 4 + 1] = 10 - lean;
        }
        counts
    }

    #[test]
    fn documents_give_what_their_rates_give_and_intervals() {
        let documents = vec!["1".to_owned(), "2".to_owned(), "3".to_owned()];
        let (en, he) = ([5, 4, 6].map(document), [9, 8, 9].map(document));
        let by_document = imported(ImportedLanguages::Documents {
            documents,
            languages: vec![("en".to_owned(), en.to_vec()), ("he".to_owned(), he.to_vec())],
        });
        let rates = |language: &str, documents: &[RoutingCounts; 3]| {
            let (_, rows) = (0, sum(language.to_owned(), documents).unwrap().unwrap());
            ImportedRates {
                language: language.to_owned(),
                tokens: 30,
                activation: rows.counts.profile().unwrap(),
                mean_scores: None,
            }
        };
        let plain = imported(ImportedLanguages::Rates(vec![rates("en", &en), rates("he", &he)]));
        let gap = |report: &RoutingReport| {
            let (_, pair) = &report.pairs[0];
            assert_eq!((pair.a.language.as_str(), pair.b.language.as_str()), ("he", "en"));
            pair.mean(PairMeasure::EntropyGap).unwrap().clone()
        };
        assert!((gap(&by_document).value - gap(&plain).value).abs() < 1e-12);
        assert!(gap(&by_document).interval.is_some() && gap(&plain).interval.is_none());
    }
}
