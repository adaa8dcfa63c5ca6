//! Products that stay f32.

use candle_core::{DType, Device, Error, Result, Tensor};

use super::tile::{OUTPUTS, Tiles};
use super::{Buffer, Launch, Module, module, multiprocessors};

const LINEAR: Module = module!("linear");
/// Threads of a block for few rows.
const THREADS: usize = 128;
/// Rows and outputs of a block for few rows, as in `linear.cu`, and its shared memory.
const FEW: (usize, usize) = (16, 8);
const FEW_SHARED: usize = 4 * (FEW.0 + FEW.1) * (256 + 8) * 2;

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
    Kernel::of(rows, outputs, device)?.multiply(x, weight, bias)
}

/// What forms a product. All add in the same order, so that a row's numbers do not depend on how many
/// rows there are.
#[derive(Clone, Copy, Debug)]
enum Kernel {
    /// Tiles of so many rows, 32 or 128.
    Tiles(usize),
    /// Blocks of a few rows and outputs.
    Few,
}

impl Kernel {
    /// What keeps the device busy: the largest tiles that do, or many small blocks.
    fn of(rows: usize, outputs: usize, device: &Device) -> Result<Self> {
        let busy = multiprocessors(device)?;
        let tiles = |tile: usize| rows.div_ceil(tile) * outputs.div_ceil(OUTPUTS);
        Ok(if tiles(128) >= 2 * busy {
            Self::Tiles(128)
        } else if 4 * tiles(32) >= busy {
            Self::Tiles(32)
        } else {
            Self::Few
        })
    }

    fn multiply(self, x: &Tensor, weight: &Tensor, bias: Option<&Tensor>) -> Result<Tensor> {
        let ((rows, inputs), outputs, device) = (x.dims2()?, weight.dim(0)?, x.device());
        let mut out = Buffer::new(device, DType::F32, rows * outputs)?;
        if rows > 0 {
            let (launch, stages) = match self {
                Self::Tiles(tile) => {
                    let tiles = Tiles::of(tile, device)?;
                    let kernel =
                        if tile == 128 { "linear_exactly_128" } else { "linear_exactly_32" };
                    (tiles.launch(LINEAR, kernel), Some(tiles.stages))
                }
                Self::Few => {
                    let blocks = rows.div_ceil(FEW.0) * outputs.div_ceil(FEW.1);
                    let launch = Launch::new(LINEAR, "linear_exactly_few", blocks, THREADS);
                    (launch.shared(FEW_SHARED), None)
                }
            };
            let launch = launch.tensor(x).tensor(weight).optional(bias).buffer(&mut out);
            let launch = launch.count(rows).count(inputs).count(outputs);
            stages.into_iter().fold(launch, Launch::count).run(device)?;
        }
        out.into_tensor((rows, outputs))
    }
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
        let shapes = [(1, 8, 1), (33, 72, 5), (70, 200, 130), (700, 8, 20), (5, 1304, 12)];
        for (rows, inputs, outputs) in shapes {
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
            let by = |kernel: Kernel| {
                kernel.multiply(&x, &weight, Some(&bias))?.flatten_all()?.to_vec1::<f32>()
            };
            let few = by(Kernel::Few)?;
            close(&Tensor::from_slice(&few, few.len(), &Device::Cpu)?, &expected, 1e-5);
            assert_eq!(few, by(Kernel::Tiles(32))?);
            assert_eq!(few, by(Kernel::Tiles(128))?);
        }
        Ok(())
    }
}
