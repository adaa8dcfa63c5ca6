//! [`Placement`]: where weights go, and what they are there.

use candle_core::{DType, Device, Result, Tensor};
use half::bf16;
use rayon::prelude::*;

/// A device, and the type of the rows that layers hand each other on it.
#[derive(Clone, Debug)]
pub(crate) struct Placement {
    pub(crate) device: Device,
    pub(crate) dtype: DType,
}

impl Placement {
    /// f32 in host memory.
    pub(crate) const HOST: Placement = Placement { device: Device::Cpu, dtype: DType::F32 };

    /// Whether `kernels/` computes here.
    pub(crate) fn is_host(&self) -> bool {
        self.device.is_cpu() && self.dtype == DType::F32
    }

    /// Small weights (norms, biases), in the type that sums are formed in.
    pub(crate) fn vector(&self, numbers: Vec<f32>, shape: &[usize]) -> Result<Tensor> {
        Tensor::from_vec(numbers, shape, &self.device)?.to_dtype(wide(self.dtype))
    }

    /// Rows of a weight matrix, in the type of the rows that they meet.
    pub(crate) fn rows(&self, numbers: &[f32], inputs: usize) -> Result<Tensor> {
        let shape = (numbers.len() / inputs.max(1), inputs);
        match self.dtype {
            DType::BF16 => {
                let numbers: Vec<bf16> = numbers.par_iter().map(|&x| bf16::from_f32(x)).collect();
                Tensor::from_vec(numbers, shape, &self.device)
            }
            dtype => Tensor::from_slice(numbers, shape, &self.device)?.to_dtype(dtype),
        }
    }
}

impl Placement {
    /// A matrix of random numbers, uniform around `centre`, made on the device.
    pub(crate) fn random(
        &self,
        (centre, spread): (f32, f32),
        (outputs, inputs): (usize, usize),
    ) -> Result<Tensor> {
        let (low, high) = (centre - spread, centre + spread);
        Tensor::rand(low, high, (outputs, inputs), &self.device)?.to_dtype(self.dtype)
    }
}

/// The type that sums over rows of a type are formed in.
pub(crate) fn wide(dtype: DType) -> DType {
    match dtype {
        DType::F64 => DType::F64,
        _ => DType::F32,
    }
}
