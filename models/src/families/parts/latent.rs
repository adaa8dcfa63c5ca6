//! Multi-head latent attention.

use crate::checkpoint::{Dim, Weights};
use crate::config::{ConfigReader, RopeConfig, Scaling};
use crate::layers::{LatentAttention, LatentShape, QueryPath};

/// The latent norms have an epsilon of their own, whatever the config says.
const LATENT_EPS: f64 = 1e-6;

/// One layer of multi-head latent attention.
#[derive(Clone, Debug)]
pub(crate) struct LatentConfig {
    hidden: Dim,
    pub(crate) shape: LatentShape,
    /// Width of the latent of queries; absent where one projection makes them.
    query_latent: Option<Dim>,
    bias: bool,
}

impl LatentConfig {
    pub(crate) fn read(config: &ConfigReader, hidden: Dim, rope: &RopeConfig) -> Self {
        let sharpness = match &rope.scaling {
            Scaling::Yarn(yarn) => yarn.softmax_factor() as f32,
            _ => 1.0,
        };
        let width = |key| Dim::new(config.size(&[key]), key);
        Self {
            hidden,
            shape: LatentShape {
                heads: config.size(&["num_attention_heads"]),
                nope: config.size(&["qk_nope_head_dim"]),
                rope: config.size(&["qk_rope_head_dim"]),
                value: config.size(&["v_head_dim"]),
                latent: config.size(&["kv_lora_rank"]),
                sharpness,
            },
            query_latent: config.has(&["q_lora_rank"]).then(|| width("q_lora_rank")),
            bias: config.flag_or(&["attention_bias"], false),
        }
    }

    /// The layer under this prefix; `slot` is where its state lies in a node.
    pub(crate) fn load(&self, slot: usize, weights: &Weights<'_>) -> LatentAttention {
        let (hidden, shape) = (self.hidden, self.shape);
        let latent = Dim::new(shape.latent, "kv_lora_rank");
        let compressed = shape.compressed_width();
        LatentAttention {
            q: self.queries(weights),
            compress: weights.biased_linear("kv_a_proj_with_mqa", compressed, hidden, self.bias),
            latent_norm: weights.norm("kv_a_layernorm", latent, LATENT_EPS),
            expand: weights.linear("kv_b_proj", shape.expanded_width(), latent),
            o: weights.biased_linear("o_proj", hidden, shape.value_width(), self.bias),
            shape,
            slot,
        }
    }

    fn queries(&self, weights: &Weights<'_>) -> QueryPath {
        let (hidden, width) = (self.hidden, self.shape.q_width());
        match self.query_latent {
            None => QueryPath::Direct(weights.linear("q_proj", width, hidden)),
            Some(latent) => QueryPath::Latent(
                weights.biased_linear("q_a_proj", latent, hidden, self.bias),
                weights.norm("q_a_layernorm", latent, LATENT_EPS),
                weights.linear("q_b_proj", width, latent),
            ),
        }
    }
}
