//! Grouped-query attention, with what families vary.

use crate::checkpoint::{Dim, Weights};
use crate::config::ConfigReader;
use crate::layers::{Attention, AttentionShape, HeadNorms};

/// One attention layer.
#[derive(Clone, Debug)]
pub(crate) struct AttentionConfig {
    pub(crate) hidden: Dim,
    pub(crate) shape: AttentionShape,
    /// Whether the projections to queries, keys and values have biases.
    pub(crate) qkv_bias: bool,
    /// Whether the output projection has one.
    pub(crate) output_bias: bool,
    pub(crate) norms: Norms,
    /// Whether those norms multiply by one plus their weight.
    pub(crate) plus_one: bool,
    pub(crate) eps: f64,
    /// Bounds queries, keys and values.
    pub(crate) clip: Option<f32>,
    /// Multiplies the products of queries and keys; 1/√head_dim unless the family says otherwise.
    pub(crate) scale: f32,
    /// How many tokens a token sees, itself included.
    pub(crate) window: Option<usize>,
    /// Whether each head has a score that takes weight in the softmax and has no value.
    pub(crate) sinks: bool,
    /// Whether the query projection also makes a gate of the output.
    pub(crate) gated: bool,
    /// Which of the model's rotations it uses.
    pub(crate) rotary: Option<usize>,
}

/// Normalisation of queries and keys.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Norms {
    None,
    /// Each head by itself.
    Heads,
    /// All heads together.
    Whole,
}

impl AttentionConfig {
    /// Plain attention, rotated by the first rotation.
    pub(crate) fn plain(hidden: Dim, shape: AttentionShape, eps: f64) -> Self {
        Self {
            hidden,
            shape,
            qkv_bias: false,
            output_bias: false,
            norms: Norms::None,
            plus_one: false,
            eps,
            clip: None,
            scale: 1.0 / (shape.head_dim as f32).sqrt(),
            window: None,
            sinks: false,
            gated: false,
            rotary: Some(0),
        }
    }

    /// The layer under this prefix; `slot` is where its state lies in a node.
    pub(crate) fn load(&self, slot: usize, weights: &Weights<'_>) -> Attention {
        let (hidden, q, kv) = (self.hidden, self.shape.q_width(), self.shape.kv_width());
        let input = |name, width| weights.biased_linear(name, width, hidden, self.qkv_bias);
        let doubled = Dim::new(2 * q.size, "2 × num_attention_heads × head_dim");
        Attention {
            q: input("q_proj", if self.gated { doubled } else { q }),
            k: input("k_proj", kv),
            v: input("v_proj", kv),
            o: weights.biased_linear("o_proj", hidden, q, self.output_bias),
            norms: self.norms(weights),
            clip: self.clip,
            scale: self.scale,
            window: self.window,
            sinks: self.sinks.then(|| weights.tensor("sinks", &[self.heads()])),
            gated: self.gated,
            rotary: self.rotary,
            shape: self.shape,
            slot,
        }
    }

    fn heads(&self) -> Dim {
        Dim::new(self.shape.heads, "num_attention_heads")
    }

    fn norms(&self, weights: &Weights<'_>) -> Option<HeadNorms> {
        let head = Dim::new(self.shape.head_dim, "head_dim");
        let (q, k) = match self.norms {
            Norms::None => return None,
            Norms::Heads => (head, head),
            Norms::Whole => (self.shape.q_width(), self.shape.kv_width()),
        };
        let norm = |name, width| match self.plus_one {
            true => weights.norm_plus_one(name, width, self.eps),
            false => weights.norm(name, width, self.eps),
        };
        Some(HeadNorms { q: norm("q_norm", q), k: norm("k_norm", k) })
    }
}

/// The kind of every layer, where `layer_types` states it; each must be one of `known`.
pub(crate) fn layer_types(
    config: &ConfigReader,
    layers: usize,
    known: &[&str],
) -> Option<Vec<String>> {
    let key = ["layer_types", "layers_block_type"];
    let types = config.texts(&key)?;
    if types.len() != layers || !types.iter().all(|t| known.contains(&t.as_str())) {
        config.reject(&key, format!("{layers} (num_hidden_layers) of {}", known.join(", ")));
        return None;
    }
    Some(types)
}

/// The window of every layer: `sliding_window` in the layers that `layer_types` calls sliding, or,
/// without such a list, in those that `slides` names.
pub(crate) fn windows(
    config: &ConfigReader,
    layers: usize,
    slides: impl Fn(usize) -> bool,
) -> Vec<Option<usize>> {
    let width = config.count_or(&["sliding_window"], 0);
    let types = layer_types(config, layers, &["sliding_attention", "full_attention"]);
    let slides =
        |n: usize| types.as_ref().map_or_else(|| slides(n), |t| t[n] == "sliding_attention");
    (0..layers).map(|n| (width > 0 && slides(n)).then_some(width)).collect()
}
