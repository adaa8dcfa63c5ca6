//! One matrix in memory, filled from several tensors.

use candle_core::{DType, Tensor};

use super::part::Part;
use super::store::WeightStore;
use crate::ComputeDtype;
use crate::kernels::packed::{Packed, Storage};
use crate::ops::{Matrix, Placement};

/// A matrix of `inputs` columns from a part that holds it in another order.
pub(super) fn pack_arranged(
    store: &WeightStore<'_>,
    part: Option<&Part<'_>>,
    (outputs, inputs): (usize, usize),
    arrange: impl Fn(&[f32]) -> Vec<f32>,
) -> Matrix {
    let bf16 = part.is_some_and(Part::is_bf16);
    store.count_matrix(outputs.saturating_mul(inputs), true, bf16);
    let Some(part) = part.filter(|_| store.copies()) else {
        return Matrix::empty();
    };
    let numbers = arrange(&part.numbers());
    if !store.placement().is_host() {
        let placed = store.placed(store.placement().rows(&numbers, inputs));
        return placed.map_or_else(Matrix::empty, Matrix::Dense);
    }
    let mut packed = Packed::zeros(outputs, inputs, storage(store.dtype(), bf16));
    packed.fill(0, &numbers);
    Matrix::Packed(packed)
}

/// Parts laid one above the other as a matrix of `inputs` columns; empty while only checking.
///
/// On the CPU in f32, unless all of it is bf16 on disk and may stay so, or everything is to be rounded.
pub(super) fn pack(
    store: &WeightStore<'_>,
    parts: &[Option<Part<'_>>],
    (outputs, inputs): (usize, usize),
    routed: bool,
) -> Matrix {
    let all_bf16 = parts.iter().all(|p| p.as_ref().is_some_and(Part::is_bf16));
    store.count_matrix(outputs.saturating_mul(inputs), routed, all_bf16);
    if !store.copies() {
        return Matrix::empty();
    }
    if !store.placement().is_host() {
        let placed = store.placed(dense(store.placement(), parts, inputs));
        return placed.map_or_else(Matrix::empty, Matrix::Dense);
    }
    let mut packed = Packed::zeros(outputs, inputs, storage(store.dtype(), all_bf16));
    let mut first = 0;
    for part in parts.iter().flatten() {
        part.rows(inputs, |numbers| {
            packed.fill(first, numbers);
            first += numbers.len() / inputs;
        });
    }
    Matrix::Packed(packed)
}

/// Parts laid one above the other on a device, sent there piece by piece; bf16 goes there from the
/// mapped file as it is.
fn dense(
    placement: &Placement,
    parts: &[Option<Part<'_>>],
    inputs: usize,
) -> candle_core::Result<Tensor> {
    let mut pieces = vec![];
    for part in parts.iter().flatten() {
        match at_once(placement, part, inputs) {
            Some(piece) => pieces.push(piece),
            None => part.rows(inputs, |numbers| pieces.push(placement.rows(numbers, inputs))),
        }
    }
    let pieces = pieces.into_iter().collect::<candle_core::Result<Vec<_>>>()?;
    match pieces.as_slice() {
        [one] => Ok(one.clone()),
        pieces => Tensor::cat(pieces, 0),
    }
}

/// A part that need not pass through f32 in host memory: bf16 of a mapped file, and random numbers,
/// which an accelerator draws itself (others than the CPU would).
fn at_once(
    placement: &Placement,
    part: &Part<'_>,
    inputs: usize,
) -> Option<candle_core::Result<Tensor>> {
    if let Some((numbers, distribution)) = part.drawn() {
        let shape = (numbers / inputs.max(1), inputs);
        return (!placement.device.is_cpu()).then(|| placement.random(distribution, shape));
    }
    let send = |bytes: &[u8]| {
        let shape = [bytes.len() / 2 / inputs.max(1), inputs];
        Tensor::from_raw_buffer(bytes, DType::BF16, &shape, &placement.device)
    };
    if placement.dtype == DType::BF16 { part.mapped_bf16(send) } else { None }
}

/// How to hold a matrix to compute in a type.
fn storage(dtype: ComputeDtype, all_bf16: bool) -> Storage {
    match dtype {
        ComputeDtype::Bf16 => Storage::Bf16Rounding,
        ComputeDtype::Auto if all_bf16 => Storage::Bf16,
        ComputeDtype::Auto | ComputeDtype::F32 => Storage::F32,
    }
}
