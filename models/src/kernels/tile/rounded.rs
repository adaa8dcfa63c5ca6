//! Tiles whose rows are rounded to bf16, for CPUs that multiply two pairs of bf16 at once.
//!
//! Products of bf16 are exact in f32; only the rounding of the rows and the order in which a pair is
//! added set these sums apart from those of [`product`](super::product).

use std::borrow::Cow;

use super::super::vector;
use super::{Rows, Target, WIDTH, widened};

/// Rows of pairs of bf16, in the layout of [`Panel::Bf16`](super::Panel::Bf16).
pub(crate) struct RoundedRows<'a> {
    pairs: Cow<'a, [u32]>,
    count: usize,
    inputs: usize,
}

impl RoundedRows<'_> {
    /// Rounds rows to the nearest bf16, ties to even.
    pub(crate) fn new(x: Rows<'_>) -> Self {
        let width = x.inputs.div_ceil(2);
        let mut pairs = vec![0; x.count * width];
        for (row, pairs) in pairs.chunks_mut(width.max(1)).enumerate() {
            vector::round_pairs(pairs, &x.numbers[row * x.stride..][..x.inputs]);
        }
        Self { pairs: pairs.into(), count: x.count, inputs: x.inputs }
    }

    fn width(&self) -> usize {
        self.inputs.div_ceil(2)
    }

    fn from(&self, first: usize, count: usize) -> RoundedRows<'_> {
        let width = self.width();
        let pairs = self.pairs[first * width..(first + count) * width].into();
        RoundedRows { pairs, count, inputs: self.inputs }
    }
}

/// Multiplies rows with a panel, on one thread.
///
/// # Panics
/// If the panel is shorter than the rows' inputs.
pub(crate) fn product_rounded(x: &RoundedRows<'_>, panel: &[[u32; WIDTH]], mut out: Target<'_>) {
    assert!(panel.len() >= x.width(), "operands of a product");
    let (height, tile) = by_cpu();
    let tiles = x.count.div_ceil(height);
    let mut first = 0;
    for number in 0..tiles {
        let count = (x.count - first) / (tiles - number);
        tile(&x.from(first, count), panel, &mut |row, sums| out.write(first + row, sums));
        first += count;
    }
}

type Tile = fn(&RoundedRows<'_>, &[[u32; WIDTH]], super::Take<'_>);

fn by_cpu() -> (usize, Tile) {
    #[cfg(target_arch = "x86_64")]
    if avx512::is_here() {
        return (avx512::HEIGHT, avx512::tile);
    }
    (usize::MAX, portable)
}

/// The same in f32.
fn portable(x: &RoundedRows<'_>, panel: &[[u32; WIDTH]], take: super::Take<'_>) {
    for row in 0..x.count {
        let mut sums = [0.0; WIDTH];
        for (&x, w) in x.pairs[row * x.width()..][..x.width()].iter().zip(panel) {
            for (odd, x) in [x << 16, x & 0xffff_0000].map(f32::from_bits).into_iter().enumerate() {
                let w = widened(w, odd == 1);
                sums.iter_mut().zip(w).for_each(|(sum, w)| *sum += x * w);
            }
        }
        take(row, &sums);
    }
}

#[cfg(target_arch = "x86_64")]
mod avx512 {
    #![expect(unsafe_code, reason = "the innermost loop: see the f32 tiles")]

    use std::arch::is_x86_feature_detected;
    use std::arch::x86_64::*;
    use std::mem::transmute;

    use super::super::{Take, WIDTH};
    use super::RoundedRows;

    /// Rows of a full tile.
    pub(super) const HEIGHT: usize = 12;

    /// Whether the CPU can run [`tile`].
    pub(super) fn is_here() -> bool {
        is_x86_feature_detected!("avx512f") && is_x86_feature_detected!("avx512bf16")
    }

