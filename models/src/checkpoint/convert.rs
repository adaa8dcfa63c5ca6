//! Copying a mapped tensor into f32, page by page.

use std::ops::Range;

use half::{bf16, f16};
use memmap2::Mmap;
use rayon::prelude::*;
use safetensors::Dtype;

/// Bytes converted before their pages are given back: a load never holds more of a file than this.
pub(super) const CHUNK: usize = 16 << 20;

/// Whether the engine reads this type.
pub(crate) fn readable(dtype: Dtype) -> bool {
    matches!(dtype, Dtype::F32 | Dtype::BF16 | Dtype::F16)
}

/// Fills `out` from the mapped bytes, which hold as many numbers of a readable type.
pub(crate) fn copy(map: &Mmap, bytes: Range<usize>, dtype: Dtype, out: &mut [f32]) {
    let size = bytes.len() / out.len().max(1);
    for (number, out) in out.chunks_mut(CHUNK / 4).enumerate() {
        let start = bytes.start + number * (CHUNK / 4) * size;
        let range = start..start + out.len() * size;
        convert(&map[range.clone()], dtype, out);
        give_back(map, range);
    }
}

fn convert(bytes: &[u8], dtype: Dtype, out: &mut [f32]) {
    match dtype {
        Dtype::BF16 => each(bytes, out, |b: [u8; 2]| bf16::from_le_bytes(b).to_f32()),
        Dtype::F16 => each(bytes, out, |b: [u8; 2]| f16::from_le_bytes(b).to_f32()),
        _ => each(bytes, out, f32::from_le_bytes),
    }
}

fn each<const N: usize>(bytes: &[u8], out: &mut [f32], read: impl Fn([u8; N]) -> f32 + Sync) {
    let (numbers, _) = bytes.as_chunks::<N>();
    let pairs = out.par_iter_mut().zip(numbers).with_min_len(1 << 16);
    pairs.for_each(|(out, bytes)| *out = read(*bytes));
}

/// Has mapped pages read by all threads at once: who copies them alone asks the disk for one after the other.
pub(super) fn read_pages(bytes: &[u8]) {
    const READ: usize = 256 << 10;
    const PAGE: usize = 4 << 10;
    bytes.par_chunks(READ).for_each(|some| {
        some.iter().step_by(PAGE).for_each(|&byte| {
            std::hint::black_box(byte);
        });
    });
}

/// Tells the system that the mapped pages are not needed again.
#[cfg(unix)]
pub(super) fn give_back(map: &Mmap, range: Range<usize>) {
    use memmap2::UncheckedAdvice::DontNeed;
    #[expect(unsafe_code, reason = "memory stays bounded by the weights only if read pages go")]
    // SAFETY: the mapping is of a file and read-only, so dropped pages come back as they were.
    let dropped = unsafe { map.unchecked_advise_range(DontNeed, range.start, range.len()) };
    if let Err(error) = dropped {
        tracing::debug!("mapped weights stay in memory: {error}");
    }
}

#[cfg(not(unix))]
pub(super) fn give_back(_: &Mmap, _: Range<usize>) {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn half_types_widen_exactly() {
        let mut out = [0.0; 2];
        convert(&[0x80, 0x3f, 0x20, 0xc0], Dtype::BF16, &mut out);
        assert_eq!(out, [1.0, -2.5]);
        convert(&[0x00, 0x3c, 0x00, 0xc1], Dtype::F16, &mut out);
        assert_eq!(out, [1.0, -2.5]);
    }
}
