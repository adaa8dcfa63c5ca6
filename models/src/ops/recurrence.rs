//! Mixers that carry a state from token to token, over the forest of a pass.
//!
//! A segment starts from its parent's state, wherever that lies: in the cache, earlier in the pass,
//! or nowhere at the start of a sequence.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::sync::Arc;

use candle_core::{Result, Tensor};
use rayon::prelude::*;

use crate::cache::{Node, ScanState, State};
use crate::cuda::Before;
use crate::kernels::host::{host, tensor};
use crate::pass::{Link, Pass, PassSegment, Step, levels};

/// What a mixer remembers after a token.
pub(crate) struct Memory {
    /// The last inputs of the convolution.
    pub(crate) conv: Vec<f32>,
    /// The recurrent state; none before the first token.
    pub(crate) state: Option<Vec<f32>>,
}

/// Sizes of what is remembered.
#[derive(Clone, Copy, Debug)]
pub(crate) struct MemoryShape {
    /// Rows and columns of the convolution's inputs.
    pub(crate) conv: (usize, usize),
    /// Rows and columns of the state.
    pub(crate) state: (usize, usize),
}

impl MemoryShape {
    /// Numbers that a kept state costs.
    pub(crate) fn numbers(&self) -> usize {
        let product = |(rows, columns): (usize, usize)| rows.saturating_mul(columns);
        product(self.conv).saturating_add(product(self.state))
    }

    fn kept(&self, memory: &Memory) -> Result<ScanState> {
        let conv = tensor(memory.conv.clone(), self.conv.0, self.conv.1)?;
        let state = memory.state.clone().unwrap_or_default();
        Ok(ScanState { conv, scan: tensor(state, self.state.0, self.state.1)? })
    }
}

/// Runs every segment of a pass, parents first, and keeps the states that are asked for.
///
/// `run` is given a segment, the state it starts from and whether the state at its end is needed;
/// it returns `[tokens, width]` outputs and that state. Returns `[rows, width]` for the whole pass.
pub(crate) fn recur(
    step: &mut Step<'_>,
    slot: usize,
    shape: MemoryShape,
    run: impl Fn(&PassSegment, &Memory, bool) -> (Vec<f32>, Option<Memory>) + Sync,
) -> Result<Vec<f32>> {
    let pass = step.pass;
    let starts = Starts::new(pass, slot, shape)?;
    let mut ends: Vec<Option<Arc<Memory>>> = vec![None; pass.segments.len()];
    let mut outputs: Vec<Vec<f32>> = vec![vec![]; pass.segments.len()];
    for level in levels(pass.segments.iter().map(PassSegment::parent_in_pass)) {
        let before: Vec<_> = level.iter().map(|&s| starts.of(&pass.segments[s], &ends)).collect();
        let one = |(&index, before): (&usize, &&Arc<Memory>)| {
            let segment = &pass.segments[index];
            run(segment, before, segment.stored || segment.continued)
        };
        let done: Vec<_> = level.par_iter().zip(&before).map(one).collect();
        for (&segment, (output, end)) in level.iter().zip(done) {
            outputs[segment] = output;
            ends[segment] = end.map(Arc::new);
        }
    }
    for (segment, end) in ends.iter().enumerate() {
        if let Some(end) = end.as_ref().filter(|_| pass.segments[segment].stored) {
            step.store_scan(slot, segment, shape.kept(end)?);
        }
    }
    Ok(outputs.concat())
}

/// The same on a device, one segment after the other; every state stays there.
///
/// `run` returns a segment's outputs and its state at the end. Returns `[rows, width]`.
pub(crate) fn recur_on_device(
    step: &mut Step<'_>,
    slot: usize,
    run: impl Fn(&PassSegment, Option<&ScanState>) -> Result<(Tensor, ScanState)>,
) -> Result<Tensor> {
    let pass = step.pass;
    let mut ends: Vec<ScanState> = Vec::with_capacity(pass.segments.len());
    let mut outputs = Vec::with_capacity(pass.segments.len());
    for (index, segment) in pass.segments.iter().enumerate() {
        let before = match before(segment, slot) {
            Before::Nothing => None,
            Before::Kept(state) => Some(state),
            Before::Segment(parent) => Some(&ends[parent]),
        };
        let (output, end) = run(segment, before)?;
        outputs.push(output);
        step.store_scan(slot, index, end.clone());
        ends.push(end);
    }
    Tensor::cat(&outputs, 0)
}

/// What a segment's state at the slot continues.
pub(crate) fn before(segment: &PassSegment, slot: usize) -> Before<'_> {
    match (cached_node(segment), segment.parent_in_pass()) {
        (Some(node), _) => match &node.states[slot] {
            State::Scan(state) => Before::Kept(state),
            _ => Before::Nothing,
        },
        (None, Some(parent)) => Before::Segment(parent),
        _ => Before::Nothing,
    }
}

/// Joins the columns of heads, or of groups of them, into rows; each part is `[rows, width]` of its own.
pub(super) fn interleave(parts: &[Vec<f32>], rows: usize) -> Vec<f32> {
    let mut joined = Vec::with_capacity(parts.iter().map(Vec::len).sum());
    for row in 0..rows {
        for part in parts {
            let width = part.len() / rows;
            joined.extend_from_slice(&part[row * width..][..width]);
        }
    }
    joined
}

/// Where segments start from.
struct Starts {
    kept: HashMap<*const ScanState, Arc<Memory>>,
    nothing: Arc<Memory>,
    slot: usize,
}

impl Starts {
    fn new(pass: &Pass, slot: usize, shape: MemoryShape) -> Result<Self> {
        let mut kept = HashMap::new();
        for segment in &pass.segments {
            if let Before::Kept(state) = before(segment, slot)
                && let Entry::Vacant(place) = kept.entry(state as *const ScanState)
            {
                let conv = host(&state.conv)?.to_vec();
                let state = Some(host(&state.scan)?.to_vec());
                place.insert(Arc::new(Memory { conv, state }));
            }
        }
        let conv = vec![0.0; shape.conv.0 * shape.conv.1];
        Ok(Self { kept, nothing: Arc::new(Memory { conv, state: None }), slot })
    }

    fn of<'a>(&'a self, segment: &PassSegment, ends: &'a [Option<Arc<Memory>>]) -> &'a Arc<Memory> {
        let found = match before(segment, self.slot) {
            Before::Kept(state) => self.kept.get(&(state as *const ScanState)),
            Before::Segment(parent) => ends[parent].as_ref(),
            Before::Nothing => None,
        };
        found.unwrap_or(&self.nothing)
    }
}

/// The node of the cache that a segment continues directly.
fn cached_node(segment: &PassSegment) -> Option<&Node> {
    match (&segment.extends, &segment.parent) {
        (Some(node), _) | (None, Some(Link::Cached(node))) => Some(node),
        _ => None,
    }
}