    /// Multiplies up to [`HEIGHT`] rows with a panel.
    pub(super) fn tile(x: &RoundedRows<'_>, panel: &[[u32; WIDTH]], take: Take<'_>) {
        let width = x.width();
        assert!(is_here() && x.pairs.len() >= x.count * width && panel.len() >= width, "a tile");
        let (rows, panel) = (x.pairs.as_ptr(), panel.as_ptr().cast());
        // SAFETY: the CPU has the features, and both operands are as long as their shapes say.
        unsafe {
            match x.count {
                1 => walk::<1>(rows, panel, width, take),
                2 => walk::<2>(rows, panel, width, take),
                3 => walk::<3>(rows, panel, width, take),
                4 => walk::<4>(rows, panel, width, take),
                5 => walk::<5>(rows, panel, width, take),
                6 => walk::<6>(rows, panel, width, take),
                7 => walk::<7>(rows, panel, width, take),
                8 => walk::<8>(rows, panel, width, take),
                9 => walk::<9>(rows, panel, width, take),
                10 => walk::<10>(rows, panel, width, take),
                11 => walk::<11>(rows, panel, width, take),
                HEIGHT => walk::<HEIGHT>(rows, panel, width, take),
                other => unreachable!("a tile of {other} rows"),
            }
        }
    }

    /// # Safety
    /// `rows` points to M rows of `width` pairs, `panel` to `width` rows of `WIDTH` pairs.
    #[target_feature(enable = "avx512f,avx512bf16")]
    unsafe fn walk<const M: usize>(
        rows: *const u32,
        panel: *const u32,
        width: usize,
        take: Take<'_>,
    ) {
        let mut sums = [[_mm512_setzero_ps(); 2]; M];
        for pair in 0..width {
            // SAFETY: below `width` both operands have pairs. Offsets wrap instead of being checked.
            unsafe {
                let w = panel.add(pair.wrapping_mul(WIDTH));
                let low: __m512bh = transmute(_mm512_loadu_si512(w.cast()));
                let high: __m512bh = transmute(_mm512_loadu_si512(w.add(16).cast()));
                for (row, sums) in sums.iter_mut().enumerate() {
                    let x = *rows.add(row.wrapping_mul(width).wrapping_add(pair));
                    let x: __m512bh = transmute(_mm512_set1_epi32(x.cast_signed()));
                    sums[0] = _mm512_dpbf16_ps(sums[0], x, low);
                    sums[1] = _mm512_dpbf16_ps(sums[1], x, high);
                }
            }
        }
        let mut lines = [[0.0f32; WIDTH]; M];
        for row in 0..M {
            let (low, high) = lines[row].split_at_mut(16);
            // SAFETY: both halves of a line are as long as a register.
            unsafe {
                _mm512_storeu_ps(low.as_mut_ptr(), sums[row][0]);
                _mm512_storeu_ps(high.as_mut_ptr(), sums[row][1]);
            }
        }
        lines.iter().enumerate().for_each(|(row, line)| take(row, line));
    }
}

#[cfg(test)]
mod tests {
    use half::bf16;

    use super::*;

    #[test]
    fn sums_are_those_of_rounded_rows_and_the_same_in_any_company() {
        for (count, inputs) in [(1usize, 2usize), (3, 7), (13, 64), (25, 101)] {
            let x: Vec<f32> = (0..count * inputs).map(|i| (i as f32 * 0.37).sin()).collect();
            let panel: Vec<[u32; WIDTH]> = (0..inputs.div_ceil(2) as u32)
                .map(|pair| std::array::from_fn(|c| 0x3f80_bf00 ^ (pair * 0x0021_0013 + c as u32)))
                .collect();
            let run = |first: usize, rows: usize| {
                let x = &x[first * inputs..];
                let rows =
                    RoundedRows::new(Rows { numbers: x, stride: inputs, count: rows, inputs });
                let mut out = vec![0.0; rows.count * WIDTH];
                let numbers = out.as_mut_slice();
                product_rounded(
                    &rows,
                    &panel,
                    Target { numbers, stride: WIDTH, columns: WIDTH, add: false },
                );
                out
            };
            let all = run(0, count);
            for row in [0, count - 1] {
                assert_eq!(run(row, 1), all[row * WIDTH..][..WIDTH]);
                for column in 0..WIDTH {
                    let term = |k: usize| {
                        let x = bf16::from_f32(x[row * inputs + k]).to_f64();
                        x * f64::from(widened(&panel[k / 2], k % 2 == 1)[column])
                    };
                    let expected: f64 = (0..inputs).map(term).sum();
                    let scale: f64 = (0..inputs).map(|k| term(k).abs()).sum();
                    let sum = f64::from(all[row * WIDTH + column]);
                    assert!(
                        (sum - expected).abs() <= 1e-5 * scale.max(1.0),
                        "{sum} is not {expected}"
                    );
                }
            }
        }
    }
}
