//! Root-mean-square normalisation, and whether rows are finite.

use candle_core::{DType, Result, Tensor};

use super::{Buffer, Launch, Module, by_type, module};

const NORM: Module = module!("norm");
/// Numbers of a run that a warp holds, as in `norm.cu`; a wider run takes a block.
const NARROW: usize = 512;
/// Narrow runs that a block looks at, and the most warps that look at a wide one.
const WARPS: (usize, usize) = (4, 16);

/// A launch for runs of a width: its blocks and their threads.
fn launch<'a>(kernel: &'static str, runs: usize, width: usize) -> Launch<'a> {
    let (blocks, warps) = match width.div_ceil(NARROW) {
        0 | 1 => (runs.div_ceil(WARPS.0), WARPS.0),
        warps => (runs, warps.min(WARPS.1)),
    };
    Launch::new(NORM, kernel, blocks, 32 * warps)
}

/// Divides every run of `weight`'s length in `x` by its root mean square and multiplies by `weight`
/// (f32); the result has the shape and type of `x`, bf16 or f32, and is rounded once.
pub(crate) fn rms_norm(x: &Tensor, weight: &Tensor, eps: f32) -> Result<Tensor> {
    grouped_norm(x, weight, 1, eps)
}

/// The same of each of `groups` equal runs of a row, times the weight of the whole row.
pub(crate) fn grouped_norm(x: &Tensor, weight: &Tensor, groups: usize, eps: f32) -> Result<Tensor> {
    let (width, numbers) = (weight.elem_count() / groups, x.elem_count());
    let runs = numbers / width;
    let mut out = Buffer::new(x.device(), x.dtype(), numbers)?;
    if runs > 0 {
        let kernel = by_type("rms_norm_f32", "rms_norm_bf16", x)?;
        launch(kernel, runs, width)
            .tensor(x)
            .tensor(weight)
            .buffer(&mut out)
            .count(runs)
            .count(width)
            .count(groups)
            .float(eps)
            .run(x.device())?;
    }
    out.into_tensor(x.shape())
}

/// 1 for every row of `x` of which all numbers are finite, else 0: u8 `[rows]`.
pub(crate) fn finite_rows(x: &Tensor) -> Result<Tensor> {
    let (rows, width) = x.dims2()?;
    let mut out = Buffer::new(x.device(), DType::U8, rows)?;
    if rows > 0 {
        let kernel = by_type("finite_rows_f32", "finite_rows_bf16", x)?;
        let launch = launch(kernel, rows, width).tensor(x).buffer(&mut out);
        launch.count(rows).count(width).run(x.device())?;
    }
    out.into_tensor(rows)
}

#[cfg(test)]
mod tests {
    use super::super::emulator::needs_emulator;
    use super::super::testing::{close, device, in_both_types, random};
    use super::*;
    use crate::kernels::norm;

    #[test]
    fn runs_are_normalised_as_on_the_cpu() -> Result<()> {
        needs_emulator!();
        // Wide rows take a block, of more warps the wider they are, and at last in several rounds.
        let (narrow, wide) = ([(1, 1), (5, 33), (9, 128), (5, 512)], [600, 2048, 8201, 20_000]);
        for (rows, width) in narrow.into_iter().chain(wide.map(|width| (2, width))) {
            let weight = random(&[width], 2)?;
            in_both_types(&random(&[rows, width], 1)?, |x, exact, tolerance| {
                let expected = norm::rms_norm(exact, &weight.to_vec1()?, 1e-6);
                close(&rms_norm(x, &weight, 1e-6)?, &expected, tolerance);
                Ok(())
            })?;
        }
        Ok(())
    }

    #[test]
    fn groups_of_a_row_are_normalised_by_themselves() -> Result<()> {
        needs_emulator!();
        let (rows, width, groups) = (3, 48, 4);
        let weight: Vec<f32> = random(&[width], 2)?.to_vec1()?;
        in_both_types(&random(&[rows, width], 1)?, |x, exact, tolerance| {
            let mut expected = norm::rms_norm(exact, &vec![1.0; width / groups], 1e-5);
            let rows = expected.chunks_mut(width);
            rows.for_each(|row| row.iter_mut().zip(&weight).for_each(|(x, w)| *x *= w));
            let weight = Tensor::from_slice(&weight, width, x.device())?;
            close(&grouped_norm(x, &weight, groups, 1e-5)?, &expected, tolerance);
            Ok(())
        })
    }

    #[test]
    fn a_run_is_normalised_the_same_whatever_else_is_in_the_batch() -> Result<()> {
        needs_emulator!();
        for width in [128, 2048] {
            let (x, weight) = (random(&[37, width], 1)?, random(&[width], 2)?);
            let all = rms_norm(&x, &weight, 1e-6)?.narrow(0, 20, 3)?;
            let some = rms_norm(&x.narrow(0, 20, 3)?, &weight, 1e-6)?;
            assert_eq!(all.to_vec2::<f32>()?, some.to_vec2::<f32>()?);
        }
        Ok(())
    }

    #[test]
    fn rows_that_are_not_finite_are_seen() -> Result<()> {
        needs_emulator!();
        for width in [7, 40, 264, 2048, 9001] {
            let mut numbers = vec![1.0f32; 5 * width];
            numbers[width - 1] = f32::NAN;
            numbers[3 * width] = f32::INFINITY;
            numbers[4 * width + width / 2] = f32::NEG_INFINITY;
            let x = Tensor::from_vec(numbers, (5, width), &device())?;
            for x in [x.clone(), x.to_dtype(DType::BF16)?] {
                assert_eq!(finite_rows(&x)?.to_vec1::<u8>()?, [0, 1, 1, 0, 0]);
            }
        }
        Ok(())
    }
}
