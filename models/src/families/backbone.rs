//! What pre-norm decoders have in common: sizes, embedding, final norm, head.

use std::sync::Arc;

use crate::Architecture;
use crate::checkpoint::{Dim, Weights};
use crate::config::ConfigReader;
use crate::layers::{AttentionShape, Decoder, Embedding, Head, Layer, Rotary};

/// No checkpoint has more layers; a larger number is a mistake that would take long to find.
const MOST_LAYERS: usize = 4096;

/// The keys of `config.json` that every family has.
#[derive(Clone, Debug)]
pub(crate) struct Backbone {
    pub(crate) model_type: String,
    pub(crate) layers: usize,
    pub(crate) eps: f64,
    hidden: usize,
    vocab: usize,
    positions: usize,
    tied: bool,
}

/// Names of the tensors around the layers.
pub(crate) struct OuterNames {
    pub(crate) embedding: &'static str,
    pub(crate) norm: &'static str,
}

impl Backbone {
    pub(crate) fn read(config: &ConfigReader) -> Self {
        Self::with_layers(config, config.within(&["num_hidden_layers"], 1, MOST_LAYERS, ""))
    }

    /// For families that state their layers in another way.
    pub(crate) fn with_layers(config: &ConfigReader, layers: usize) -> Self {
        Self {
            model_type: config.text(&["model_type"]).unwrap_or_default(),
            layers,
            eps: config.positive_or(&["rms_norm_eps", "layer_norm_epsilon", "norm_eps"], 1e-6),
            hidden: config.size(&["hidden_size"]),
            vocab: config.size(&["vocab_size"]),
            positions: config.size_or(&["max_position_embeddings"], 2048),
            tied: config.flag_or(&["tie_word_embeddings"], false),
        }
    }

    pub(crate) fn hidden(&self) -> Dim {
        Dim::new(self.hidden, "hidden_size")
    }

    fn vocab(&self) -> Dim {
        Dim::new(self.vocab, "vocab_size")
    }

    /// Heads of the attention layers.
    pub(crate) fn attention_shape(&self, config: &ConfigReader) -> AttentionShape {
        let heads = config.size(&["num_attention_heads"]);
        let kv_heads = config.size_or(&["num_key_value_heads"], heads);
        if !heads.is_multiple_of(kv_heads) {
            config.reject(
                &["num_key_value_heads"],
                format!("a divisor of num_attention_heads = {heads}"),
            );
        }
        if !config.has(&["head_dim"]) && !self.hidden.is_multiple_of(heads) {
            config.reject(
                &["num_attention_heads"],
                format!("a divisor of hidden_size = {}", self.hidden),
            );
        }
        let head_dim = config.size_or(&["head_dim"], (self.hidden / heads).max(1));
        AttentionShape { heads, kv_heads, head_dim }
    }

    /// The shape of a dense model of this backbone.
    pub(crate) fn architecture(&self, family: &str) -> Architecture {
        Architecture {
            family: family.into(),
            model_type: self.model_type.clone(),
            layers: self.layers,
            hidden_size: self.hidden,
            vocab_size: self.vocab,
            max_position_embeddings: self.positions,
            tied_head: self.tied,
            ..Architecture::default()
        }
    }

    /// Puts embedding and head around the layers.
    pub(crate) fn decoder(
        &self,
        architecture: Architecture,
        names: &OuterNames,
        weights: &Weights<'_>,
        rotary: Option<Rotary>,
        layers: Vec<Layer>,
    ) -> Decoder {
        let vocabulary = |name| Arc::new(weights.vocabulary(name, self.vocab(), self.hidden()));
        let embedding = Embedding { weight: vocabulary(names.embedding) };
        // A head on disk wins over the flag: some tunes untie it and forget to say so.
        let tied = self.tied && !weights.has("lm_head.weight");
        let weight = if tied { embedding.weight.clone() } else { vocabulary("lm_head") };
        let head = Head { norm: weights.norm(names.norm, self.hidden(), self.eps), weight };
        let slots = layers.len();
        let architecture = Architecture { tied_head: tied, ..architecture };
        Decoder { architecture, embedding, rotary, layers, slots, head }
    }
}

/// Refuses attention windows, which no runtime here has.
pub(crate) fn refuse_sliding_window(config: &ConfigReader) {
    let used = config.flag_or(&["use_sliding_window"], true);
    if used && config.count_or(&["sliding_window"], 0) > 0 {
        config.reject(&["sliding_window"], "null (windowed attention is not built in)");
    }
}

/// Refuses activations other than the family's.
pub(crate) fn expect_activation(config: &ConfigReader, keys: &[&str], name: &str) {
    if config.text(keys).is_some_and(|given| given != name) {
        config.reject(keys, format!("\"{name}\""));
    }
}

/// The number of routed experts, under any of `keys`, and how many a token visits.
pub(crate) fn experts_and_top_k(config: &ConfigReader, keys: &[&'static str]) -> (Dim, usize) {
    let experts = config.within(keys, 1, 1 << 16, "");
    let top_k = config.within(&["num_experts_per_tok"], 1, experts, " (the number of experts)");
    (Dim::new(experts, keys[0]), top_k)
}
