//! Launches on a GPU, through candle's context and stream.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use candle_core::cuda_backend::cudarc::driver::result::memcpy_dtoh_async;
use candle_core::cuda_backend::cudarc::driver::sys::{
    CUdevice_attribute_enum as DeviceAttribute, CUfunction_attribute_enum as FunctionAttribute,
};
use candle_core::cuda_backend::cudarc::driver::{
    CudaFunction, CudaSlice, CudaStream, DevicePtr, LaunchConfig, PinnedHostSlice, PushKernelArg,
    SyncOnDrop,
};
use candle_core::cuda_backend::{CudaDevice, CudaStorage, CudaStorageSlice};
use candle_core::{DType, Error, Result, Storage, Tensor};

use super::Module;
use super::launch::{Argument, Launch, matrix_shape};
use super::matrix::DescribedMatrix;

/// Multiprocessors of the card.
pub(super) fn multiprocessors(device: &CudaDevice) -> Result<usize> {
    attribute(device, DeviceAttribute::CU_DEVICE_ATTRIBUTE_MULTIPROCESSOR_COUNT)
}

/// Bytes of shared memory of a multiprocessor.
pub(super) fn shared_memory(device: &CudaDevice) -> Result<usize> {
    attribute(device, DeviceAttribute::CU_DEVICE_ATTRIBUTE_MAX_SHARED_MEMORY_PER_MULTIPROCESSOR)
}

/// Whether the card's compute capability is 9.0.
pub(super) fn is_hopper(device: &CudaDevice) -> Result<bool> {
    let major = attribute(device, DeviceAttribute::CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MAJOR)?;
    let minor = attribute(device, DeviceAttribute::CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MINOR)?;
    Ok((major, minor) == (9, 0))
}

fn attribute(device: &CudaDevice, attribute: DeviceAttribute) -> Result<usize> {
    let count = device.cuda_stream().context().attribute(attribute).map_err(Error::wrap)?;
    Ok(count.unsigned_abs() as usize)
}

/// Page-locked memory, into which a card copies several times faster, and without a page being touched
/// for the first time. It is as large as the largest copy so far.
static PAGE_LOCKED: Mutex<Option<PinnedHostSlice<i64>>> = Mutex::new(None);

/// Waits for all work of the device and shows the first numbers of a storage.
pub(super) fn read<R>(
    storage: &CudaStorage,
    numbers: usize,
    show: impl FnOnce(&[i64]) -> R,
) -> Result<R> {
    let stream = storage.device.cuda_stream();
    let source = pointer(storage, 0, &stream)?;
    let mut kept = PAGE_LOCKED.lock().unwrap_or_else(PoisonError::into_inner);
    let suits = |memory: &PinnedHostSlice<i64>| {
        memory.len() >= numbers && Arc::ptr_eq(memory.context(), stream.context())
    };
    let memory = match kept.take().filter(suits) {
        Some(memory) => kept.insert(memory),
        None => {
            #[expect(unsafe_code, reason = "the memory is unset")]
            // SAFETY: every bit pattern is a number, and what is shown was copied before.
            let memory = unsafe { stream.context().alloc_pinned_with_flags(numbers.max(1), 0) };
            kept.insert(memory.map_err(Error::wrap)?)
        }
    };
    let memory = &mut memory.as_mut_slice().map_err(Error::wrap)?[..numbers];
    #[expect(unsafe_code, reason = "cudarc copies whole slices only")]
    // SAFETY: the storage has at least so many numbers, and both live until the copy has ended.
    unsafe { memcpy_dtoh_async(memory, source, stream.cu_stream()) }.map_err(Error::wrap)?;
    stream.synchronize().map_err(Error::wrap)?;
    Ok(show(memory))
}

/// Kernels by the card, their file and their name: to look one up in a module takes the driver a good
/// part of a launch.
static LOADED: Mutex<BTreeMap<(usize, &str, &str), CudaFunction>> = Mutex::new(BTreeMap::new());

/// A kernel that may be given all the shared memory that a block can have.
fn loaded(module: Module, kernel: &'static str, device: &CudaDevice) -> Result<CudaFunction> {
    let card = device.cuda_stream().context().ordinal();
    let mut all = LOADED.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(function) = all.get(&(card, module.name, kernel)) {
        return Ok(function.clone());
    }
    let function = device.get_or_load_custom_func(kernel, module.name, module.ptx)?;
    let most = DeviceAttribute::CU_DEVICE_ATTRIBUTE_MAX_SHARED_MEMORY_PER_BLOCK_OPTIN;
    let own = FunctionAttribute::CU_FUNC_ATTRIBUTE_SHARED_SIZE_BYTES;
    let dynamic = FunctionAttribute::CU_FUNC_ATTRIBUTE_MAX_DYNAMIC_SHARED_SIZE_BYTES;
    let own = function.get_attribute(own).map_err(Error::wrap)?;
    let left = attribute(device, most)? as i32 - own;
    function.set_attribute(dynamic, left).map_err(Error::wrap)?;
    let function = function.into_cuda_function();
    all.insert((card, module.name, kernel), function.clone());
    Ok(function)
}

