//! Grouped-query attention (arXiv:2305.13245).

use candle_core::{Result, Tensor};

use super::forest::attend_forest;
use super::{Linear, Mixer, RmsNorm};
use crate::checkpoint::Dim;
use crate::kernels::attention::Heads;
use crate::kernels::host::{host, tensor};
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
    pub(crate) q: Linear,
    pub(crate) k: Linear,
    pub(crate) v: Linear,
    pub(crate) o: Linear,
    /// A norm of `head_dim` weights normalises each head, one of the whole width all of them together.
    pub(crate) norms: Option<HeadNorms>,
    /// Bounds queries, keys and values after the norms.
    pub(crate) clip: Option<f32>,
    /// Whether queries and keys are rotated by position.
    pub(crate) rotary: bool,
    /// Where its state lies in a node.
    pub(crate) slot: usize,
}

impl Attention {
    fn heads(&self) -> Heads {
        let AttentionShape { heads, kv_heads, head_dim } = self.shape;
        let scale = 1.0 / (head_dim as f32).sqrt();
        Heads { query: heads, kv: kv_heads, key_dim: head_dim, value_dim: head_dim, scale }
    }

    fn positioned(&self, x: Tensor, heads: usize, step: &Step<'_>) -> Result<Tensor> {
        match step.angles.as_ref().filter(|_| self.rotary) {
            Some(angles) => angles.rotate(&x, heads, 0),
            None => Ok(x),
        }
    }
}

impl Mixer for Attention {
    fn forward(&self, x: &Tensor, step: &mut Step<'_>) -> Result<Tensor> {
        let (mut q, mut k, mut v) = (self.q.forward(x)?, self.k.forward(x)?, self.v.forward(x)?);
        if let Some(norms) = &self.norms {
            (q, k) = (norms.q.forward(&q)?, norms.k.forward(&k)?);
        }
        if let Some(bound) = self.clip {
            (q, k, v) = (clamp(&q, bound)?, clamp(&k, bound)?, clamp(&v, bound)?);
        }
        let q = self.positioned(q, self.shape.heads, step)?;
        let k = self.positioned(k, self.shape.kv_heads, step)?;
        let seen = attend_forest(step.pass, self.slot, self.heads(), (&q, &k, &v))?;
        step.store_keys(self.slot, &k, &v)?;
        self.o.forward(&tensor(seen, x.dim(0)?, q.dim(1)?)?)
    }
}

fn clamp(x: &Tensor, bound: f32) -> Result<Tensor> {
    let (rows, cols) = x.dims2()?;
    tensor(host(x)?.iter().map(|x| x.clamp(-bound, bound)).collect(), rows, cols)
}
