//! [`Part`]: numbers of a tensor, wherever they come from.

use std::ops::Range;
use std::rc::Rc;

use safetensors::Dtype;

use super::convert::{CHUNK, copy, give_back, read_pages};
use super::drawn::Drawn;
use super::header::{Shard, StoredTensor};

/// A tensor that was asked for and can be had.
#[derive(Clone)]
pub(super) enum Found<'a> {
    /// In a mapped file.
    Stored(&'a Shard, &'a StoredTensor),
    /// To be made.
    Drawn(Rc<Drawn>),
}

impl Found<'_> {
    fn dtype(&self) -> Dtype {
        match self {
            Found::Stored(_, tensor) => tensor.dtype,
            Found::Drawn(drawn) => drawn.dtype,
        }
    }

    fn len(&self) -> usize {
        match self {
            Found::Stored(_, tensor) => tensor.bytes.len() / size(tensor.dtype),
            Found::Drawn(drawn) => drawn.len(),
        }
    }
}

/// Bytes of a number of a readable type.
fn size(dtype: Dtype) -> usize {
    if dtype == Dtype::F32 { 4 } else { 2 }
}

/// Where some numbers of a tensor lie in its file.
fn bytes_of(tensor: &StoredTensor, numbers: Range<usize>) -> Range<usize> {
    let byte = |number: usize| tensor.bytes.start + number * size(tensor.dtype);
    byte(numbers.start)..byte(numbers.end)
}

/// Some consecutive numbers of a tensor.
#[derive(Clone)]
pub(super) struct Part<'a> {
    tensor: Found<'a>,
    numbers: Range<usize>,
}

impl<'a> Part<'a> {
    /// A whole tensor.
    pub(super) fn whole(tensor: Found<'a>) -> Self {
        let numbers = 0..tensor.len();
        Self { tensor, numbers }
    }

    /// One of `count` equal pieces.
    pub(super) fn piece(&self, index: usize, count: usize) -> Self {
        let length = self.numbers.len() / count;
        let start = self.numbers.start + index * length;
        Self { numbers: start..start + length, ..self.clone() }
    }

    pub(super) fn is_bf16(&self) -> bool {
        self.tensor.dtype() == Dtype::BF16
    }

    /// Its numbers in f32, in the order on disk.
    pub(super) fn numbers(&self) -> Vec<f32> {
        let mut numbers = vec![0.0; self.numbers.len()];
        self.copy(0, &mut numbers);
        numbers
    }

    /// Hands over its numbers in f32, some rows of `width` numbers at a time.
    pub(super) fn rows(&self, width: usize, mut take: impl FnMut(&[f32])) {
        let step = (CHUNK / 4 / width).max(1) * width;
        let mut numbers = vec![];
        for first in (0..self.numbers.len()).step_by(step) {
            numbers.resize(step.min(self.numbers.len() - first), 0.0);
            self.copy(first, &mut numbers);
            take(&numbers);
        }
    }

    /// Hands over its bytes as they are mapped, if it is stored and in bf16; the system is then told that
    /// they are not needed again.
    pub(super) fn mapped_bf16<T>(&self, take: impl FnOnce(&[u8]) -> T) -> Option<T> {
        let Found::Stored(shard, tensor) = &self.tensor else { return None };
        if tensor.dtype != Dtype::BF16 {
            return None;
        }
        let bytes = bytes_of(tensor, self.numbers.clone());
        let mapped = &shard.map[bytes.clone()];
        read_pages(mapped);
        let taken = take(mapped);
        give_back(&shard.map, bytes);
        Some(taken)
    }

    /// How many numbers it has, and their distribution, if they are drawn.
    pub(super) fn drawn(&self) -> Option<(usize, (f32, f32))> {
        match &self.tensor {
            Found::Drawn(drawn) => Some((self.numbers.len(), drawn.distribution())),
            Found::Stored(..) => None,
        }
    }

    /// Fills `out` with its numbers from the `first` on.
    fn copy(&self, first: usize, out: &mut [f32]) {
        let first = self.numbers.start + first;
        let numbers = first..first + out.len();
        match &self.tensor {
            Found::Stored(shard, tensor) => {
                copy(&shard.map, bytes_of(tensor, numbers), tensor.dtype, out);
            }
            Found::Drawn(drawn) => drawn.fill(numbers, out),
        }
    }
}
