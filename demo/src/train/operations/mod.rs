//! Differentiable operations on f32 matrices in host memory.
//!
//! Each file holds one [`Operation`]: its forward pass, and the gradients of its inputs. What the
//! backward pass needs of the forward pass is kept in the operation's own value, of which every
//! application gets a fresh one.

mod attention;
mod cross_entropy;
mod experts;
mod exponential;
mod linear;
mod norm;
mod product;
mod rotary;

pub use attention::Attention;
pub use cross_entropy::{CrossEntropy, NO_TARGET, Prediction, predict};
pub use experts::Experts;
pub use linear::Linear;
pub use norm::Norm;
pub use rotary::{Angles, HeadRotary};

use candle_core::{CpuStorage, CustomOp2, CustomOp3, Layout, Result, Shape, Storage, Tensor, bail};

/// A differentiable function of two or three matrices.
pub trait Operation: Send + Sync + 'static {
    /// The name in errors.
    const NAME: &'static str;

    /// The shape of the result.
    fn shape(&self) -> Vec<usize>;

    /// The result, row-major.
    fn forward(&self, inputs: &[&[f32]]) -> Vec<f32>;

    /// The gradient of each input, given that of the result.
    fn backward(&self, inputs: &[&[f32]], gradient: &[f32]) -> Vec<Vec<f32>>;
}

struct Adapter<O>(O);

/// Applies an operation to two tensors.
///
/// # Errors
/// The tensors are not f32 matrices in host memory.
pub fn apply2<O: Operation>(operation: O, one: &Tensor, two: &Tensor) -> Result<Tensor> {
    one.contiguous()?.apply_op2(&two.contiguous()?, Adapter(operation))
}

/// Applies an operation to three tensors.
///
/// # Errors
/// The tensors are not f32 matrices in host memory.
pub fn apply3<O: Operation>(
    operation: O,
    one: &Tensor,
    two: &Tensor,
    three: &Tensor,
) -> Result<Tensor> {
    one.contiguous()?.apply_op3(&two.contiguous()?, &three.contiguous()?, Adapter(operation))
}

impl<O: Operation> Adapter<O> {
    fn run(&self, inputs: &[&[f32]]) -> (CpuStorage, Shape) {
        (CpuStorage::F32(self.0.forward(inputs)), Shape::from(self.0.shape()))
    }

    fn gradients(&self, inputs: &[&Tensor], gradient: &Tensor) -> Result<Vec<Option<Tensor>>> {
        let gradient = gradient.contiguous()?;
        let tensors: Vec<&Tensor> = inputs.iter().copied().chain([&gradient]).collect();
        let gradients = with_slices(&tensors, |slices| {
            let (gradient, inputs) = slices.split_last().unwrap_or((&EMPTY, &[]));
            self.0.backward(inputs, gradient)
        })?;
        let shaped = gradients.into_iter().zip(inputs);
        shaped
            .map(|(values, input)| {
                Tensor::from_vec(values, input.shape(), input.device()).map(Some)
            })
            .collect()
    }
}

const EMPTY: &[f32] = &[];

/// Shows tensors as slices.
///
/// # Errors
/// A tensor is not a contiguous f32 tensor in host memory.
pub fn with_slices<T>(tensors: &[&Tensor], read: impl FnOnce(&[&[f32]]) -> T) -> Result<T> {
    let guards: Vec<_> = tensors.iter().map(|tensor| tensor.storage_and_layout()).collect();
    let mut slices = Vec::with_capacity(guards.len());
    for (storage, layout) in &guards {
        match &**storage {
            Storage::Cpu(storage) => slices.push(slice(storage, layout)?),
            _ => bail!("training runs on the CPU"),
        }
    }
    Ok(read(&slices))
}

fn slice<'a>(storage: &'a CpuStorage, layout: &Layout) -> Result<&'a [f32]> {
    match layout.contiguous_offsets() {
        Some((from, to)) => Ok(&storage.as_slice::<f32>()?[from..to]),
        None => bail!("a matrix is not contiguous"),
    }
}

