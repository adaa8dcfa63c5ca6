//! A run's own routing.json.

use std::path::Path;

use harness_metrics::{RoutingCounts, RoutingShape};
use harness_reports::manifest::{Capture, RouterManifest};
use harness_reports::routing::{Imported, ImportedLanguages, ImportedRates};
use serde::Deserialize;

use super::{ImportError, stem};

#[derive(Deserialize)]
struct File {
    schema_version: u32,
    model: String,
    score_fn: String,
    num_experts: usize,
    #[serde(default)]
    num_shared_experts: usize,
    top_k: usize,
    moe_layers: Vec<usize>,
    groups: Vec<Group>,
    pairs: Vec<Pair>,
}

#[derive(Deserialize)]
struct Group {
    task: String,
    span: String,
    capture: Capture,
    tokens: u64,
    selection_counts: Vec<Vec<u64>>,
    score_sums: Option<Vec<Vec<f64>>>,
}

#[derive(Deserialize)]
struct Pair {
    #[serde(default)]
    corpus: String,
    a: Side,
    b: Side,
}

#[derive(Deserialize)]
struct Side {
    task: String,
    language: String,
}

/// One import a pair of languages that the file compares.
pub(super) fn read(path: &Path) -> Result<Vec<Imported>, ImportError> {
    let text = std::fs::read_to_string(path)
        .map_err(|source| ImportError::Read { path: path.to_owned(), source })?;
    let file: File = serde_json::from_str(&text).map_err(|error| {
        let place = format!("line {}, column {}", error.line(), error.column());
        ImportError::Content { path: path.to_owned(), place, problem: error.to_string() }
    })?;
    let reader = Reader { path, file };
    reader.check_version()?;
    reader.file.pairs.iter().map(|pair| reader.pair(pair)).collect()
}

struct Reader<'a> {
    path: &'a Path,
    file: File,
}

impl Reader<'_> {
    fn wrong(&self, place: String, problem: &str) -> ImportError {
        ImportError::Content { path: self.path.to_owned(), place, problem: problem.to_owned() }
    }

    fn check_version(&self) -> Result<(), ImportError> {
        match self.file.schema_version {
            1 if !self.file.pairs.is_empty() => Ok(()),
            1 => Err(self.wrong("pairs".to_owned(), "is empty: the run read no parallel text")),
            _ => Err(self.wrong("schema_version".to_owned(), "is not 1, which this program reads")),
        }
    }

    fn shape(&self) -> RoutingShape {
        let File { num_experts: experts, top_k, .. } = self.file;
        RoutingShape { layers: self.file.moe_layers.len(), experts, top_k }
    }

    fn pair(&self, pair: &Pair) -> Result<Imported, ImportError> {
        let languages = [&pair.a, &pair.b].map(|side| self.side(side));
        let [first, second] = languages;
        let (first, second) = (first?, second?);
        let router = RouterManifest {
            score_function: self.file.score_fn.clone(),
            experts: self.file.num_experts,
            top_k: self.file.top_k,
            shared_experts: self.file.num_shared_experts,
            moe_layers: self.file.moe_layers.clone(),
            capture: first.1,
        };
        Ok(Imported {
            model: self.file.model.clone(),
            corpus: if pair.corpus.is_empty() { stem(self.path) } else { pair.corpus.clone() },
            router,
            languages: ImportedLanguages::Rates(vec![first.0, second.0]),
            notes: vec![format!(
                "{}: sums over all documents, so there are no intervals and no controls, and rows of one language only \
                 are counted too; `harness routing show` of the run has them.",
                self.path.display()
            )],
        })
    }

    fn side(&self, side: &Side) -> Result<(ImportedRates, Capture), ImportError> {
        let groups = &self.file.groups;
        let found = groups.iter().position(|g| g.task == side.task && g.span == "question");
        let place = || format!("groups, task {}", side.task);
        let position =
            found.ok_or_else(|| self.wrong(place(), "has no group of span `question`"))?;
        let group = &groups[position];
        let shape = self.shape();
        let fits = |lengths: Vec<usize>| {
            lengths.len() == shape.layers && lengths.iter().all(|l| *l == shape.experts)
        };
        let tables = group.selection_counts.iter().map(Vec::len).collect();
        let sums = group.score_sums.iter().flatten().map(Vec::len).collect::<Vec<_>>();
        if !fits(tables) || (group.score_sums.is_some() && !fits(sums)) {
            return Err(
                self.wrong(place(), "has tables of another shape than moe_layers × num_experts")
            );
        }
        let counts = RoutingCounts {
            shape,
            tokens: group.tokens,
            selections: group.selection_counts.concat(),
            entropy_bits: vec![0.0; shape.layers],
            scores: group.score_sums.as_ref().map(|sums| sums.concat()),
        };
        counts
            .check()
            .map_err(|source| ImportError::Counts { path: self.path.to_owned(), source })?;
        let activation = counts.profile();
        let activation = activation.ok_or_else(|| self.wrong(place(), "counts no token"))?;
        let rates = ImportedRates {
            language: side.language.clone(),
            tokens: group.tokens,
            activation,
            mean_scores: counts.mean_scores(),
        };
        Ok((rates, group.capture))
    }
}
