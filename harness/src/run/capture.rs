use std::collections::BTreeMap;

use harness_metrics::routing::trace::TokenTrace;
use harness_models::{Batch, Cache, ForwardError, ForwardOutput, GroupCounter, Model};

use super::executor::Executor;
use super::groups::Groups;
use super::routing::{RoutingTotals, shape_of};
use super::trace::TracingCounter;

/// What [`Executor::held_sums`] is set to: little beside the weights, also where an accelerator takes four times as
/// much for them, and enough for 900 groups of a model of 48 layers with 128 experts, so that a step of generation by
/// hundreds of sequences needs no read-out.
pub const HELD_SUMS: usize = 64 << 20;

/// Bytes that a group takes for each expert of a layer: how often it was chosen, and the sum of its scores.
const BYTES_PER_EXPERT: usize = 12;

/// The routing of a window on its way.
///
/// Groups keep their numbers from batch to batch, so that the counter is seldom read: on an accelerator that is to
/// wait for it, to copy and to add up as many numbers as all groups have.
pub(super) struct Capture {
    /// The groups since the counter was last read.
    groups: Groups,
    /// How many of them there may be.
    held_groups: usize,
    counter: GroupCounter,
    totals: RoutingTotals,
    near_ties: u64,
    /// By document, where they are kept.
    traces: Option<BTreeMap<usize, TokenTrace>>,
}

/// What came of a window's routing.
#[derive(Default)]
pub(super) struct Captured {
    pub totals: Option<RoutingTotals>,
    pub traces: BTreeMap<usize, TokenTrace>,
    pub near_ties: u64,
}

impl Capture {
    /// None where no routing is asked for, or the model has none.
    pub(super) fn new(executor: &Executor<'_>) -> Option<Self> {
        let architecture = executor.model.architecture();
        let shape = shape_of(architecture).filter(|_| executor.routing)?;
        Some(Self {
            groups: Groups::default(),
            held_groups: executor.held_sums / (shape.cells() * BYTES_PER_EXPERT).max(1),
            counter: GroupCounter::new(architecture),
            totals: RoutingTotals::new(shape, executor.keep_cell_scores),
            near_ties: 0,
            traces: executor.trace.then(BTreeMap::new),
        })
    }

    /// The next batch. Where it brings more groups than may be held, the counter is read before it; a batch that has
    /// more by itself is run nevertheless.
    pub(super) fn plan(
        &mut self,
        plan: impl Fn(&mut Groups) -> Batch,
    ) -> Result<Batch, ForwardError> {
        let held = self.groups.len();
        let batch = plan(&mut self.groups);
        if held == 0 || self.groups.len() <= held.max(self.held_groups) {
            return Ok(batch);
        }
        self.read()?;
        Ok(plan(&mut self.groups))
    }

    /// Runs the batch that was planned last.
    pub(super) fn forward(
        &mut self,
        model: &dyn Model,
        batch: &Batch,
        cache: &mut Cache,
    ) -> Result<ForwardOutput, ForwardError> {
        let Some(traces) = &mut self.traces else {
            return model.forward(batch, cache, &mut self.counter);
        };
        let shape = self.totals.shape();
        let mut tracing = TracingCounter::new(&mut self.counter, batch, &self.groups, shape);
        let output = model.forward(batch, cache, &mut tracing)?;
        tracing.finish(traces);
        Ok(output)
    }

    /// Adds up what the counter holds; the groups begin anew.
    fn read(&mut self) -> Result<(), ForwardError> {
        let routing = self.counter.take()?;
        self.near_ties += routing.near_ties;
        self.totals.add(&std::mem::take(&mut self.groups), &routing);
        Ok(())
    }

    pub(super) fn finish(mut self) -> Result<Captured, ForwardError> {
        self.read()?;
        let (totals, near_ties) = (Some(self.totals), self.near_ties);
        Ok(Captured { totals, traces: self.traces.unwrap_or_default(), near_ties })
    }
}
