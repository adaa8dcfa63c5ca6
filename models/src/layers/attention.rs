//! Grouped-query attention (arXiv:2305.13245).

use candle_core::{Result, Tensor};

use super::{Linear, Mixer, RmsNorm};
use crate::checkpoint::Dim;
use crate::kernels::attention::Heads;
use crate::ops;
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

    /// Queries, and the gates of what they see.
    fn queries(&self, x: &Tensor) -> Result<(Tensor, Option<Tensor>)> {
        let projected = self.q.forward(x)?;
        if !self.gated {
            return Ok((projected, None));
        }
        let AttentionShape { heads, head_dim, .. } = self.shape;
        let rows = projected.reshape((x.dim(0)?, heads, 2, head_dim))?;
        let half = |which| {
            rows.narrow(2, which, 1)?.force_contiguous()?.reshape((x.dim(0)?, heads * head_dim))
        };
        Ok((half(0)?, Some(half(1)?)))
    }

    /// Queries, keys and values as they meet: normalised, bounded, turned by position.
    fn prepared(&self, [mut q, mut k, mut v]: [Tensor; 3], step: &Step<'_>) -> Result<[Tensor; 3]> {
        let AttentionShape { heads, kv_heads, .. } = self.shape;
        let angles = self.rotary.and_then(|which| step.angles.get(which));
        if let (Some(norms), Some(angles), None) = (&self.norms, angles, self.clip) {
            let (q, k) = (norms.q.heads(&q, heads), norms.k.heads(&k, kv_heads));
            let (q, k) = ops::normed_and_rotated(q, k, angles)?;
            return Ok([q, k, v]);
        }
        if let Some(norms) = &self.norms {
            (q, k) = (norms.q.forward(&q)?, norms.k.forward(&k)?);
        }
        if let Some(bound) = self.clip.map(f64::from) {
            (q, k, v) = (q.clamp(-bound, bound)?, k.clamp(-bound, bound)?, v.clamp(-bound, bound)?);
        }
        if let Some(angles) = angles {
            (q, k) = (ops::rotate(&q, heads, 0, angles)?, ops::rotate(&k, kv_heads, 0, angles)?);
        }
        Ok([q, k, v])
    }
}

impl Mixer for Attention {
    fn forward(&self, x: &Tensor, step: &mut Step<'_>) -> Result<Tensor> {
        let (q, gate) = self.queries(x)?;
        let (k, v) = (self.k.forward(x)?, self.v.forward(x)?);
        let [q, k, v] = self.prepared([q, k, v], step)?;
        let sinks = self.sinks.as_ref();
        let mut seen = ops::attend(step.pass, self.slot, self.heads(), (&q, &k, &v), sinks)?;
        step.store_keys(self.slot, &k, &v)?;
        if let Some(gate) = gate {
            seen = ops::gated(&seen, &gate)?;
        }
        self.o.forward(&seen)
    }
}