impl<O: Operation> CustomOp2 for Adapter<O> {
    fn name(&self) -> &'static str {
        O::NAME
    }

    fn cpu_fwd(
        &self,
        s1: &CpuStorage,
        l1: &Layout,
        s2: &CpuStorage,
        l2: &Layout,
    ) -> Result<(CpuStorage, Shape)> {
        Ok(self.run(&[slice(s1, l1)?, slice(s2, l2)?]))
    }

    fn bwd(
        &self,
        arg1: &Tensor,
        arg2: &Tensor,
        _res: &Tensor,
        grad_res: &Tensor,
    ) -> Result<(Option<Tensor>, Option<Tensor>)> {
        let mut gradients = self.gradients(&[arg1, arg2], grad_res)?.into_iter();
        Ok((gradients.next().flatten(), gradients.next().flatten()))
    }
}

impl<O: Operation> CustomOp3 for Adapter<O> {
    fn name(&self) -> &'static str {
        O::NAME
    }

    fn cpu_fwd(
        &self,
        s1: &CpuStorage,
        l1: &Layout,
        s2: &CpuStorage,
        l2: &Layout,
        s3: &CpuStorage,
        l3: &Layout,
    ) -> Result<(CpuStorage, Shape)> {
        Ok(self.run(&[slice(s1, l1)?, slice(s2, l2)?, slice(s3, l3)?]))
    }

    fn bwd(
        &self,
        arg1: &Tensor,
        arg2: &Tensor,
        arg3: &Tensor,
        _res: &Tensor,
        grad_res: &Tensor,
    ) -> Result<(Option<Tensor>, Option<Tensor>, Option<Tensor>)> {
        let mut gradients = self.gradients(&[arg1, arg2, arg3], grad_res)?.into_iter();
        let mut next = || gradients.next().flatten();
        Ok((next(), next(), next()))
    }
}

#[cfg(test)]
pub(crate) mod check {
    //! Analytic gradients against finite differences.

    use super::Operation;
    use crate::world::Random;

    /// Random inputs of some lengths.
    pub(crate) fn inputs(lengths: &[usize], seed: u64) -> Vec<Vec<f32>> {
        let mut random = Random::new(seed);
        let draw = |length: &usize| (0..*length).map(|_| random.normal() as f32).collect();
        lengths.iter().map(draw).collect()
    }

    fn value<O: Operation>(operation: &O, inputs: &[Vec<f32>], weights: &[f32]) -> f64 {
        let slices: Vec<&[f32]> = inputs.iter().map(Vec::as_slice).collect();
        let result = operation.forward(&slices);
        result.iter().zip(weights).map(|(a, b)| f64::from(*a) * f64::from(*b)).sum()
    }

    /// Compares every gradient with a central difference of a random weighting of the result.
    /// `make` gives a fresh operation; inputs listed in `fixed` are not differentiated.
    pub(crate) fn gradients<O: Operation>(make: impl Fn() -> O, mut inputs: Vec<Vec<f32>>) {
        let length = make().shape().iter().product();
        let weights = self::inputs(&[length], 99).remove(0);
        let operation = make();
        let slices: Vec<&[f32]> = inputs.iter().map(Vec::as_slice).collect();
        operation.forward(&slices);
        let gradients = operation.backward(&slices, &weights);
        for at in 0..inputs.len() {
            for element in 0..inputs[at].len() {
                let (before, step) = (inputs[at][element], 1e-2);
                inputs[at][element] = before + step;
                let above = value(&make(), &inputs, &weights);
                inputs[at][element] = before - step;
                let below = value(&make(), &inputs, &weights);
                inputs[at][element] = before;
                let expected = (above - below) / (2.0 * f64::from(step));
                let found = f64::from(gradients[at][element]);
                let tolerance = 2e-2 * (1.0 + expected.abs());
                assert!((expected - found).abs() < tolerance, "{at} {element}: {expected} {found}");
            }
        }
    }
}
