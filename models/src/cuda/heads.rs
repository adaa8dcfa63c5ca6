//! Queries and keys, normalised and rotated by one kernel.

use candle_core::{Result, Tensor};

use super::{Buffer, Launch, Module, by_type, module};
use crate::kernels::rotary::Pairs;

const HEADS: Module = module!("heads");
/// Threads of a block.
const THREADS: usize = 256;
/// Numbers that a thread does, and the most threads of a head.
const EACH: (usize, usize) = (8, 32);

/// Rows of heads, bf16 or f32 `[rows, heads · width]`, and the norm of each head.
#[derive(Clone, Copy)]
pub(crate) struct HeadRows<'a> {
    pub(crate) x: &'a Tensor,
    pub(crate) heads: usize,
    /// f32 `[width]`.
    pub(crate) weight: &'a Tensor,
    pub(crate) eps: f32,
}

impl HeadRows<'_> {
    fn width(&self) -> Result<usize> {
        Ok(self.x.dim(1)? / self.heads)
    }

    fn launched<'a>(&'a self, launch: Launch<'a>, out: &'a mut Buffer) -> Launch<'a> {
        let launch = launch.tensor(self.x).tensor(self.weight).buffer(out);
        launch.count(self.heads).float(self.eps)
    }
}

/// Whether [`norm_and_rotate`] takes such heads and so many angles: a thread does eight numbers, whose
/// partners are all its own or all another's.
pub(crate) fn norms_and_rotates(
    q: HeadRows<'_>,
    k: HeadRows<'_>,
    angles: usize,
    pairs: Pairs,
) -> Result<bool> {
    let width = q.width()?;
    let widths = [k.width()?, q.weight.elem_count(), k.weight.elem_count()];
    let together = if pairs == Pairs::Halves { 8 } else { 4 };
    Ok(widths == [width; 3]
        && q.x.dtype() == k.x.dtype()
        && width.is_multiple_of(EACH.0)
        && width <= EACH.0 * EACH.1
        && angles.is_multiple_of(together)
        && 2 * angles <= width)
}

/// Divides every head by its root mean square, multiplies it by the weight, rounds it, and rotates its
/// first numbers by the row's angles: `cos` and `sin` are f32 `[rows, angles]`. The same numbers as
/// [`rms_norm`](super::rms_norm) and [`rotate`](super::rotate) give one after the other.
pub(crate) fn norm_and_rotate(
    q: HeadRows<'_>,
    k: HeadRows<'_>,
    (cos, sin): (&Tensor, &Tensor),
    pairs: Pairs,
) -> Result<(Tensor, Tensor)> {
    let (rows, width, device) = (q.x.dim(0)?, q.width()?, q.x.device());
    let buffer = |of: HeadRows<'_>| Buffer::new(device, of.x.dtype(), of.x.elem_count());
    let (mut q_out, mut k_out) = (buffer(q)?, buffer(k)?);
    if rows > 0 {
        let kernel = by_type("norm_and_rotate_f32", "norm_and_rotate_bf16", q.x)?;
        let lanes = width.div_ceil(EACH.0).next_power_of_two();
        let threads = rows * (q.heads + k.heads) * lanes;
        let launch = Launch::new(HEADS, kernel, threads.div_ceil(THREADS), THREADS);
        let launch = k.launched(q.launched(launch, &mut q_out), &mut k_out);
        let launch = launch.tensor(cos).tensor(sin).count(rows).count(width).count(lanes);
        let launch = launch.count(cos.dim(1)?).count(usize::from(pairs == Pairs::Neighbours));
        launch.run(device)?;
    }
    Ok((q_out.into_tensor(q.x.shape())?, k_out.into_tensor(k.x.shape())?))
}

#[cfg(test)]
mod tests {
    use candle_core::DType;

    use super::super::emulator::needs_emulator;
    use super::super::testing::random;
    use super::super::{rms_norm, rotate};
    use super::*;

    fn exact(x: &Tensor) -> Result<Vec<f32>> {
        x.to_dtype(DType::F32)?.flatten_all()?.to_vec1()
    }

    #[test]
    fn heads_are_as_two_kernels_leave_them() -> Result<()> {
        needs_emulator!();
        // Whole and partial rotation; heads that leave lanes idle, and rows that leave warps so.
        let shapes = [
            (1, 1, 1, 8, 4),
            (3, 8, 2, 64, 32),
            (5, 4, 1, 128, 64),
            (2, 3, 3, 80, 16),
            (7, 2, 1, 192, 96),
            (3, 1, 2, 256, 64),
        ];
        for (rows, heads, kv_heads, width, angles) in shapes {
            let table = |seed| random(&[rows, angles], seed);
            let tables = (&table(1)?, &table(2)?);
            for (dtype, pairs) in [
                (DType::F32, Pairs::Halves),
                (DType::BF16, Pairs::Halves),
                (DType::F32, Pairs::Neighbours),
                (DType::BF16, Pairs::Neighbours),
            ] {
                let (weight, k_weight) = (&random(&[width], 3)?, &random(&[width], 4)?);
                let x = random(&[rows, heads * width], 5)?.to_dtype(dtype)?;
                let k = random(&[rows, kv_heads * width], 6)?.to_dtype(dtype)?;
                let q = HeadRows { x: &x, heads, weight, eps: 1e-6 };
                let k = HeadRows { x: &k, heads: kv_heads, weight: k_weight, eps: 1e-5 };
                let taken = norms_and_rotates(q, k, angles, pairs)?;
                assert_eq!(taken, pairs == Pairs::Neighbours || angles % 8 == 0);
                if !taken {
                    continue;
                }
                let ours = norm_and_rotate(q, k, tables, pairs)?;
                for (ours, of) in [(ours.0, q), (ours.1, k)] {
                    let normed = rms_norm(of.x, of.weight, of.eps)?;
                    let expected = rotate(&normed, of.heads, 0, tables, pairs)?;
                    assert_eq!(exact(&ours)?, exact(&expected)?, "{width} {dtype:?} {pairs:?}");
                }
            }
        }
        Ok(())
    }

    #[test]
    fn heads_that_no_kernel_takes_are_told() -> Result<()> {
        let (weight, wide) = (&random(&[64], 1)?, &random(&[128], 1)?);
        let x = &random(&[2, 128], 2)?;
        let of = |weight, heads| HeadRows { x, heads, weight, eps: 1e-6 };
        let (two, all) = (of(weight, 2), of(wide, 2)); // of all heads together
        assert!(norms_and_rotates(two, two, 32, Pairs::Halves)?);
        assert!(!norms_and_rotates(two, all, 32, Pairs::Halves)?);
        assert!(!norms_and_rotates(all, all, 32, Pairs::Halves)?);
        assert!(!norms_and_rotates(two, two, 12, Pairs::Halves)?);
        assert!(norms_and_rotates(two, two, 12, Pairs::Neighbours)?);
        Ok(())
    }
}
