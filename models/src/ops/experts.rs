//! Routed experts.

use candle_core::{Result, Tensor};

use super::activation::activate;
use super::matrix::Matrix;
use super::placement::wide;
use super::router::Decision;
use crate::RouterDecision;
use crate::cuda;
use crate::kernels::activation::Activation;
use crate::kernels::experts::{self as kernel, Chosen};
use crate::kernels::host::{Host, host, tensor};
use crate::kernels::packed::Packed;

/// One matrix of every expert of a layer.
pub(crate) enum Stack {
    /// In host memory.
    Packed(Vec<Packed>),
    /// On a device, `[experts, outputs, inputs]`.
    Dense(Tensor),
}

impl Stack {
    /// Stacks the experts' matrices.
    ///
    /// # Errors
    /// If the device fails.
    pub(crate) fn new(matrices: Vec<Matrix>) -> Result<Self> {
        let (mut packed, mut dense) = (vec![], vec![]);
        for matrix in matrices {
            match matrix {
                Matrix::Packed(matrix) => packed.push(matrix),
                Matrix::Dense(matrix) => dense.push(matrix),
            }
        }
        if dense.is_empty() {
            Ok(Stack::Packed(packed))
        } else {
            Tensor::stack(&dense, 0).map(Stack::Dense)
        }
    }
}

/// What the experts of a layer add after their products.
pub(crate) struct ExpertBiases {
    /// `[experts, outer]`, in the order of the outputs of `up`.
    pub(crate) up: Tensor,
    /// `[experts, hidden]`.
    pub(crate) down: Tensor,
}

impl ExpertBiases {
    fn host(&self) -> Result<(Host<'_>, Host<'_>)> {
        Ok((host(&self.up)?, host(&self.down)?))
    }
}

/// The weighted sum of each token's chosen experts, `[tokens, hidden]`.
pub(crate) fn mix(
    x: &Tensor,
    decision: &Decision,
    up: &Stack,
    down: &Stack,
    biases: Option<&ExpertBiases>,
    activation: Activation,
) -> Result<Tensor> {
    match (up, down) {
        (Stack::Packed(up), Stack::Packed(down)) => {
            let (tokens, hidden) = x.dims2()?;
            let Decision::Host(RouterDecision { ids, weights, top_k, .. }) = decision else {
                candle_core::bail!("a decision on a device for experts in host memory");
            };
            let chosen = Chosen { ids, weights, top_k: *top_k };
            let biases = biases.map(ExpertBiases::host).transpose()?;
            let biases = biases.as_ref().map(|(up, down)| kernel::Biases { up, down });
            let stack = kernel::Stack { up, down, biases, hidden, activation };
            tensor(kernel::mix(&host(x)?, chosen, stack), tokens, hidden)
        }
        (Stack::Dense(up), Stack::Dense(down)) => {
            let dense = Dense { up, down, biases, activation };
            match decision {
                Decision::Host(decision) => dense.mix(x, decision),
                Decision::Device(decision) if cuda::mixes(x, up, down) => {
                    let biases = biases.map(|biases| (&biases.up, &biases.down));
                    cuda::mix(x, &decision.routed, up, down, biases, activation)
                }
                Decision::Device(decision) => dense.mix(x, &decision.to_host()?),
            }
        }
        _ => candle_core::bail!("the matrices of one layer's experts lie on two devices"),
    }
}

/// Experts on a device, one after the other.
struct Dense<'a> {
    up: &'a Tensor,
    down: &'a Tensor,
    biases: Option<&'a ExpertBiases>,
    activation: Activation,
}

impl Dense<'_> {
    fn mix(&self, x: &Tensor, decision: &RouterDecision) -> Result<Tensor> {
        let mut sum = x.to_dtype(wide(x.dtype()))?.zeros_like()?;
        for expert in 0..decision.experts {
            let (rows, weights) = tokens_of(decision, expert as u32);
            if rows.is_empty() {
                continue;
            }
            let rows = Tensor::new(rows, x.device())?;
            let out = self.run(expert, &x.index_select(&rows, 0)?)?.to_dtype(sum.dtype())?;
            let weights = Tensor::new(weights, x.device())?.to_dtype(sum.dtype())?;
            sum = sum.index_add(&rows, &out.broadcast_mul(&weights.unsqueeze(1)?)?, 0)?;
        }
        sum.to_dtype(x.dtype())
    }

    fn run(&self, expert: usize, x: &Tensor) -> Result<Tensor> {
        let biased = |x: Tensor, bias: fn(&ExpertBiases) -> &Tensor| match self.biases {
            Some(biases) => x.broadcast_add(&bias(biases).get(expert)?.to_dtype(x.dtype())?),
            None => Ok(x),
        };
        let middle = biased(x.matmul(&self.up.get(expert)?.t()?)?, |b| &b.up)?;
        let middle = activate(&middle, self.activation, self.down.dim(2)?)?;
        biased(middle.matmul(&self.down.get(expert)?.t()?)?, |b| &b.down)
    }
}

/// The tokens that chose an expert, and the weights they gave it.
fn tokens_of(decision: &RouterDecision, expert: u32) -> (Vec<u32>, Vec<f32>) {
    let choices = decision.ids.iter().zip(&decision.weights).enumerate();
    let mine = choices.filter(|&(_, (&id, _))| id == expert);
    mine.map(|(choice, (_, &weight))| ((choice / decision.top_k) as u32, weight)).unzip()
}