/// Puts a kernel into the stream.
pub(super) fn run(launch: Launch<'_>, device: &CudaDevice) -> Result<()> {
    let Launch { module, kernel, grid, threads, shared, arguments, .. } = launch;
    let function = loaded(module, kernel, device)?;
    let stream = device.cuda_stream();
    let values: Vec<Value> = arguments.iter().map(|a| value(a, &stream)).collect::<Result<_>>()?;
    let mut builder = stream.launch_builder(&function);
    for value in &values {
        match value {
            Value::Bits(bits) => builder.arg(bits),
            Value::Matrix(matrix) => builder.arg(matrix),
        };
    }
    let config = LaunchConfig {
        grid_dim: grid.into(),
        block_dim: threads.into(),
        shared_mem_bytes: shared as u32,
    };
    #[expect(unsafe_code, reason = "a kernel is foreign code")]
    // SAFETY: the wrappers give each kernel the arguments that it declares, which the emulator's
    // tests check, and memory of the sizes that its description asks for. Every number is passed as
    // eight bytes, of which the driver reads as many as the kernel declares (little-endian).
    unsafe { builder.launch(config) }.map_err(Error::wrap)?;
    Ok(())
}

/// What a kernel is given, as the driver reads it.
enum Value {
    Bits(u64),
    Matrix(DescribedMatrix),
}

fn value(argument: &Argument<'_>, stream: &CudaStream) -> Result<Value> {
    Ok(Value::Bits(match argument {
        Argument::Null => 0,
        Argument::Number(bits, _) => *bits,
        Argument::Buffer(buffer) => match &buffer.storage {
            Storage::Cuda(storage) => pointer(storage, 0, stream)?,
            _ => return Err(elsewhere()),
        },
        Argument::Tensor(tensor) => tensor_pointer(tensor, stream)?,
        Argument::Matrix(tensor) => {
            let address = tensor_pointer(tensor, stream)?;
            return DescribedMatrix::new(address, matrix_shape(tensor)?).map(Value::Matrix);
        }
    }))
}

fn tensor_pointer(tensor: &Tensor, stream: &CudaStream) -> Result<u64> {
    let (storage, layout) = tensor.storage_and_layout();
    let Some((start, _)) = layout.contiguous_offsets() else {
        return Err(Error::msg("a kernel was given a tensor that is not contiguous"));
    };
    match &*storage {
        Storage::Cuda(storage) => pointer(storage, start, stream),
        _ => Err(elsewhere()),
    }
}

/// Where a tensor's first number lies.
pub(super) fn address_of(tensor: &Tensor, device: &CudaDevice) -> Result<i64> {
    Ok(tensor_pointer(tensor, &device.cuda_stream())?.cast_signed())
}

/// Where a storage's first number lies.
pub(super) fn address_of_storage(storage: &CudaStorage) -> Result<i64> {
    Ok(pointer(storage, 0, &storage.device.cuda_stream())?.cast_signed())
}

/// The address of a storage's number `start`.
///
/// All work of a device is in one stream, in order, so the address stays good for what is put into
/// it before the memory is given back.
fn pointer(storage: &CudaStorage, start: usize, stream: &CudaStream) -> Result<u64> {
    let base = match &storage.slice {
        CudaStorageSlice::U8(slice) => address(slice, stream),
        CudaStorageSlice::U32(slice) => address(slice, stream),
        CudaStorageSlice::I64(slice) => address(slice, stream),
        CudaStorageSlice::BF16(slice) => address(slice, stream),
        CudaStorageSlice::F32(slice) => address(slice, stream),
        _ => return Err(Error::msg("a kernel was given numbers of a type that none takes")),
    };
    let dtype: DType = candle_core::backend::BackendStorage::dtype(storage);
    Ok(base + (start * dtype.size_in_bytes()) as u64)
}

fn address<T>(slice: &CudaSlice<T>, stream: &CudaStream) -> u64 {
    let (address, recorded): (u64, SyncOnDrop<'_>) = slice.device_ptr(stream);
    drop(recorded);
    address
}

fn elsewhere() -> Error {
    Error::msg("a kernel was given memory of another device")
}
