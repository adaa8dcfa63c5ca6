//! Drawing the numbers from a record.

use harness_metrics::scores::Resampling;
use indexmap::IndexMap;

use super::averages::{Average, averages};
use super::categories::categories;
use super::cells::{Cell, CellBuilder};
use super::comparison::{CompareOptions, Comparison, along_lineage};
use super::link::{self, Link, LinkBuilder, TaskDocuments};
use super::routing::{LayerMeasures, RoutingGroup, SpanDocuments};
use crate::manifest::{Capture, HEADLINE, Manifest, MetricName};
use crate::record::{Record, RecordError};
use crate::routing::{RoutingPair, RoutingStudy};

/// The numbers of a run.
#[derive(Clone, Debug)]
pub struct Summary {
    /// What the run is.
    pub manifest: Manifest,
    /// When its record was created, seconds since 1970.
    pub created: u64,
    /// How intervals were resampled.
    pub resampling: Resampling,
    /// What parallel text shows of the routers.
    pub study: RoutingStudy,
    models: IndexMap<String, ModelSummary>,
    comparisons: Vec<Comparison>,
    link: Link,
}

#[derive(Clone, Debug, Default)]
struct ModelSummary {
    cells: IndexMap<String, Cell>,
    averages: Vec<Average>,
    categories: Vec<Average>,
    routing: Vec<RoutingGroup>,
    documents: IndexMap<String, TaskDocuments>,
}

impl Summary {
    /// Reads the whole record.
    ///
    /// # Errors
    /// The first damaged row, by name.
    pub fn draw(record: &Record) -> Result<Self, RecordError> {
        let resampling = Resampling::default();
        let draw = |alias: &String| Ok((alias.clone(), draw_model(record, alias, resampling)?));
        let mut summary = Self {
            manifest: record.manifest().clone(),
            created: record.created(),
            resampling,
            study: RoutingStudy::draw(record, resampling)?,
            models: record
                .manifest()
                .models
                .keys()
                .map(draw)
                .collect::<Result<_, RecordError>>()?,
            comparisons: Vec::new(),
            link: Link::default(),
        };
        summary.comparisons = along_lineage(&summary, &CompareOptions::default());
        summary.link = link::draw(&summary);
        Ok(summary)
    }

    /// What became of a (model, task) of the manifest.
    #[must_use]
    pub fn cell(&self, model: &str, task: &str) -> Option<&Cell> {
        self.models.get(model)?.cells.get(task)
    }

    /// A model's averages, by group in the manifest's order.
    #[must_use]
    pub fn averages(&self, model: &str) -> &[Average] {
        self.models.get(model).map_or(&[], |model| &model.averages)
    }

    /// A model's averages by category of task.
    #[must_use]
    pub fn categories(&self, model: &str) -> &[Average] {
        self.models.get(model).map_or(&[], |model| &model.categories)
    }

    /// Each model against the ones that it comes from or is to be compared with.
    #[must_use]
    pub fn comparisons(&self) -> &[Comparison] {
        &self.comparisons
    }

    /// A model's routing by task and span.
    #[must_use]
    pub fn routing(&self, model: &str) -> &[RoutingGroup] {
        self.models.get(model).map_or(&[], |model| &model.routing)
    }

    /// How routing and scores hang together.
    #[must_use]
    pub fn link(&self) -> &Link {
        &self.link
    }

    /// Documents of a (model, task) as the link sees them.
    pub(super) fn documents(&self, model: &str, task: &str) -> Option<&TaskDocuments> {
        self.models.get(model)?.documents.get(task)
    }

    /// A model's comparisons of two languages.
    #[must_use]
    pub fn pairs(&self, model: &str) -> &[RoutingPair] {
        self.study.pairs(model)
    }
}

fn draw_model(
    record: &Record,
    alias: &str,
    resampling: Resampling,
) -> Result<ModelSummary, RecordError> {
    let manifest = record.manifest();
    let mut model = ModelSummary::default();
    for task in manifest.tasks.keys() {
        draw_task(record, alias, task, resampling, &mut model)?;
    }
    let cells = &model.cells;
    let each =
        manifest.groups.iter().flat_map(|group| averages(manifest, group, |task| cells.get(task)));
    model.averages = each.collect();
    model.categories = categories(manifest, |task| cells.get(task));
    Ok(model)
}

fn draw_task(
    record: &Record,
    alias: &str,
    task: &str,
    resampling: Resampling,
    model: &mut ModelSummary,
) -> Result<(), RecordError> {
    let manifest = &record.manifest().tasks[task];
    let (mut cell, mut documents) = (CellBuilder::default(), SpanDocuments::default());
    let mut link = (!manifest.probe).then(LinkBuilder::default);
    record.for_each_document(alias, task, |document| {
        cell.add(&document);
        documents.add(&document);
        if let Some(link) = &mut link {
            link.add(&document, manifest);
        }
        Ok::<(), RecordError>(())
    })?;
    let averaged = averaged_metrics(record.manifest());
    let (outcome, work) = (record.outcome(alias, task)?, record.work(alias, task)?);
    let statistics = record.corpus_statistics(alias, task)?;
    let cell = cell.finish(manifest, outcome, work, &averaged, resampling, statistics);
    if let Some(link) = link {
        let texts = record.text_sizes(alias, task)?;
        model.documents.insert(task.to_owned(), link.finish(manifest, &cell, &texts));
    }
    model.cells.insert(task.to_owned(), cell);
    let router = record.manifest().models[alias].router.as_ref();
    let capture = router.map_or_else(Capture::default, |router| router.capture);
    for (span, counts) in record.routing_totals(alias, task)? {
        model.routing.push(RoutingGroup {
            task: task.to_owned(),
            language: manifest.language.clone(),
            span,
            capture,
            documents: documents.of(span),
            measures: LayerMeasures::of(&counts, capture),
            counts,
        });
    }
    Ok(())
}

/// Metrics that groups average beside the tasks' headline metrics.
fn averaged_metrics(manifest: &Manifest) -> Vec<MetricName> {
    let rules = manifest.groups.iter().flat_map(|group| &group.aggregate);
    let named = rules.filter(|rule| rule.metric != HEADLINE).flat_map(|rule| {
        let name =
            |filter: &String| MetricName { metric: rule.metric.clone(), filter: filter.clone() };
        rule.filters.iter().map(name)
    });
    named.collect()
}
