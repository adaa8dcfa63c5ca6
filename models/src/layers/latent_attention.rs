//! Multi-head latent attention (DeepSeek-V2, arXiv:2405.04434).

use candle_core::{Result, Tensor};

use super::{Linear, Mixer, RmsNorm};
use crate::checkpoint::Dim;
use crate::kernels::attention::Heads;
use crate::ops;
use crate::pass::Step;

/// Heads of a latent attention layer and the parts of their width.
#[derive(Clone, Copy, Debug)]
pub(crate) struct LatentShape {
    pub(crate) heads: usize,
    /// Numbers of a query or key that carry no position.
    pub(crate) nope: usize,
    /// Numbers of a query or key that are rotated; the key's are one set for all heads.
    pub(crate) rope: usize,
    /// Numbers of a value.
    pub(crate) value: usize,
    /// Width of the latent that keys and values are expanded from.
    pub(crate) latent: usize,
    /// Multiplies the usual scale, where positions are stretched (YaRN); else 1.
    pub(crate) sharpness: f32,
}

impl LatentShape {
    pub(crate) fn q_width(&self) -> Dim {
        let key = "num_attention_heads × (qk_nope_head_dim + qk_rope_head_dim)";
        Dim::new(self.heads * (self.nope + self.rope), key)
    }

    pub(crate) fn value_width(&self) -> Dim {
        Dim::new(self.heads * self.value, "num_attention_heads × v_head_dim")
    }

    pub(crate) fn compressed_width(&self) -> Dim {
        Dim::new(self.latent + self.rope, "kv_lora_rank + qk_rope_head_dim")
    }

    pub(crate) fn expanded_width(&self) -> Dim {
        let key = "num_attention_heads × (qk_nope_head_dim + v_head_dim)";
        Dim::new(self.heads * (self.nope + self.value), key)
    }

    /// Numbers that a cached token costs: keys and values are kept expanded.
    pub(crate) fn kv_numbers(&self) -> usize {
        self.heads * (self.nope + self.rope + self.value)
    }

    fn attention(&self) -> Heads {
        let (heads, key_dim) = (self.heads, self.nope + self.rope);
        let scale = self.sharpness / (key_dim as f32).sqrt();
        Heads { query: heads, kv: heads, key_dim, value_dim: self.value, scale, window: None }
    }
}

/// How queries come about.
pub(crate) enum QueryPath {
    /// One projection.
    Direct(Linear),
    /// Down to a latent, normalised, and up.
    Latent(Linear, RmsNorm, Linear),
}

/// Attention whose keys and values are expanded from a latent of each token.
pub(crate) struct LatentAttention {
    pub(crate) shape: LatentShape,
    pub(crate) q: QueryPath,
    /// To `[latent | rotated key part]`.
    pub(crate) compress: Linear,
    pub(crate) latent_norm: RmsNorm,
    /// To `[key part without position | value]` of every head.
    pub(crate) expand: Linear,
    pub(crate) o: Linear,
    /// Where its state lies in a node.
    pub(crate) slot: usize,
}

impl LatentAttention {
    fn queries(&self, x: &Tensor, step: &Step<'_>) -> Result<Tensor> {
        let q = match &self.q {
            QueryPath::Direct(q) => q.forward(x)?,
            QueryPath::Latent(down, norm, up) => up.forward(&norm.forward(&down.forward(x)?)?)?,
        };
        rotate(&q, self.shape.heads, self.shape.nope, step)
    }

    /// Keys `[rows, heads · (nope + rope)]` and values `[rows, heads · value]`.
    fn keys_and_values(&self, x: &Tensor, step: &Step<'_>) -> Result<(Tensor, Tensor)> {
        let compressed = self.compress.forward(x)?;
        let LatentShape { latent, rope, .. } = self.shape;
        let c = columns(&compressed, 0, latent)?;
        let position = rotate(&columns(&compressed, latent, rope)?, 1, 0, step)?;
        let expanded = self.expand.forward(&self.latent_norm.forward(&c)?)?;
        ops::keys_and_values(&expanded, &position, self.shape.heads, self.shape.nope)
    }
}

fn rotate(x: &Tensor, heads: usize, first: usize, step: &Step<'_>) -> Result<Tensor> {
    match step.angles.first() {
        Some(angles) => ops::rotate(x, heads, first, angles),
        None => Ok(x.clone()),
    }
}

/// A copy of some columns of a matrix.
fn columns(x: &Tensor, first: usize, count: usize) -> Result<Tensor> {
    x.narrow(1, first, count)?.force_contiguous()
}

impl Mixer for LatentAttention {
    fn forward(&self, x: &Tensor, step: &mut Step<'_>) -> Result<Tensor> {
        let q = self.queries(x, step)?;
        let (k, v) = self.keys_and_values(x, step)?;
        let seen = ops::attend(step.pass, self.slot, self.shape.attention(), (&q, &k, &v), None)?;
        step.store_keys(self.slot, &k, &v)?;
        self.o.forward(&seen)
    }
}
