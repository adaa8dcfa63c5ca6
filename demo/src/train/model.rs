//! Qwen3-MoE for training: the equations of transformers' `modeling_qwen3_moe.py`, packed
//! documents, head tied to the embedding.

use std::sync::Arc;

use candle_core::{D, DType, Device, Result, Tensor, Var};

use super::batch::{Batch, LONGEST};
use super::layer::{Layer, keep, parameter};
use super::operations::{
    Angles, Attention, CrossEntropy, Experts, HeadRotary, Linear, Norm, Prediction, apply2, apply3,
    predict, with_slices,
};
use crate::checkpoint::{Shape, Weights};

/// A model whose parameters can be trained.
pub struct Model {
    shape: Shape,
    embedding: Var,
    layers: Vec<Layer>,
    norm: Var,
    angles: Arc<Angles>,
}

/// What one forward pass gives.
pub struct Pass {
    /// Cross entropy plus the weighted balancing loss; a scalar to differentiate.
    pub total: Tensor,
    /// Mean cross entropy, nats a token.
    pub cross_entropy: f32,
    /// Mean balancing loss of a layer before weighting; `top_k` when routing is even.
    pub balance: f32,
    /// How often each expert was chosen: `[layers][experts]`.
    pub usage: Vec<Vec<f32>>,
}

struct Routed {
    weights: Tensor,
    balance: Tensor,
    usage: Vec<f32>,
}

impl Model {
    /// Takes over the weights of a checkpoint whose every layer has experts.
    ///
    /// # Errors
    /// A weight is missing or has another size.
    pub fn new(shape: &Shape, weights: &Weights) -> Result<Self> {
        let layers = (0..shape.layers).map(|at| Layer::new(shape, weights, at));
        Ok(Self {
            embedding: parameter(weights, "model.embed_tokens.weight")?,
            layers: layers.collect::<Result<_>>()?,
            norm: parameter(weights, "model.norm.weight")?,
            angles: Arc::new(Angles::new(shape.head, LONGEST + 1)),
            shape: shape.clone(),
        })
    }

    /// The model's shape.
    pub fn shape(&self) -> &Shape {
        &self.shape
    }

    /// Every parameter with a name of its own.
    pub fn parameters(&self) -> Vec<(String, &Var)> {
        let mut parameters = vec![("embedding".to_owned(), &self.embedding)];
        for (at, layer) in self.layers.iter().enumerate() {
            let named = layer.named().map(|(name, var)| (format!("layers.{at}.{name}"), var));
            parameters.extend(named);
        }
        parameters.push(("norm".to_owned(), &self.norm));
        parameters
    }

    /// The hidden states after the last norm, the balancing loss and the usage of experts.
    fn hidden(&self, batch: &Batch) -> Result<(Tensor, Tensor, Vec<Vec<f32>>)> {
        let ids = Tensor::from_slice(&batch.tokens, batch.tokens.len(), &Device::Cpu)?;
        let mut x = self.embedding.index_select(&ids, 0)?;
        let mut balance = Tensor::zeros((), DType::F32, &Device::Cpu)?;
        let mut usage = Vec::new();
        for layer in &self.layers {
            let attended = self.attend(layer, &self.normed(&x, &layer.input_norm)?, batch)?;
            x = (x + attended)?;
            let (fed, routed) = self.feed(layer, &self.normed(&x, &layer.post_norm)?)?;
            x = (x + fed)?;
            balance = (balance + routed.balance)?;
            usage.push(routed.usage);
        }
        let balance = (balance / self.layers.len() as f64)?;
        Ok((self.normed(&x, &self.norm)?, balance, usage))
    }

    fn normed(&self, x: &Tensor, weight: &Tensor) -> Result<Tensor> {
        apply2(Norm { rows: x.dim(0)?, width: self.shape.hidden }, x, weight)
    }

    fn attend(&self, layer: &Layer, x: &Tensor, batch: &Batch) -> Result<Tensor> {
        let Shape { heads, key_value_heads, head, .. } = self.shape;
        let turn = |x: &Tensor, weight: &Var, heads| {
            let (positions, angles) = (Arc::clone(&batch.positions), Arc::clone(&self.angles));
            apply2(HeadRotary { heads, head, positions, angles }, x, weight)
        };
        let query = turn(&project(x, &layer.query)?, &layer.query_norm, heads)?;
        let key = turn(&project(x, &layer.key)?, &layer.key_norm, key_value_heads)?;
        let value = project(x, &layer.value)?;
        let attention =
            Attention::new([heads, key_value_heads, head], Arc::clone(&batch.documents));
        project(&apply3(attention, &query, &key, &value)?, &layer.output)
    }

    fn feed(&self, layer: &Layer, x: &Tensor) -> Result<(Tensor, Routed)> {
        let Shape { hidden, experts, expert_width, .. } = self.shape;
        let routed = self.route(&project(x, &layer.router)?)?;
        let operation = Experts::new([x.dim(0)?, hidden, experts, expert_width]);
        Ok((apply3(operation, x, &routed.weights, &layer.experts)?, routed))
    }

