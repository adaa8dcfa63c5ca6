//! Grouped-query attention (arXiv:2305.13245).

use candle_core::{Result, Tensor};

use super::forest::attend_forest;
use super::{Linear, Mixer, RmsNorm};
use crate::checkpoint::Dim;
use crate::kernels::attention::Heads;
use crate::kernels::host::{host, tensor};
use crate::kernels::vector;
use crate::pass::Step;

/// Heads of an attention layer and their width.
#[derive(Clone, Copy, Debug)]
pub(crate) struct AttentionShape {
    /// Query heads.
    pub(crate) heads: usize,
    /// Key/value heads; `heads` is a multiple of it.
    pub(crate) kv_heads: usize,
    /// Numbers in a head.
    pub(crate) head_dim: usize,
}

impl AttentionShape {
    /// Numbers of a token's queries.
    pub(crate) fn q_width(&self) -> Dim {
        Dim::new(self.heads * self.head_dim, "num_attention_heads × head_dim")
    }

    /// Numbers of a token's keys, and of its values.
    pub(crate) fn kv_width(&self) -> Dim {
        Dim::new(self.kv_heads * self.head_dim, "num_key_value_heads × head_dim")
    }

    /// Numbers that a cached token costs.
    pub(crate) fn kv_numbers(&self) -> usize {
        2 * self.kv_heads * self.head_dim
    }
}

/// Normalisation of queries and keys before rotation.
pub(crate) struct HeadNorms {
    pub(crate) q: RmsNorm,
    pub(crate) k: RmsNorm,
}

/// Queries, keys, values, attention over the forest, output projection.
pub(crate) struct Attention {
    pub(crate) shape: AttentionShape,
    /// To queries; with a gate to `[query | gate]` of every head.
    pub(crate) q: Linear,
    pub(crate) k: Linear,
    pub(crate) v: Linear,
    pub(crate) o: Linear,
    /// A norm of `head_dim` weights normalises each head, one of the whole width all of them together.
    pub(crate) norms: Option<HeadNorms>,
    /// Bounds queries, keys and values after the norms.
    pub(crate) clip: Option<f32>,
    /// Multiplies the products of queries and keys.
    pub(crate) scale: f32,
    /// How many tokens a token sees, itself included.
    pub(crate) window: Option<usize>,
    /// A score of each query head that takes weight in the softmax and has no value.
    pub(crate) sinks: Option<Tensor>,
    /// Whether what is seen is multiplied by the sigmoid of a gate.
    pub(crate) gated: bool,
    /// Which of the model's rotations turns queries and keys by position.
    pub(crate) rotary: Option<usize>,
    /// Where its state lies in a node.
    pub(crate) slot: usize,
}

impl Attention {
    fn heads(&self) -> Heads {
        let AttentionShape { heads: query, kv_heads: kv, head_dim } = self.shape;
        let (scale, window) = (self.scale, self.window);
        Heads { query, kv, key_dim: head_dim, value_dim: head_dim, scale, window }
    }

    /// Queries, and the sigmoid of their gates.
    fn queries(&self, x: &Tensor) -> Result<(Tensor, Option<Vec<f32>>)> {
        let projected = self.q.forward(x)?;
        if !self.gated {
            return Ok((projected, None));
        }
        let (rows, width) = (x.dim(0)?, self.shape.head_dim);
        let half = |which: usize| {
            let mut half = Vec::with_capacity(rows * self.shape.heads * width);
            for head in host(&projected)?.chunks(2 * width) {
                half.extend_from_slice(&head[which * width..][..width]);
            }
            Ok::<_, candle_core::Error>(half)
        };
        let (q, mut gate) = (half(0)?, half(1)?);
        vector::sigmoid(&mut gate);
        Ok((tensor(q, rows, self.shape.heads * width)?, Some(gate)))
    }

    fn positioned(&self, x: Tensor, heads: usize, step: &Step<'_>) -> Result<Tensor> {
        match self.rotary.and_then(|which| step.angles.get(which)) {
            Some(angles) => angles.rotate(&x, heads, 0),
            None => Ok(x),
        }
    }
}

impl Mixer for Attention {
    fn forward(&self, x: &Tensor, step: &mut Step<'_>) -> Result<Tensor> {
        let (mut q, gate) = self.queries(x)?;
        let (mut k, mut v) = (self.k.forward(x)?, self.v.forward(x)?);
        if let Some(norms) = &self.norms {
            (q, k) = (norms.q.forward(&q)?, norms.k.forward(&k)?);
        }
        if let Some(bound) = self.clip {
            (q, k, v) = (clamp(&q, bound)?, clamp(&k, bound)?, clamp(&v, bound)?);
        }
        let q = self.positioned(q, self.shape.heads, step)?;
        let k = self.positioned(k, self.shape.kv_heads, step)?;
        let sinks = self.sinks.as_ref();
        let mut seen = attend_forest(step.pass, self.slot, self.heads(), (&q, &k, &v), sinks)?;
        step.store_keys(self.slot, &k, &v)?;
        if let Some(gate) = gate {
            seen.iter_mut().zip(&gate).for_each(|(x, gate)| *x *= gate);
        }
        self.o.forward(&tensor(seen, x.dim(0)?, q.dim(1)?)?)
    }
}

fn clamp(x: &Tensor, bound: f32) -> Result<Tensor> {
    let (rows, cols) = x.dims2()?;
    tensor(host(x)?.iter().map(|x| x.clamp(-bound, bound)).collect(), rows, cols)
}
