//! Seeing a CPU tensor as a slice, without a copy.

use std::ops::{Deref, Range};

use candle_core::{CpuStorage, Device, Error, Result, Storage, StorageRef, Tensor};

/// A contiguous f32 tensor in host memory, borrowed as a slice.
pub(crate) struct Host<'a> {
    storage: StorageRef<'a>,
    range: Range<usize>,
}

/// Borrows a tensor's numbers.
///
/// # Errors
/// If the tensor is on another device, of another type, or not contiguous.
pub(crate) fn host(tensor: &Tensor) -> Result<Host<'_>> {
    let (storage, layout) = tensor.storage_and_layout();
    let Some((start, end)) = layout.contiguous_offsets() else {
        return Err(Error::msg("a kernel was given a tensor that is not contiguous"));
    };
    match &*storage {
        Storage::Cpu(CpuStorage::F32(_)) => Ok(Host { storage, range: start..end }),
        _ => Err(Error::msg("a CPU kernel was given a tensor that is not f32 in host memory")),
    }
}

impl Deref for Host<'_> {
    type Target = [f32];

    fn deref(&self) -> &[f32] {
        match &*self.storage {
            Storage::Cpu(CpuStorage::F32(numbers)) => &numbers[self.range.clone()],
            _ => &[],
        }
    }
}

/// A CPU tensor of `rows` × `cols` that takes over the numbers.
pub(crate) fn tensor(numbers: Vec<f32>, rows: usize, cols: usize) -> Result<Tensor> {
    Tensor::from_vec(numbers, (rows, cols), &Device::Cpu)
}
