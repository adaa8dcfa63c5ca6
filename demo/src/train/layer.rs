//! The parameters of one layer, and how they lie in a checkpoint.

use candle_core::{Device, Result, Tensor, Var};

use crate::checkpoint::{Shape, Weights};

/// The parameters of one layer.
pub(super) struct Layer {
    pub(super) input_norm: Var,
    pub(super) query: Var,
    pub(super) key: Var,
    pub(super) value: Var,
    pub(super) query_norm: Var,
    pub(super) key_norm: Var,
    pub(super) output: Var,
    pub(super) post_norm: Var,
    pub(super) router: Var,
    /// `[experts, 3, width, hidden]`: gate, up, and the transpose of down.
    pub(super) experts: Var,
}

/// Adds a parameter to weights under its name.
pub(super) fn keep(weights: &mut Weights, name: &str, parameter: &Var) -> Result<()> {
    let values = parameter.flatten_all()?.to_vec1()?;
    weights.insert(name.to_owned(), (parameter.dims().to_vec(), values));
    Ok(())
}

/// The parameter of a name.
///
/// # Errors
/// There is none.
pub(super) fn parameter(weights: &Weights, name: &str) -> Result<Var> {
    match weights.get(name) {
        Some((dimensions, values)) => {
            Var::from_tensor(&Tensor::from_slice(values, dimensions.as_slice(), &Device::Cpu)?)
        }
        None => candle_core::bail!("the checkpoint has no {name}"),
    }
}

/// The name of a layer's weight in a checkpoint, for those that are kept as they are.
const WHOLE: [(&str, &str); 9] = [
    ("input_norm", "input_layernorm"),
    ("query", "self_attn.q_proj"),
    ("key", "self_attn.k_proj"),
    ("value", "self_attn.v_proj"),
    ("query_norm", "self_attn.q_norm"),
    ("key_norm", "self_attn.k_norm"),
    ("output", "self_attn.o_proj"),
    ("post_norm", "post_attention_layernorm"),
    ("router", "mlp.gate"),
];

impl Layer {
    pub(super) fn new(shape: &Shape, weights: &Weights, at: usize) -> Result<Self> {
        let whole = |name: &str| parameter(weights, &format!("model.layers.{at}.{name}.weight"));
        Ok(Self {
            input_norm: whole("input_layernorm")?,
            query: whole("self_attn.q_proj")?,
            key: whole("self_attn.k_proj")?,
            value: whole("self_attn.v_proj")?,
            query_norm: whole("self_attn.q_norm")?,
            key_norm: whole("self_attn.k_norm")?,
            output: whole("self_attn.o_proj")?,
            post_norm: whole("post_attention_layernorm")?,
            router: whole("mlp.gate")?,
            experts: experts(shape, weights, at)?,
        })
    }

    pub(super) fn named(&self) -> [(&'static str, &Var); 10] {
        [
            ("input_norm", &self.input_norm),
            ("query", &self.query),
            ("key", &self.key),
            ("value", &self.value),
            ("query_norm", &self.query_norm),
            ("key_norm", &self.key_norm),
            ("output", &self.output),
            ("post_norm", &self.post_norm),
            ("router", &self.router),
            ("experts", &self.experts),
        ]
    }

    pub(super) fn keep(&self, weights: &mut Weights, shape: &Shape, at: usize) -> Result<()> {
        for ((_, name), (_, var)) in WHOLE.iter().zip(self.named()) {
            keep(weights, &format!("model.layers.{at}.{name}.weight"), var)?;
        }
        let values: Vec<f32> = self.experts.flatten_all()?.to_vec1()?;
        let (width, hidden) = (shape.expert_width, shape.hidden);
        for (number, expert) in values.chunks_exact(3 * width * hidden).enumerate() {
            let name = |part| expert_weight(at, number, part);
            let (gate, rest) = expert.split_at(width * hidden);
            let (up, down) = rest.split_at(width * hidden);
            weights.insert(name("gate"), (vec![width, hidden], gate.to_vec()));
            weights.insert(name("up"), (vec![width, hidden], up.to_vec()));
            weights.insert(name("down"), (vec![hidden, width], transposed(down, hidden)));
        }
        Ok(())
    }
}

fn expert_weight(layer: usize, expert: usize, part: &str) -> String {
    format!("model.layers.{layer}.mlp.experts.{expert}.{part}_proj.weight")
}

/// The transpose of a row-major matrix of a width.
fn transposed(values: &[f32], width: usize) -> Vec<f32> {
    let rows = values.len() / width;
    (0..values.len()).map(|at| values[at % rows * width + at / rows]).collect()
}

fn experts(shape: &Shape, weights: &Weights, at: usize) -> Result<Var> {
    let mut values = Vec::new();
    for expert in 0..shape.experts {
        for part in ["gate", "up", "down"] {
            let name = expert_weight(at, expert, part);
            match weights.get(&name) {
                Some((_, of_part)) if part == "down" => {
                    values.extend(transposed(of_part, shape.expert_width));
                }
                Some((_, of_part)) => values.extend(of_part),
                None => candle_core::bail!("the checkpoint has no {name}"),
            }
        }
    }
    let dimensions = [shape.experts, 3, shape.expert_width, shape.hidden];
    Var::from_tensor(&Tensor::from_vec(values, &dimensions, &Device::Cpu)?)
}
