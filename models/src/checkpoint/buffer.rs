//! [`Buffer`]: one tensor in memory, filled from several on disk.

use candle_core::{Device, Tensor};

use super::convert::copy;
use super::dim::Dim;
use super::weights::{WeightStore, Weights};

/// A tensor being filled from several on disk; empty while only checking.
pub(super) struct Buffer<'a> {
    store: &'a WeightStore<'a>,
    sizes: Vec<usize>,
    numbers: Vec<f32>,
    filled: usize,
}

impl<'a> Buffer<'a> {
    pub(super) fn new(store: &'a WeightStore<'a>, sizes: &[usize]) -> Self {
        let length = if store.copies() { sizes.iter().product() } else { 0 };
        Self { store, sizes: sizes.to_vec(), numbers: vec![0.0; length], filled: 0 }
    }

    /// Appends a tensor of the given shape.
    pub(super) fn push(&mut self, weights: &Weights<'_>, name: &str, shape: &[Dim]) {
        let found = self.store.find(weights.name(name), shape);
        let length = shape.iter().fold(1usize, |n, d| n.saturating_mul(d.size));
        let place = self.filled..self.filled.saturating_add(length);
        self.filled = place.end;
        if let (Some((shard, tensor)), Some(out)) = (found, self.numbers.get_mut(place)) {
            copy(&shard.map, tensor.bytes.clone(), tensor.dtype, out);
        }
    }

    pub(super) fn finish(self, routed: bool) -> Tensor {
        self.store.count(self.filled, routed);
        let sizes = if self.store.copies() { self.sizes } else { vec![0; self.sizes.len()] };
        Tensor::from_vec(self.numbers, sizes, &Device::Cpu)
            .expect("the buffer was made as long as its shape says")
    }
}
