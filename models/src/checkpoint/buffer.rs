//! One matrix in memory, filled from several tensors on disk.

use std::ops::Range;

use safetensors::Dtype;

use super::convert::rows;
use super::header::{Shard, StoredTensor};
use super::weights::WeightStore;
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

/// Parts laid one above the other as a matrix of `inputs` columns; empty while only checking.
///
/// It stays in bf16 if all of it is, unless the store widens everything.
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
    let storage = if all_bf16 && !store.widens() { Storage::Bf16 } else { Storage::F32 };
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
