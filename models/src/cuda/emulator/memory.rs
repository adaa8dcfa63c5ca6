//! Memory of the host as kernels are given it: with a guard behind it, and marked where nobody wrote.

use candle_core::{CpuStorage, DType, Error, Result, Storage, StorageRef, Tensor};
use half::bf16;

/// Numbers behind every buffer that a kernel must leave alone.
const GUARD: usize = 64;
/// What memory holds that no kernel has written: NaN as f32 and bf16.
pub(super) const UNTOUCHED: u8 = 0xff;

/// Storage with a guard behind it, as if nobody had written it yet.
pub(in crate::cuda) fn untouched(dtype: DType, numbers: usize) -> Result<CpuStorage> {
    filled(dtype, numbers, UNTOUCHED)
}

/// Storage of zeros with a guard behind it.
pub(in crate::cuda) fn zeros(dtype: DType, numbers: usize) -> Result<CpuStorage> {
    filled(dtype, numbers, 0)
}

fn filled(dtype: DType, numbers: usize, byte: u8) -> Result<CpuStorage> {
    fn vector<T: Copy>(numbers: usize, fill: T, guard: T) -> Vec<T> {
        let mut all = vec![fill; numbers];
        all.extend([guard; GUARD]);
        all
    }
    let word = |byte: u8| u32::from_ne_bytes([byte; 4]);
    let float = |byte: u8| f32::from_bits(word(byte));
    let short = |byte: u8| bf16::from_bits(u16::from_ne_bytes([byte; 2]));
    let long = |byte: u8| i64::from_ne_bytes([byte; 8]);
    Ok(match dtype {
        DType::U8 => CpuStorage::U8(vector(numbers, byte, UNTOUCHED)),
        DType::U32 => CpuStorage::U32(vector(numbers, word(byte), word(UNTOUCHED))),
        DType::F32 => CpuStorage::F32(vector(numbers, float(byte), float(UNTOUCHED))),
        DType::BF16 => CpuStorage::BF16(vector(numbers, short(byte), short(UNTOUCHED))),
        DType::I64 => CpuStorage::I64(vector(numbers, long(byte), long(UNTOUCHED))),
        other => return Err(Error::msg(format!("no kernel writes {other:?}"))),
    })
}

/// The storage without its guard.
pub(in crate::cuda) fn unguarded(mut storage: CpuStorage) -> Result<CpuStorage> {
    fn cut<T>(numbers: &mut Vec<T>) {
        numbers.truncate(numbers.len() - GUARD);
    }
    match &mut storage {
        CpuStorage::U8(numbers) => cut(numbers),
        CpuStorage::U32(numbers) => cut(numbers),
        CpuStorage::F32(numbers) => cut(numbers),
        CpuStorage::BF16(numbers) => cut(numbers),
        CpuStorage::I64(numbers) => cut(numbers),
        _ => return Err(Error::msg("no kernel writes this type")),
    }
    Ok(storage)
}

/// The bytes of a storage.
#[expect(unsafe_code, reason = "numbers are compared bit by bit")]
pub(super) fn bytes(storage: &mut CpuStorage) -> Result<&mut [u8]> {
    fn of<T>(numbers: &mut [T]) -> &mut [u8] {
        let size = size_of_val(numbers);
        // SAFETY: the numbers have no padding and no invalid values.
        unsafe { std::slice::from_raw_parts_mut(numbers.as_mut_ptr().cast(), size) }
    }
    Ok(match storage {
        CpuStorage::U8(numbers) => of(numbers),
        CpuStorage::U32(numbers) => of(numbers),
        CpuStorage::F32(numbers) => of(numbers),
        CpuStorage::BF16(numbers) => of(numbers),
        CpuStorage::I64(numbers) => of(numbers),
        _ => return Err(Error::msg("no kernel takes this type")),
    })
}

pub(super) fn address(tensor: &Tensor, storage: Option<&StorageRef<'_>>) -> Result<u64> {
    let Some((start, _)) = tensor.layout().contiguous_offsets() else {
        return Err(Error::msg("a kernel was given a tensor that is not contiguous"));
    };
    let base = match storage.map(|s| &**s) {
        Some(Storage::Cpu(CpuStorage::U8(numbers))) => numbers.as_ptr() as u64,
        Some(Storage::Cpu(CpuStorage::U32(numbers))) => numbers.as_ptr() as u64,
        Some(Storage::Cpu(CpuStorage::F32(numbers))) => numbers.as_ptr() as u64,
        Some(Storage::Cpu(CpuStorage::BF16(numbers))) => numbers.as_ptr() as u64,
        Some(Storage::Cpu(CpuStorage::I64(numbers))) => numbers.as_ptr() as u64,
        _ => return Err(Error::msg("a kernel was given numbers of a type that none takes")),
    };
    Ok(base + (start * tensor.dtype().size_in_bytes()) as u64)
}

/// Where a tensor's first number lies.
pub(in crate::cuda) fn address_of(tensor: &Tensor) -> Result<i64> {
    let (storage, _) = tensor.storage_and_layout();
    Ok(address(tensor, Some(&storage))?.cast_signed())
}

/// Where a storage's first number lies.
pub(in crate::cuda) fn address_of_storage(storage: &mut CpuStorage) -> Result<i64> {
    Ok(bytes(storage)?.as_mut_ptr() as i64)
}
