//! [`Buffer`]: memory that kernels write.

#[cfg(feature = "cuda")]
use candle_core::backend::BackendDevice;
use candle_core::op::BackpropOp;
use candle_core::{CpuStorage, DType, Device, Error, Result, Shape, Storage, Tensor};

/// Memory on a device that a kernel may write, and a tensor afterwards.
#[derive(Debug)]
pub(crate) struct Buffer {
    pub(super) storage: Storage,
    pub(super) numbers: usize,
}

impl Buffer {
    /// Memory for so many numbers, holding anything: a kernel writes all of it.
    pub(crate) fn new(device: &Device, dtype: DType, numbers: usize) -> Result<Self> {
        let storage = match device {
            #[cfg(feature = "cuda")]
            Device::Cuda(device) => {
                #[expect(unsafe_code, reason = "memory is handed out as it is found")]
                // SAFETY: the types that kernels write have no invalid values. (No memory at all is more
                // than a driver gives.)
                Storage::Cuda(unsafe { device.alloc_uninit(&Shape::from(numbers.max(1)), dtype)? })
            }
            #[cfg(test)]
            Device::Cpu => Storage::Cpu(super::emulator::untouched(dtype, numbers)?),
            _ => return Err(no_kernels(device)),
        };
        Ok(Self { storage, numbers })
    }

    /// Memory of zeros.
    pub(crate) fn zeros(device: &Device, dtype: DType, numbers: usize) -> Result<Self> {
        let storage = match device {
            #[cfg(feature = "cuda")]
            Device::Cuda(device) => {
                Storage::Cuda(device.zeros_impl(&Shape::from(numbers.max(1)), dtype)?)
            }
            #[cfg(test)]
            Device::Cpu => Storage::Cpu(super::emulator::zeros(dtype, numbers)?),
            _ => return Err(no_kernels(device)),
        };
        Ok(Self { storage, numbers })
    }

    /// Where it lies, for kernels that are given a table of addresses.
    pub(crate) fn address(&mut self) -> Result<i64> {
        match &mut self.storage {
            #[cfg(feature = "cuda")]
            Storage::Cuda(storage) => super::device::address_of_storage(storage),
            #[cfg(test)]
            Storage::Cpu(storage) => super::emulator::address_of_storage(storage),
            other => Err(no_kernels(&other.device())),
        }
    }

    /// Waits for the device and shows the numbers, which are 64 bits long.
    pub(crate) fn read<R>(&self, show: impl FnOnce(&[i64]) -> R) -> Result<R> {
        match &self.storage {
            #[cfg(feature = "cuda")]
            Storage::Cuda(storage) => super::device::read(storage, self.numbers, show),
            Storage::Cpu(CpuStorage::I64(numbers)) => Ok(show(&numbers[..self.numbers])),
            _ => Err(Error::msg("only numbers of 64 bits are read from a buffer")),
        }
    }

    /// The tensor that takes over the memory.
    pub(crate) fn into_tensor(self, shape: impl Into<Shape>) -> Result<Tensor> {
        let shape = shape.into();
        if shape.elem_count() != self.numbers {
            return Err(Error::msg(format!("{} numbers are not a {shape:?}", self.numbers)));
        }
        let storage = match self.storage {
            #[cfg(test)]
            Storage::Cpu(storage) => Storage::Cpu(super::emulator::unguarded(storage)?),
            other => other,
        };
        Ok(Tensor::from_storage(storage, shape, BackpropOp::none(), false))
    }
}

pub(super) fn no_kernels(device: &Device) -> Error {
    Error::msg(format!("there are no kernels for {:?}", device.location()))
}
