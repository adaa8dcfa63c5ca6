//! One matrix in memory, filled from several tensors on disk.

use std::ops::Range;

use safetensors::Dtype;

use super::convert::{copy, rows};
use super::header::{Shard, StoredTensor};
use super::store::WeightStore;
use crate::ComputeDtype;
use crate::kernels::packed::{Packed, Storage};

/// Some consecutive numbers of a tensor on disk.
#[derive(Clone)]
pub(super) struct Part<'a> {
    shard: &'a Shard,
    dtype: Dtype,
    bytes: Range<usize>,
}

impl<'a> Part<'a> {
    /// A whole tensor.
    pub(super) fn whole((shard, tensor): (&'a Shard, &'a StoredTensor)) -> Self {
        Self { shard, dtype: tensor.dtype, bytes: tensor.bytes.clone() }
    }

    /// One of `count` equal pieces.
    pub(super) fn piece(&self, index: usize, count: usize) -> Self {
        let length = self.bytes.len() / count;
        let start = self.bytes.start + index * length;
        Self { bytes: start..start + length, ..self.clone() }
    }
}

impl Part<'_> {
    /// Its numbers in f32, in the order on disk.
    pub(super) fn numbers(&self) -> Vec<f32> {
        let size = if self.dtype == Dtype::F32 { 4 } else { 2 };
        let mut numbers = vec![0.0; self.bytes.len() / size];
        copy(&self.shard.map, self.bytes.clone(), self.dtype, &mut numbers);
        numbers
    }
}

/// A matrix of `inputs` columns from a part that holds it in another order.
pub(super) fn pack_arranged(
    store: &WeightStore<'_>,
    part: Option<&Part<'_>>,
    (outputs, inputs): (usize, usize),
    arrange: impl Fn(&[f32]) -> Vec<f32>,
) -> Packed {
    let bf16 = part.is_some_and(|p| p.dtype == Dtype::BF16);
    store.count_matrix(outputs.saturating_mul(inputs), true, bf16);
    let Some(part) = part.filter(|_| store.copies()) else {
        return Packed::zeros(0, 0, Storage::F32);
    };
    let storage = storage(store.dtype(), bf16);
    let mut packed = Packed::zeros(outputs, inputs, storage);
    packed.fill(0, &arrange(&part.numbers()));
    packed
}

/// Parts laid one above the other as a matrix of `inputs` columns; empty while only checking.
///
/// In f32, unless all of it is bf16 on disk and may stay so, or everything is to be rounded.
pub(super) fn pack(
    store: &WeightStore<'_>,
    parts: &[Option<Part<'_>>],
    (outputs, inputs): (usize, usize),
    routed: bool,
) -> Packed {
    let all_bf16 = parts.iter().all(|p| p.as_ref().is_some_and(|p| p.dtype == Dtype::BF16));
    store.count_matrix(outputs.saturating_mul(inputs), routed, all_bf16);
    if !store.copies() {
        return Packed::zeros(0, 0, Storage::F32);
    }
    let storage = storage(store.dtype(), all_bf16);
    let mut packed = Packed::zeros(outputs, inputs, storage);
    let mut first = 0;
    for Part { shard, dtype, bytes } in parts.iter().flatten() {
        rows(&shard.map, bytes.clone(), *dtype, inputs, |numbers| {
            packed.fill(first, numbers);
            first += numbers.len() / inputs;
        });
    }
    packed
}

/// How to hold a matrix to compute in a type.
fn storage(dtype: ComputeDtype, all_bf16: bool) -> Storage {
    match dtype {
        ComputeDtype::Bf16 => Storage::Bf16Rounding,
        ComputeDtype::Auto if all_bf16 => Storage::Bf16,
        ComputeDtype::Auto | ComputeDtype::F32 => Storage::F32,
    }
}
