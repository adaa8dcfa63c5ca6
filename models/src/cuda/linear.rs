//! Products that stay f32.

use candle_core::{DType, Error, Result, Tensor};

use super::tile::{OUTPUTS, Tiles};
use super::{Buffer, Module, module, multiprocessors};

const LINEAR: Module = module!("linear");

/// Whether [`linear_exactly`] takes such rows and weights.
pub(crate) fn multiplies_exactly(x: &Tensor, weight: &Tensor) -> bool {
    let half = x.dtype() == DType::BF16 && weight.dtype() == DType::BF16;
    half && x.dims().len() == 2 && weight.dims()[1].is_multiple_of(8)
}

/// `x · weightᵀ + bias` in f32, of bf16 `[rows, inputs]` and `[outputs, inputs]`, and f32 `[outputs]`.
///
/// # Errors
/// If a type or shape does not fit, or 8 does not divide `inputs`.
pub(crate) fn linear_exactly(x: &Tensor, weight: &Tensor, bias: Option<&Tensor>) -> Result<Tensor> {
    let ((rows, inputs), outputs, device) = (x.dims2()?, weight.dim(0)?, x.device());
    let biased = bias.is_none_or(|b| b.dims() == [outputs] && b.dtype() == DType::F32);
    if !multiplies_exactly(x, weight) || weight.dims() != [outputs, inputs] || !biased {
        return Err(Error::msg(format!("no kernel multiplies {x:?} by {weight:?}")));
    }
    let mut out = Buffer::new(device, DType::F32, rows * outputs)?;
    if rows > 0 {
        let large = rows.div_ceil(128) * outputs.div_ceil(OUTPUTS);
        let busy = large >= 2 * multiprocessors(device)?;
        let (kernel, tile) =
            if busy { ("linear_exactly_128", 128) } else { ("linear_exactly_32", 32) };
        let tiles = Tiles::of(tile, device)?;
        tiles
            .launch(LINEAR, kernel)
            .tensor(x)
            .tensor(weight)
            .optional(bias)
            .buffer(&mut out)
            .count(rows)
            .count(inputs)
            .count(outputs)
            .count(tiles.stages)
            .run(device)?;
    }
    out.into_tensor((rows, outputs))
}

#[cfg(test)]
mod tests {
    use super::super::emulator::needs_emulator;
    use super::super::testing::{close, random};
    use super::*;
    use crate::kernels::matrix;
    use crate::kernels::norm::add_bias;
    use crate::kernels::packed::Packed;

    #[test]
    fn products_are_those_of_the_cpu() -> Result<()> {
        needs_emulator!();
        for (rows, inputs, outputs) in [(1, 8, 1), (33, 72, 5), (70, 200, 130), (700, 8, 20)] {
            let half = |shape: &[usize], seed| random(shape, seed)?.to_dtype(DType::BF16);
            let exact = |t: &Tensor| t.to_dtype(DType::F32)?.flatten_all()?.to_vec1::<f32>();
            let (x, weight) = (half(&[rows, inputs], 1)?, half(&[outputs, inputs], 2)?);
            let packed = Packed::from_rows(&exact(&weight)?, inputs);
            let mut expected = matrix::linear(&exact(&x)?, &packed);
            // Sums of some hundred products in f32, in another order.
            close(&linear_exactly(&x, &weight, None)?, &expected, 1e-5);
            let bias = random(&[outputs], 3)?;
            add_bias(&mut expected, &bias.to_vec1::<f32>()?);
            close(&linear_exactly(&x, &weight, Some(&bias))?, &expected, 1e-5);
            assert!(linear_exactly(&x, &weight.narrow(1, 0, 4)?.contiguous()?, None).is_err());
        }
        Ok(())
    }
}
