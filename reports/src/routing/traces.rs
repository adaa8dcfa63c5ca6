//! What traces of tokens show: companions among experts, and whether checkpoints agree on a token.

use std::collections::BTreeMap;

use harness_metrics::routing::bands::{Band, DocumentTable};
use harness_metrics::routing::collapse;
use harness_metrics::routing::trace::{TokenTrace, companionship};
use harness_metrics::scores::{Clusters, Resampling};
use indexmap::IndexMap;
use serde::Serialize;

use super::curve::{Curve, Measured};
use super::study::BAND_DRAWS;
use crate::record::{DocumentDetails, Record, RecordError};
use crate::summary::comparison::edges;

/// Co-activation of one (model, task).
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct CoActivation {
    /// Alias of the model.
    pub model: String,
    /// Name of the task.
    pub task: String,
    /// Tokens traced.
    pub tokens: usize,
    /// Mean over used experts of the largest co-activation with another, by layer.
    pub closest: Vec<Option<f64>>,
    /// What independent choices of equally busy experts would give: (k − 1)/(E − 1).
    pub independent: Option<f64>,
}

/// Whether two checkpoints send the same token to the same experts.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct Saturation {
    /// The later checkpoint.
    pub stage: String,
    /// The one it is compared with.
    pub base: String,
    /// Name of the task.
    pub task: String,
    /// Documents that both traced with equally many tokens.
    pub documents: usize,
    /// Share of a token's experts in common, by layer, intervals by resampling documents.
    pub shared: Curve,
    /// What unrelated routers would give: k/E.
    pub unrelated: f64,
}

/// Everything that the traces of a record show.
#[derive(Clone, PartialEq, Debug, Default, Serialize)]
pub struct TraceStudy {
    /// By model and task.
    pub coactivation: Vec<CoActivation>,
    /// By stage and task.
    pub saturation: Vec<Saturation>,
}

impl TraceStudy {
    /// Reads the traces of a record; empty without any.
    ///
    /// # Errors
    /// The first damaged row, by name.
    pub fn draw(record: &Record, resampling: Resampling) -> Result<Self, RecordError> {
        let manifest = record.manifest();
        let mut study = Self::default();
        if !manifest.run.routing_trace {
            return Ok(study);
        }
        let resampling = Resampling { draws: resampling.draws.min(BAND_DRAWS), ..resampling };
        for task in manifest.tasks.keys() {
            let mut traces: IndexMap<&str, BTreeMap<usize, TokenTrace>> = IndexMap::new();
            for model in manifest.models.keys() {
                let details = record.details(model, task)?.into_values();
                let trace = |details: DocumentDetails| Some((details.doc_id, details.trace?));
                traces.insert(model, details.filter_map(trace).collect());
            }
            for (model, traces) in &traces {
                study.coactivation.extend(coactivation(model, task, traces));
            }
            study.saturation.extend(edges(manifest).iter().filter_map(|(stage, base, _)| {
                let both = [traces.get(stage.as_str())?, traces.get(base.as_str())?];
                saturation((stage, base, task), both, resampling)
            }));
        }
        Ok(study)
    }
}

fn coactivation(
    model: &str,
    task: &str,
    traces: &BTreeMap<usize, TokenTrace>,
) -> Option<CoActivation> {
    let shape = traces.values().next()?.shape;
    let mut all = TokenTrace::new(shape);
    for trace in traces.values() {
        all.extend(trace).ok()?;
    }
    Some(CoActivation {
        model: model.to_owned(),
        task: task.to_owned(),
        tokens: all.tokens(),
        closest: (0..shape.layers).map(|layer| companionship(&all, layer)).collect(),
        independent: (shape.top_k > 1 && shape.experts > 1)
            .then(|| (shape.top_k - 1) as f64 / (shape.experts - 1) as f64),
    })
}

fn saturation(
    (stage, base, task): (&str, &str, &str),
    [ours, theirs]: [&BTreeMap<usize, TokenTrace>; 2],
    resampling: Resampling,
) -> Option<Saturation> {
    let shape = ours.values().next()?.shape;
    let mut table = DocumentTable::new(shape.layers, 1, 0);
    for (document, trace) in ours {
        let other = theirs.get(document).filter(|other| {
            other.shape == shape && other.tokens() == trace.tokens() && trace.tokens() > 0
        });
        if let Some(other) = other {
            let shares = |layer| {
                harness_metrics::routing::trace::saturation(trace, other, layer).unwrap_or(0.0)
            };
            let tokens = trace.tokens() as f64;
            let sums: Vec<Vec<f32>> =
                (0..shape.layers).map(|layer| vec![(shares(layer) * tokens) as f32]).collect();
            table.push(tokens, &sums);
        }
    }
    let clusters = Clusters::singletons(table.len());
    let share = |loads: &[Vec<f64>]| loads[0].first().copied();
    let band = Band::of(&[&table], &clusters, resampling, share)?;
    let values = band.values.iter().copied().map(Some).collect();
    let measured = Measured { values, band: Some(band), documents: table.len() };
    Some(Saturation {
        stage: stage.to_owned(),
        base: base.to_owned(),
        task: task.to_owned(),
        documents: table.len(),
        shared: measured.curve_within((0.0, 1.0)),
        unrelated: shape.top_k as f64 / shape.experts as f64,
    })
}

impl CoActivation {
    /// Mean over layers.
    #[must_use]
    pub fn mean(&self) -> Option<f64> {
        collapse::mean(&self.closest.iter().copied().collect::<Option<Vec<f64>>>()?)
    }
}

#[cfg(test)]
mod tests {
    use harness_metrics::RoutingShape;

    use super::*;
    use crate::testing::{self, manifest};

    const SHAPE: RoutingShape = testing::SHAPE;

    /// One token a document; its experts begin at `first` in every layer.
    fn details(doc_id: usize, first: u16) -> DocumentDetails {
        let ids = (0..SHAPE.layers).flat_map(|_| first..first + SHAPE.top_k as u16).collect();
        DocumentDetails { doc_id, text: None, trace: Some(TokenTrace { shape: SHAPE, ids }) }
    }

    #[test]
    fn stages_are_set_against_their_parents() {
        let dir = tempfile::tempdir().unwrap();
        let mut manifest = manifest();
        manifest.run.routing_trace = true;
        let mut record = Record::open(dir.path(), &manifest).unwrap();
        for (model, shift) in [("base", 0), ("cpt", 1)] {
            let mut window = testing::window(model, "probe_he", 0, 0, 3);
            window.details = (0..3).map(|id| details(id, shift * (id as u16 % 2))).collect();
            record.commit(&window).unwrap();
        }
        let study = TraceStudy::draw(&record, Resampling::default()).unwrap();
        let [saturation] = study.saturation.as_slice() else { panic!("{:?}", study.saturation) };
        assert_eq!((saturation.stage.as_str(), saturation.base.as_str()), ("cpt", "base"));
        // Documents 0 and 2 agree on 4 of 4 experts, document 1 on 3.
        assert!((saturation.shared.value(0).unwrap() - 11.0 / 12.0).abs() < 1e-6);
        assert_eq!((saturation.documents, saturation.unrelated), (3, 0.25));
        let base = &study.coactivation.iter().find(|found| found.model == "base").unwrap();
        assert_eq!((base.tokens, base.mean()), (3, Some(1.0)));
    }
}
