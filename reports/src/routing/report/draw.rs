//! Collecting everything that a record says about routing.

use harness_metrics::scores::Resampling;
use serde::Serialize;

use super::super::{
    GapAgreement, RoutingPair, RoutingStudy, StageComparison, TaskStudy, TraceStudy,
};
use crate::manifest::{Manifest, RouterManifest};
use crate::record::{Record, RecordError};

/// What to look at.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct ReportOptions {
    /// Also measure the benchmark tasks' own text, which takes longer.
    pub tasks: bool,
    /// How to resample.
    pub resampling: Resampling,
}

/// The routers of one model.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct RouterFacts {
    /// Alias of the model, or the name of an imported table.
    pub model: String,
    /// The routers.
    pub router: RouterManifest,
}

/// Everything that is known about the routing of one or more models.
#[derive(Clone, Debug, Default)]
pub struct RoutingReport {
    /// Models with routers.
    pub routers: Vec<RouterFacts>,
    /// Models without.
    pub dense: Vec<String>,
    /// (model, two languages of parallel text).
    pub pairs: Vec<(String, RoutingPair)>,
    /// Checkpoints against those they are compared with.
    pub stages: Vec<StageComparison>,
    /// Gaps of two languages against each other.
    pub agreements: Vec<GapAgreement>,
    /// Benchmark tasks' own text.
    pub tasks: Vec<TaskStudy>,
    /// What traces of tokens show.
    pub traces: TraceStudy,
    /// What has to be known about where the numbers come from.
    pub sources: Vec<String>,
}

impl RoutingReport {
    /// Reads a record.
    ///
    /// # Errors
    /// The first damaged row, by name.
    pub fn draw(record: &Record, options: &ReportOptions) -> Result<Self, RecordError> {
        let manifest = record.manifest();
        let study = RoutingStudy::draw(record, options.resampling)?;
        let mut report = Self::of_study(manifest, study);
        report.traces = TraceStudy::draw(record, options.resampling)?;
        if options.tasks {
            for model in report.routers.iter().map(|facts| facts.model.clone()) {
                for task in benchmark_tasks(manifest) {
                    let study = TaskStudy::draw(record, &model, task, options.resampling)?;
                    report.tasks.push(study);
                }
            }
        }
        Ok(report)
    }

    /// Leaves out all other models; none are left out when `models` is empty.
    ///
    /// # Errors
    /// When a name is none of the models, with those that there are.
    pub fn keep_models(&mut self, models: &[String]) -> Result<(), String> {
        if models.is_empty() {
            return Ok(());
        }
        let names = self.routers.iter().map(|facts| &facts.model).chain(&self.dense);
        let known: Vec<&str> = names.map(String::as_str).collect();
        if let Some(unknown) = models.iter().find(|model| !known.contains(&model.as_str())) {
            return Err(format!("there is no model `{unknown}`; there are {}", known.join(", ")));
        }
        let kept = |model: &String| models.contains(model);
        self.routers.retain(|facts| kept(&facts.model));
        self.dense.retain(kept);
        self.pairs.retain(|(model, _)| kept(model));
        self.stages.retain(|stage| kept(&stage.stage) && kept(&stage.base));
        self.agreements.retain(|agreement| kept(&agreement.model));
        self.traces.coactivation.retain(|found| kept(&found.model));
        self.traces.saturation.retain(|found| kept(&found.stage) && kept(&found.base));
        for study in &mut self.tasks {
            study.routing.retain(|routing| kept(&routing.model));
            study.contrasts.retain(|contrast| kept(&contrast.model));
        }
        Ok(())
    }

    fn of_study(manifest: &Manifest, study: RoutingStudy) -> Self {
        let mut report = Self::default();
        for (model, info) in &manifest.models {
            match info.router.clone() {
                Some(router) => {
                    report.routers.push(RouterFacts { model: model.clone(), router });
                    let pairs = study.pairs(model).iter().cloned();
                    report.pairs.extend(pairs.map(|pair| (model.clone(), pair)));
                }
                None => report.dense.push(model.clone()),
            }
        }
        report.stages = study.stages;
        report.agreements = study.agreements;
        report
    }

    /// The routers of a model.
    pub(super) fn router(&self, model: &str) -> Option<&RouterManifest> {
        self.routers.iter().find(|facts| facts.model == model).map(|facts| &facts.router)
    }

    /// (corpus, first language, second language) of every pair, once, in order.
    pub(super) fn language_pairs(&self) -> Vec<[String; 3]> {
        let mut found: Vec<[String; 3]> = Vec::new();
        for (_, pair) in &self.pairs {
            let names = [&pair.corpus, &pair.a.language, &pair.b.language].map(Clone::clone);
            if !found.contains(&names) {
                found.push(names);
            }
        }
        found
    }

    /// Pairs of that corpus and those languages, with their models.
    pub(super) fn pairs_of(&self, names: &[String; 3]) -> Vec<(&str, &RoutingPair)> {
        let same = |pair: &RoutingPair| {
            [&pair.corpus, &pair.a.language, &pair.b.language] == [&names[0], &names[1], &names[2]]
        };
        let all = self.pairs.iter().filter(|(_, pair)| same(pair));
        all.map(|(model, pair)| (model.as_str(), pair)).collect()
    }
}

/// Tasks that are not parallel text.
fn benchmark_tasks(manifest: &Manifest) -> impl Iterator<Item = &str> {
    let benchmarks = manifest.tasks.iter().filter(|(_, task)| !task.is_probe());
    benchmarks.map(|(name, _)| name.as_str())
}
