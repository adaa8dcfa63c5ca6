//! [`DeviceSums`]: routing summed by group where the decisions are made.

use candle_core::{DType, Device, Error, Result, Tensor};
use rayon::prelude::*;

use super::route::{ROUTE, Routed};
use super::{Buffer, Launch, multiprocessors};
use crate::routing::GroupSums;

/// The most tokens that a warp adds up before it gives their sums away.
const RUN: usize = 8;
/// Warps that keep a multiprocessor busy: fewer tokens take a warp each.
const BUSY: usize = 16;
/// Warps of a block.
const WARPS: usize = 4;
/// Units of scores and entropies in a whole, as in `route.cu`.
const UNITS: f64 = (1u64 << 40) as f64;

/// Sums over passes in the device's memory, until they are asked for.
///
/// Counts are exact. Scores and entropies are summed as multiples of 2⁻⁴⁰, so a sum does not depend
/// on the order in which tokens are added.
#[derive(Debug)]
pub(crate) struct DeviceSums {
    layers: usize,
    experts: usize,
    /// What is to be added up; the last takes what comes. Each has room for at least twice as many
    /// groups as the one before, so that all together are no larger than two of the last.
    parts: Vec<Part>,
    /// The groups of the pass, once they are on the device.
    group_of: Option<Tensor>,
}

impl DeviceSums {
    /// No sums; the first decision takes memory where it lies.
    pub(crate) fn new(layers: usize, experts: usize) -> Self {
        Self { layers, experts, parts: vec![], group_of: None }
    }

    /// Tells that the next decisions are for tokens of other groups.
    pub(crate) fn forget_groups(&mut self) {
        self.group_of = None;
    }

    /// Adds the decisions of the MoE layer of this index for tokens of the given groups, below
    /// `groups` or [`UNCOUNTED`](crate::UNCOUNTED). Waits for nothing.
    ///
    /// # Errors
    /// If the decisions are not for these tokens or not of such a model, or the device fails.
    pub(crate) fn add(
        &mut self,
        layer: usize,
        routed: &Routed,
        group_of: &[u32],
        groups: usize,
    ) -> Result<()> {
        let (tokens, top_k) = routed.ids.dims2()?;
        let experts = routed.scores.dim(1)?;
        if (tokens, experts) != (group_of.len(), self.experts) || layer >= self.layers {
            return Err(Error::msg("the counter of routing is of another pass or another model"));
        }
        if tokens == 0 || groups == 0 {
            return Ok(());
        }
        let device = routed.ids.device();
        let group_of = match &mut self.group_of {
            Some(group_of) => group_of,
            none => none.insert(Tensor::new(group_of, device)?),
        };
        if self.parts.last().is_none_or(|part| part.groups < groups) {
            let double = self.parts.last().map_or(0, |part| 2 * part.groups);
            self.parts.push(Part::new(groups.max(double), self.layers, experts, device)?);
        }
        let Some(Part { groups, sums }) = self.parts.last_mut() else { return Ok(()) };
        let run = (tokens / (BUSY * multiprocessors(device)?)).clamp(1, RUN);
        Launch::new(ROUTE, "sum_groups", tokens.div_ceil(run * WARPS), 32 * WARPS)
            .shared(12 * experts * WARPS)
            .tensor(&routed.ids)
            .tensor(&routed.scores)
            .tensor(&routed.flags)
            .tensor(group_of)
            .buffer(sums)
            .count(tokens)
            .count(experts)
            .count(top_k)
            .count(*groups)
            .count(self.layers)
            .count(layer)
            .count(run)
            .run(device)
    }

    /// Waits for the device and adds its sums to those in host memory, which have room for them.
    pub(crate) fn add_to(&self, sums: &mut GroupSums) -> Result<()> {
        let (layers, experts) = (self.layers, self.experts);
        let add = |part: &Part| part.sums.read(|all| part.add_to(all, sums, layers, experts));
        self.parts.iter().try_for_each(add)
    }
}

/// Sums of groups from 0 on.
#[derive(Debug)]
struct Part {
    groups: usize,
    sums: Buffer,
}

impl Part {
    fn new(groups: usize, layers: usize, experts: usize, device: &Device) -> Result<Self> {
        let cells = groups * layers;
        let numbers = cells * experts + cells + 2 + groups + (cells * experts).div_ceil(2);
        Ok(Self { groups, sums: Buffer::zeros(device, DType::I64, numbers)? })
    }

    /// Adds the sums from where they lie in `all`, as `route.cu` puts them there. There may be fewer
    /// groups than there is room for.
    fn add_to(&self, all: &[i64], sums: &mut GroupSums, layers: usize, experts: usize) {
        let cells = self.groups * layers;
        let (scores, rest) = all.split_at(cells * experts);
        let (entropy, rest) = rest.split_at(cells);
        let (counts, rest) = rest.split_at(2);
        let (spoilt, selections) = rest.split_at(self.groups);
        let GroupSums { routing, spoilt: is_spoilt, .. } = sums;
        add_wholes(&mut routing.scores, scores);
        add_wholes(&mut routing.entropy_bits, entropy);
        // Two to a number; the last number may hold one.
        routing.selections.par_chunks_mut(2).zip(selections).for_each(|(sums, &pair)| {
            let pair = [pair as u32, (pair >> 32) as u32];
            sums.iter_mut().zip(pair).for_each(|(sum, count)| *sum += count);
        });
        is_spoilt.iter_mut().zip(spoilt).for_each(|(is, &left_out)| *is |= left_out != 0);
        routing.near_ties += counts[0].unsigned_abs();
        routing.invalid += counts[1].unsigned_abs();
    }
}

fn add_wholes(sums: &mut [f64], units: &[i64]) {
    sums.par_iter_mut().zip(units).for_each(|(sum, &units)| *sum += units as f64 / UNITS);
}

#[cfg(test)]
#[path = "tests/sums.rs"]
mod tests;
