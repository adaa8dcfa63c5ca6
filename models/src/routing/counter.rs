//! [`GroupCounter`]: the observer that keeps sums instead of a trace.

use super::groups::GroupSums;
use super::{GroupRouting, MoeLayer, RouterDecision, RoutingObserver};
use crate::cuda::{DeviceSums, Routed};
use crate::{Architecture, Batch, ForwardError, UNCOUNTED};

/// Sums routing by group over any number of passes, in memory that does not grow with tokens.
///
/// A number is one and the same group in every batch. Where an accelerator decides, it sums too, and
/// nothing waits for it before [`take`](Self::take): the less often that is called, the less does
/// counting cost. Memory is 12 bytes a group, MoE layer and expert, of an accelerator up to four times
/// that, for it grows by doubling. After a pass that failed the sums are good for nothing.
#[derive(Debug)]
pub struct GroupCounter {
    /// The group of every token of the pass.
    group_of: Vec<u32>,
    /// The counted tokens of all passes, and what was decided in host memory.
    sums: GroupSums,
    /// What was decided on an accelerator.
    device: DeviceSums,
}

impl GroupCounter {
    /// A counter of passes through a model of this architecture.
    pub fn new(architecture: &Architecture) -> Self {
        Self::of(architecture.moe_layers.len(), architecture.experts)
    }

    /// A counter of decisions by so many layers among so many experts.
    pub(crate) fn of(layers: usize, experts: usize) -> Self {
        let (sums, device) = (GroupSums::new(layers, experts), DeviceSums::new(layers, experts));
        Self { group_of: vec![], sums, device }
    }

    /// The sums of all passes since the last call, after waiting for an accelerator that formed any.
    ///
    /// A group with an invalid decision counts as if it had no tokens in any of these passes: what is
    /// left of it would say of some layers what it does not say of others.
    ///
    /// An accelerator has room for sums below 2²³ for each group and layer: call this before a group has
    /// 2²³ / log₂(experts) tokens (1.2 million with 128 experts), and anywhere before 2³² of them.
    ///
    /// # Errors
    /// If the accelerator fails; the sums are lost then.
    pub fn take(&mut self) -> Result<GroupRouting, ForwardError> {
        let (layers, experts) = self.sums.shape();
        let Self { mut sums, device, .. } = std::mem::replace(self, Self::of(layers, experts));
        sums.make_room();
        device.add_to(&mut sums)?;
        Ok(sums.finish())
    }

    /// Adds what a layer decided on a device. Waits for nothing.
    pub(crate) fn add(&mut self, layer: MoeLayer, routed: &Routed) -> candle_core::Result<()> {
        self.device.add(layer.index, routed, &self.group_of, self.sums.groups())
    }
}

impl RoutingObserver for GroupCounter {
    fn begin(&mut self, batch: &Batch) {
        let group_of = batch.packed_groups();
        self.sums.add_tokens(&group_of, batch.groups);
        if group_of != self.group_of {
            self.group_of = group_of;
            self.device.forget_groups();
        }
    }

    fn counter(&mut self) -> Option<&mut GroupCounter> {
        Some(self)
    }

    fn observe(&mut self, layer: MoeLayer, decision: &RouterDecision) {
        self.sums.make_room();
        for (token, &group) in self.group_of.iter().take(decision.tokens).enumerate() {
            if group != UNCOUNTED {
                self.sums.add(group as usize, layer, token, decision);
            }
        }
    }
}
