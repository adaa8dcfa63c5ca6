//! Root-mean-square normalisation.

use candle_core::{Result, Tensor};

use super::{Buffer, Launch, Module, module};

const NORM: Module = module!("norm");
/// Runs that one block normalises, a warp each.
const RUNS: usize = 4;

/// Divides every run of `weight`'s length in `x` by its root mean square and multiplies by `weight`
/// (f32); the result has the shape and type of `x`, bf16 or f32.
pub(crate) fn rms_norm(x: &Tensor, weight: &Tensor, eps: f32) -> Result<Tensor> {
    let (width, numbers) = (weight.elem_count(), x.elem_count());
    let runs = numbers / width;
    let mut out = Buffer::new(x.device(), x.dtype(), numbers)?;
    if runs > 0 {
        Launch::new(
            NORM,
            super::by_type("rms_norm_f32", "rms_norm_bf16", x)?,
            runs.div_ceil(RUNS),
            32 * RUNS,
        )
        .tensor(x)
        .tensor(weight)
        .buffer(&mut out)
        .count(runs)
        .count(width)
        .float(eps)
        .run(x.device())?;
    }
    out.into_tensor(x.shape())
}

#[cfg(test)]
mod tests {
    use candle_core::DType;

    use super::super::emulator::needs_emulator;
    use super::super::testing::{close, random};
    use super::*;
    use crate::kernels::norm;

    #[test]
    fn runs_are_normalised_as_on_the_cpu() -> Result<()> {
        needs_emulator!();
        for (rows, width) in [(1, 1), (5, 33), (9, 128), (3, 300)] {
            let (x, weight) = (random(&[rows, width], 1)?, random(&[width], 2)?);
            let expected = norm::rms_norm(&x.flatten_all()?.to_vec1()?, &weight.to_vec1()?, 1e-6);
            close(&rms_norm(&x, &weight, 1e-6)?, &expected, 1e-6);
            let rounded = x.to_dtype(DType::BF16)?;
            let x = rounded.to_dtype(DType::F32)?.flatten_all()?.to_vec1()?;
            let expected = norm::rms_norm(&x, &weight.to_vec1()?, 1e-6);
            close(&rms_norm(&rounded, &weight, 1e-6)?, &expected, 1.0 / 256.0);
        }
        Ok(())
    }
}
