//! One matrix in memory, filled from several tensors.

use super::part::Part;
use super::store::WeightStore;
use crate::ComputeDtype;
use crate::kernels::packed::{Packed, Storage};

/// A matrix of `inputs` columns from a part that holds it in another order.
pub(super) fn pack_arranged(
    store: &WeightStore<'_>,
    part: Option<&Part<'_>>,
    (outputs, inputs): (usize, usize),
    arrange: impl Fn(&[f32]) -> Vec<f32>,
) -> Packed {
    let bf16 = part.is_some_and(Part::is_bf16);
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
    let all_bf16 = parts.iter().all(|p| p.as_ref().is_some_and(Part::is_bf16));
    store.count_matrix(outputs.saturating_mul(inputs), routed, all_bf16);
    if !store.copies() {
        return Packed::zeros(0, 0, Storage::F32);
    }
    let storage = storage(store.dtype(), all_bf16);
    let mut packed = Packed::zeros(outputs, inputs, storage);
    let mut first = 0;
    for part in parts.iter().flatten() {
        part.rows(inputs, |numbers| {
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
