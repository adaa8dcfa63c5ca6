//! [`DeviceSums`]: routing summed by group where the decisions are made.

use candle_core::{DType, Device, Result, Tensor};
use rayon::prelude::*;

use super::route::{ROUTE, Routed};
use super::{Buffer, Launch};
use crate::{GroupCounter, GroupRouting, UNCOUNTED};

/// Tokens that a warp adds up before it looks for the next.
const RUN: usize = 8;
/// Warps of a block.
const WARPS: usize = 4;
/// Units of scores and entropies in a whole, as in `route.cu`.
const UNITS: f64 = (1u64 << 40) as f64;

/// What [`crate::GroupCounter`] is on the CPU: sums over all layers of one pass, in the device's
/// memory until they are asked for.
///
/// Counts are exact. Scores and entropies are summed as multiples of 2⁻⁴⁰, so a sum does not depend
/// on the order in which tokens are added.
pub(crate) struct DeviceSums {
    group_of: Tensor,
    tokens: Vec<u64>,
    groups: usize,
    layers: usize,
    experts: usize,
    sums: Buffer,
    device: Device,
}

impl DeviceSums {
    /// The sums that a counter is to take over.
    pub(crate) fn of_counter(counter: &GroupCounter, device: &Device) -> Result<Self> {
        let (group_of, [groups, layers, experts]) = counter.shape();
        Self::of(group_of.to_vec(), groups, layers, experts, device)
    }

    /// Sums over tokens of the given groups, below `groups` or [`UNCOUNTED`].
    pub(crate) fn of(
        group_of: Vec<u32>,
        groups: usize,
        layers: usize,
        experts: usize,
        device: &Device,
    ) -> Result<Self> {
        let mut tokens = vec![0; groups];
        for &group in group_of.iter().filter(|&&group| group != UNCOUNTED) {
            tokens[group as usize] += 1;
        }
        let rows = group_of.len();
        let group_of = Tensor::from_vec(group_of, rows, device)?;
        let cells = groups * layers;
        let numbers = cells * experts + cells + 2 + groups + (cells * experts).div_ceil(2);
        let sums = Buffer::zeros(device, DType::I64, numbers)?;
        Ok(Self { group_of, tokens, groups, layers, experts, sums, device: device.clone() })
    }

    /// Adds the decisions of the MoE layer of this index.
    pub(crate) fn add(&mut self, layer: usize, routed: &Routed) -> Result<()> {
        let (tokens, top_k) = routed.ids.dims2()?;
        if tokens == 0 || self.groups == 0 {
            return Ok(());
        }
        Launch::new(ROUTE, "sum_groups", tokens.div_ceil(RUN * WARPS), 32 * WARPS)
            .shared(12 * self.experts * WARPS)
            .tensor(&routed.ids)
            .tensor(&routed.scores)
            .tensor(&routed.flags)
            .tensor(&self.group_of)
            .buffer(&mut self.sums)
            .count(tokens)
            .count(self.experts)
            .count(top_k)
            .count(self.groups)
            .count(self.layers)
            .count(layer)
            .count(RUN)
            .run(&self.device)
    }

    /// Waits for the device and copies the sums. A group with an invalid decision counts as if it
    /// had no tokens.
    pub(crate) fn finish(self) -> Result<GroupRouting> {
        self.sums.read(|all| self.routing(all))
    }

    /// The sums from where they lie in `all`, as `route.cu` puts them there.
    fn routing(&self, all: &[i64]) -> GroupRouting {
        let &Self { groups, layers, experts, .. } = self;
        let cells = groups * layers;
        let (scores, rest) = all.split_at(cells * experts);
        let (entropy, rest) = rest.split_at(cells);
        let (counts, rest) = rest.split_at(2);
        let (spoilt, selections) = rest.split_at(groups);
        let whole = |&sum: &i64| sum as f64 / UNITS;
        let halves = |&pair: &i64| [pair as u32, (pair >> 32) as u32];
        let mut selections: Vec<u32> = selections.par_iter().flat_map_iter(halves).collect();
        selections.truncate(cells * experts); // an odd number leaves half a number over
        let mut routing = GroupRouting {
            tokens: self.tokens.clone(),
            selections,
            entropy_bits: entropy.iter().map(whole).collect(),
            scores: scores.par_iter().map(whole).collect(),
            near_ties: counts[0].unsigned_abs(),
            invalid: counts[1].unsigned_abs(),
        };
        for group in (0..groups).filter(|&group| spoilt[group] != 0) {
            routing.clear(group, layers, experts);
        }
        routing
    }
}

#[cfg(test)]
#[path = "tests/sums.rs"]
mod tests;
