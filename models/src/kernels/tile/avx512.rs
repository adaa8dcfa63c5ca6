//! A tile of up to 12 rows in the 32 registers of AVX-512: 24 sums, a row of the panel, and what is
//! multiplied with it. From four rows on it runs at 95 % of the CPU's peak of fused multiply-adds.

#![expect(unsafe_code, reason = "a checked load in the innermost loop costs a third of the speed")]

use std::arch::is_x86_feature_detected;
use std::arch::x86_64::*;

use super::{Panel, Rows, Take, WIDTH};

/// Rows of a full tile.
const HEIGHT: usize = 12;
/// The same where pairs take registers too: with more rows the compiler moves sums to memory.
const HEIGHT_OF_PAIRS: usize = 10;

/// Rows that a tile can have with such a panel.
pub(super) fn height(panel: Panel<'_>) -> usize {
    match panel {
        Panel::F32 { .. } => HEIGHT,
        Panel::Bf16(_) => HEIGHT_OF_PAIRS,
    }
}

/// Whether the CPU can run [`tile`].
pub(super) fn is_here() -> bool {
    is_x86_feature_detected!("avx512f")
}

/// Multiplies up to [`height`] rows with a panel; `take` is given the sums of each row.
pub(super) fn tile(x: Rows<'_>, panel: Panel<'_>, take: Take<'_>) {
    assert!(is_here() && x.numbers.len() >= x.reach() && panel.holds(x.inputs), "a tile");
    // SAFETY: the CPU has AVX-512F, and both operands are as long as their shapes say.
    unsafe {
        match x.count {
            1 => walk::<1>(x, panel, take),
            2 => walk::<2>(x, panel, take),
            3 => walk::<3>(x, panel, take),
            4 => walk::<4>(x, panel, take),
            5 => walk::<5>(x, panel, take),
            6 => walk::<6>(x, panel, take),
            7 => walk::<7>(x, panel, take),
            8 => walk::<8>(x, panel, take),
            9 => walk::<9>(x, panel, take),
            10 => walk::<10>(x, panel, take),
            11 => walk::<11>(x, panel, take),
            HEIGHT => walk::<HEIGHT>(x, panel, take),
            other => unreachable!("a tile of {other} rows"),
        }
    }
}

/// Sums of a row, or a row of the panel: two registers.
type Pair = [__m512; 2];

/// # Safety
/// `x` has M rows, and both operands are as long as their shapes say.
#[target_feature(enable = "avx512f")]
unsafe fn walk<const M: usize>(x: Rows<'_>, panel: Panel<'_>, take: Take<'_>) {
    let mut lines = [[0.0; WIDTH]; M];
    // SAFETY: the caller's promise.
    unsafe {
        match panel {
            Panel::F32 { numbers, stride } => walk_f32(x, numbers.as_ptr(), stride, &mut lines),
            Panel::Bf16(pairs) => walk_bf16(x, pairs.as_ptr().cast(), &mut lines),
        }
    }
    lines.iter().enumerate().for_each(|(row, line)| take(row, line));
}

type Lines<const M: usize> = [[f32; WIDTH]; M];

/// Adds the products of one input to the sums of M rows.
///
/// A macro, because a function with a target feature cannot be told to be inlined always, and sums that
/// are passed on leave the registers. Offsets wrap instead of being checked: they are inside `x`.
macro_rules! add {
    ($sums:ident, $x:ident, $input:expr, $w:expr) => {{
        let (input, w): (usize, Pair) = ($input, $w);
        for row in 0..M {
            let offset = row.wrapping_mul($x.stride).wrapping_add(input);
            let x = _mm512_set1_ps(*$x.numbers.as_ptr().add(offset));
            $sums[row][0] = _mm512_fmadd_ps(x, w[0], $sums[row][0]);
            $sums[row][1] = _mm512_fmadd_ps(x, w[1], $sums[row][1]);
        }
    }};
}

/// # Safety
/// `x` has M rows; `panel` points to `WIDTH` numbers for each input.
#[inline]
#[target_feature(enable = "avx512f")]
unsafe fn walk_f32<const M: usize>(
    x: Rows<'_>,
    panel: *const f32,
    stride: usize,
    lines: &mut Lines<M>,
) {
    let mut sums = [[_mm512_setzero_ps(); 2]; M];
    for input in 0..x.inputs {
        // SAFETY: below `inputs` both operands have numbers.
        unsafe {
            let w = panel.add(input.wrapping_mul(stride));
            add!(sums, x, input, [_mm512_loadu_ps(w), _mm512_loadu_ps(w.add(16))]);
        }
    }
    store(&sums, lines);
}

/// # Safety
/// `x` has M rows; `pairs` points to `WIDTH` pairs for every two inputs.
#[inline]
#[target_feature(enable = "avx512f")]
unsafe fn walk_bf16<const M: usize>(x: Rows<'_>, pairs: *const u32, lines: &mut Lines<M>) {
    let mut sums = [[_mm512_setzero_ps(); 2]; M];
    for pair in 0..x.inputs / 2 {
        // SAFETY: below `inputs` both operands have numbers.
        unsafe {
            let w = load(pairs, pair);
            let first = pair.wrapping_mul(2);
            add!(sums, x, first, even(w));
            add!(sums, x, first.wrapping_add(1), odd(w));
        }
    }
    if x.inputs % 2 == 1 {
        // SAFETY: an odd last input has a pair of its own.
        unsafe { add!(sums, x, x.inputs - 1, even(load(pairs, x.inputs / 2))) };
    }
    store(&sums, lines);
}

#[inline]
#[target_feature(enable = "avx512f")]
fn store<const M: usize>(sums: &[Pair; M], lines: &mut Lines<M>) {
    for (sums, line) in sums.iter().zip(lines) {
        let (low, high) = line.split_at_mut(16);
        // SAFETY: both halves of a line are as long as a register.
        unsafe {
            _mm512_storeu_ps(low.as_mut_ptr(), sums[0]);
            _mm512_storeu_ps(high.as_mut_ptr(), sums[1]);
        }
    }
}

/// # Safety
/// `pairs` points to more than `pair` rows of `WIDTH` pairs.
#[inline]
#[target_feature(enable = "avx512f")]
unsafe fn load(pairs: *const u32, pair: usize) -> [__m512i; 2] {
    // SAFETY: the caller's promise.
    unsafe {
        let at = pairs.add(pair.wrapping_mul(WIDTH));
        [_mm512_loadu_si512(at.cast()), _mm512_loadu_si512(at.add(16).cast())]
    }
}

/// The even inputs of pairs: bf16 is the upper half of f32.
#[inline]
#[target_feature(enable = "avx512f")]
fn even(w: [__m512i; 2]) -> Pair {
    let widened = |w| _mm512_castsi512_ps(_mm512_slli_epi32::<16>(w));
    [widened(w[0]), widened(w[1])]
}

/// The odd inputs of pairs.
#[inline]
#[target_feature(enable = "avx512f")]
fn odd(w: [__m512i; 2]) -> Pair {
    let upper = _mm512_set1_epi32(0xffff_0000_u32.cast_signed());
    let widened = |w| _mm512_castsi512_ps(_mm512_and_si512(w, upper));
    [widened(w[0]), widened(w[1])]
}
