//! [`Launch`]: one kernel and what it is given.

use candle_core::{Device, Result, Tensor};

use super::Buffer;
use super::buffer::no_kernels;

/// The kernels of one file under `kernels/`.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Module {
    /// The file's name without its ending.
    pub(crate) name: &'static str,
    #[cfg(feature = "cuda")]
    pub(crate) ptx: &'static str,
}

/// The [`Module`] of a file's name.
macro_rules! module {
    ($name:literal) => {
        $crate::cuda::Module {
            name: $name,
            #[cfg(feature = "cuda")]
            ptx: include_str!(concat!(env!("OUT_DIR"), "/", $name, ".ptx")),
        }
    };
}
pub(crate) use module;

/// One launch of a kernel; arguments are given in the kernel's order.
pub(crate) struct Launch<'a> {
    pub(super) module: Module,
    pub(super) kernel: &'static str,
    pub(super) grid: [u32; 3],
    pub(super) threads: [u32; 3],
    /// Bytes of dynamic shared memory.
    pub(super) shared: usize,
    pub(super) arguments: Vec<Argument<'a>>,
    /// Memory that the kernel writes by addresses from a table.
    pub(super) written: Vec<&'a mut Buffer>,
}

/// What a kernel is given.
pub(super) enum Argument<'a> {
    /// A pointer to a contiguous tensor's first number.
    Tensor(&'a Tensor),
    /// A null pointer.
    Null,
    /// A contiguous bf16 tensor as a matrix of rows of its last dimension, for copies of boxes.
    Matrix(&'a Tensor),
    /// A pointer to memory that the kernel writes.
    Buffer(&'a mut Buffer),
    /// A number's bits, and how many bytes it has.
    Number(u64, #[cfg_attr(not(test), expect(dead_code, reason = "a driver knows it"))] usize),
}

impl<'a> Launch<'a> {
    /// A launch of `blocks` blocks of `threads` threads.
    pub(crate) fn new(module: Module, kernel: &'static str, blocks: usize, threads: usize) -> Self {
        Self {
            module,
            kernel,
            grid: [blocks as u32, 1, 1],
            threads: [threads as u32, 1, 1],
            shared: 0,
            arguments: vec![],
            written: vec![],
        }
    }

    /// More dimensions of the grid of blocks; both at most 65,535.
    pub(crate) fn grid(mut self, y: usize, z: usize) -> Self {
        (self.grid[1], self.grid[2]) = (y as u32, z as u32);
        self
    }

    /// Bytes of dynamic shared memory.
    pub(crate) fn shared(mut self, bytes: usize) -> Self {
        self.shared = bytes;
        self
    }

    /// A contiguous tensor that the kernel reads.
    pub(crate) fn tensor(mut self, tensor: &'a Tensor) -> Self {
        self.arguments.push(Argument::Tensor(tensor));
        self
    }

    /// The same, or a null pointer.
    pub(crate) fn optional(mut self, tensor: Option<&'a Tensor>) -> Self {
        self.arguments.push(tensor.map_or(Argument::Null, Argument::Tensor));
        self
    }

    /// A contiguous bf16 tensor that the kernel reads in boxes (`Matrix` of `hopper.cuh`); 8 divides its
    /// last dimension.
    pub(crate) fn matrix(mut self, tensor: &'a Tensor) -> Self {
        self.arguments.push(Argument::Matrix(tensor));
        self
    }

    /// Memory that the kernel writes.
    pub(crate) fn buffer(mut self, buffer: &'a mut Buffer) -> Self {
        self.arguments.push(Argument::Buffer(buffer));
        self
    }

    /// Memory that the kernel writes, and whose address it finds in a table ([`Buffer::address`]).
    pub(crate) fn writes(mut self, buffers: impl IntoIterator<Item = &'a mut Buffer>) -> Self {
        self.written.extend(buffers);
        self
    }

    /// A count: `unsigned` in the kernel.
    pub(crate) fn count(mut self, number: usize) -> Self {
        self.arguments.push(Argument::Number(number as u64, 4));
        self
    }

    /// A `float`.
    pub(crate) fn float(mut self, number: f32) -> Self {
        self.arguments.push(Argument::Number(number.to_bits().into(), 4));
        self
    }

    /// Puts the kernel into the device's queue.
    ///
    /// # Errors
    /// If a tensor lies elsewhere or is not contiguous, or the driver refuses the launch.
    pub(crate) fn run(self, device: &Device) -> Result<()> {
        match device {
            #[cfg(feature = "cuda")]
            Device::Cuda(device) => super::device::run(self, device),
            #[cfg(test)]
            Device::Cpu => super::emulator::run(self),
            _ => Err(no_kernels(device)),
        }
    }
}

/// Where a contiguous tensor's first number lies, for kernels that are given a table of addresses.
///
/// The tensor must live until every kernel that reads it is in the device's queue.
pub(crate) fn address(tensor: &Tensor) -> Result<i64> {
    match tensor.device() {
        #[cfg(feature = "cuda")]
        Device::Cuda(device) => super::device::address_of(tensor, device),
        #[cfg(test)]
        Device::Cpu => super::emulator::address_of(tensor),
        other => Err(no_kernels(other)),
    }
}

/// Multiprocessors of a device: so many blocks keep it busy.
pub(crate) fn multiprocessors(device: &Device) -> Result<usize> {
    match device {
        #[cfg(feature = "cuda")]
        Device::Cuda(device) => super::device::multiprocessors(device),
        #[cfg(test)]
        Device::Cpu => Ok(3),
        _ => Err(no_kernels(device)),
    }
}

/// Rows and columns of a tensor as a matrix of rows of its last dimension.
pub(super) fn matrix_shape(tensor: &Tensor) -> Result<(usize, usize)> {
    let columns = tensor.dim(candle_core::D::Minus1)?;
    Ok((tensor.elem_count() / columns, columns))
}

/// Whether a device has the instructions of compute capability 9.0 that later ones do not have.
pub(super) fn is_hopper(device: &Device) -> Result<bool> {
    match device {
        #[cfg(feature = "cuda")]
        Device::Cuda(device) => super::device::is_hopper(device),
        #[cfg(test)]
        Device::Cpu => Ok(true),
        _ => Err(no_kernels(device)),
    }
}

/// Bytes of shared memory that the blocks on a multiprocessor have together.
pub(super) fn shared_memory(device: &Device) -> Result<usize> {
    match device {
        #[cfg(feature = "cuda")]
        Device::Cuda(device) => super::device::shared_memory(device),
        #[cfg(test)]
        Device::Cpu => Ok(164 << 10),
        _ => Err(no_kernels(device)),
    }
}