    /// Softmax over all experts, the `top_k` largest of each token, divided by their sum. The
    /// balancing loss is `experts · Σ_e f_e · p_e` with f the share of tokens that chose expert e
    /// and p its mean probability (Fedus et al. 2021, as transformers' `load_balancing_loss_func`
    /// counts several choices a token), here of each layer by itself.
    fn route(&self, logits: &Tensor) -> Result<Routed> {
        let probabilities = candle_nn::ops::softmax(logits, D::Minus1)?;
        let mask = with_slices(&[&probabilities], |slices| self.choose(slices[0]))?;
        let mask = Tensor::from_vec(mask, logits.shape(), logits.device())?;
        let chosen = (&probabilities * &mask)?;
        let weights = chosen.broadcast_div(&chosen.sum_keepdim(1)?)?;
        let share = mask.mean(0)?;
        let balance = ((&share * probabilities.mean(0)?)?.sum_all()? * self.shape.experts as f64)?;
        Ok(Routed { weights, balance, usage: mask.sum(0)?.to_vec1()? })
    }

    /// 1 for the `top_k` largest of each row, the lower index first among equals.
    fn choose(&self, probabilities: &[f32]) -> Vec<f32> {
        let mut mask = vec![0.0; probabilities.len()];
        let width = self.shape.experts;
        for (row, mask) in probabilities.chunks_exact(width).zip(mask.chunks_exact_mut(width)) {
            for _ in 0..self.shape.top_k {
                let free = (0..width).filter(|&at| mask[at] == 0.0);
                let best = free.reduce(|best, at| if row[at] > row[best] { at } else { best });
                mask[best.unwrap_or(0)] = 1.0;
            }
        }
        mask
    }

    /// Runs a batch and its loss.
    ///
    /// # Errors
    /// A tensor operation fails, which a batch of valid tokens does not cause.
    pub fn forward(&self, batch: &Batch, coefficient: f64) -> Result<Pass> {
        let (hidden, balance, usage) = self.hidden(batch)?;
        let sizes = [self.shape.hidden, self.shape.vocabulary];
        let loss = CrossEntropy::new(sizes, Arc::clone(&batch.targets));
        let loss = apply2(loss, &hidden, &self.embedding)?.reshape(())?;
        Ok(Pass {
            cross_entropy: loss.to_scalar()?,
            balance: balance.to_scalar()?,
            total: (loss + (balance * coefficient)?)?,
            usage,
        })
    }

    /// What the model says of every target of a batch.
    ///
    /// # Errors
    /// As [`Model::forward`].
    pub fn predict(&self, batch: &Batch) -> Result<Vec<Option<Prediction>>> {
        let (hidden, _, _) = self.hidden(batch)?;
        with_slices(&[&hidden, &self.embedding], |slices| {
            predict(slices[0], slices[1], self.shape.hidden, &batch.targets)
        })
    }

    /// The weights under the names of a checkpoint.
    ///
    /// # Errors
    /// A parameter cannot be read, which host memory does not cause.
    pub fn weights(&self) -> Result<Weights> {
        let mut weights = Weights::new();
        keep(&mut weights, "model.embed_tokens.weight", &self.embedding)?;
        keep(&mut weights, "model.norm.weight", &self.norm)?;
        for (at, layer) in self.layers.iter().enumerate() {
            layer.keep(&mut weights, &self.shape, at)?;
        }
        Ok(weights)
    }
}

fn project(x: &Tensor, weight: &Tensor) -> Result<Tensor> {
    let (tokens, (output, input)) = (x.dim(0)?, weight.dims2()?);
    apply2(Linear { tokens, input, output }, x, weight)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::checkpoint::random_weights;
    use crate::train::batch::document;

    fn small() -> (Shape, Weights) {
        let shape = Shape { dense_layers: vec![], ..Shape::fixture(20) };
        let weights = random_weights(&shape, 1);
        (shape, weights)
    }

    fn batch() -> Batch {
        let tokens = |seed: u32| (0..9).map(|at| 1 + (at * 7 + seed) % 19).collect();
        Batch::new(&[document(tokens(1)), document(tokens(4))])
    }

    #[test]
    fn every_parameter_has_a_gradient() {
        let (shape, weights) = small();
        let model = Model::new(&shape, &weights).unwrap();
        let gradients = model.forward(&batch(), 0.01).unwrap().total.backward().unwrap();
        for (name, parameter) in model.parameters() {
            let gradient = gradients.get(parameter).unwrap_or_else(|| panic!("{name}: none"));
            let size: f32 = gradient.abs().unwrap().sum_all().unwrap().to_scalar().unwrap();
            assert!(size > 0.0 && size.is_finite(), "{name}: {size}");
        }
    }

    #[test]
    fn weights_go_in_and_out_unchanged() {
        let (shape, weights) = small();
        assert_eq!(Model::new(&shape, &weights).unwrap().weights().unwrap(), weights);
    }

    #[test]
    fn a_step_against_the_gradient_lowers_the_loss() {
        let (shape, weights) = small();
        let model = Model::new(&shape, &weights).unwrap();
        let before = model.forward(&batch(), 0.0).unwrap();
        let gradients = before.total.backward().unwrap();
        for (_, parameter) in model.parameters() {
            let step = (gradients.get(parameter).unwrap() * 0.05).unwrap();
            parameter.set(&(parameter.as_tensor() - step).unwrap()).unwrap();
        }
        let after = model.forward(&batch(), 0.0).unwrap();
        assert!(after.cross_entropy < before.cross_entropy);
    }

    #[test]
    fn each_token_chooses_its_experts() {
        let (shape, weights) = small();
        let model = Model::new(&shape, &weights).unwrap();
        let pass = model.forward(&batch(), 0.0).unwrap();
        for usage in pass.usage {
            let total: f32 = usage.iter().sum();
            assert_eq!(total as usize, batch().tokens.len() * shape.top_k);
        }
    }
}
