//! Root-mean-square normalisation, and whether rows are finite.

use candle_core::{DType, Result, Tensor};

use super::{Buffer, Launch, Module, by_type, module};

const NORM: Module = module!("norm");
/// Runs or rows that one block looks at, a warp each.
const RUNS: usize = 4;

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
        Launch::new(NORM, kernel, runs.div_ceil(RUNS), 32 * RUNS)
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
        let launch = Launch::new(NORM, kernel, rows.div_ceil(RUNS), 32 * RUNS).tensor(x);
        launch.buffer(&mut out).count(rows).count(width).run(x.device())?;
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
        for (rows, width) in [(1, 1), (5, 33), (9, 128), (3, 600)] {
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
    fn rows_that_are_not_finite_are_seen() -> Result<()> {
        needs_emulator!();
        for width in [7, 40, 264] {
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
