//! What surrounds the layers: sizes, embedding, norms, head.

use std::sync::Arc;

use crate::Architecture;
use crate::checkpoint::{Dim, Weights};
use crate::config::ConfigReader;
use crate::layers::{AttentionShape, Embedding, Head, Norm};

/// No checkpoint has more layers; a larger number is a mistake that would take long to find.
pub(crate) const MOST_LAYERS: usize = 4096;

/// The keys of `config.json` that every family has, and what some do at both ends of the model.
#[derive(Clone, Debug)]
pub(crate) struct Backbone {
    pub(crate) model_type: String,
    pub(crate) layers: usize,
    pub(crate) eps: f64,
    pub(crate) hidden: usize,
    vocab: usize,
    /// Longest context, in tokens.
    pub(crate) positions: usize,
    /// Whether the head is the embedding where the files have no head.
    pub(crate) tied: bool,
    pub(crate) norms: NormKind,
    /// Multiplies the embedding's rows.
    pub(crate) embedding_scale: f32,
    /// Divides the logits.
    pub(crate) logit_divisor: f32,
    pub(crate) head_bias: bool,
}

/// How the residual stream is normalised.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum NormKind {
    /// RMSNorm.
    Rms,
    /// RMSNorm by one plus the weight on disk.
    RmsPlusOne,
    /// Layer normalisation with a bias.
    Layer,
}

impl NormKind {
    /// The norm of this name.
    pub(crate) fn load(self, weights: &Weights<'_>, name: &str, width: Dim, eps: f64) -> Norm {
        match self {
            NormKind::Rms => weights.norm(name, width, eps).into(),
            NormKind::RmsPlusOne => weights.norm_plus_one(name, width, eps).into(),
            NormKind::Layer => Norm::Layer(weights.layer_norm(name, width, eps)),
        }
    }
}

/// Names of the tensors around the layers.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Outer {
    /// Prefixes that the tensors may have; the first is the usual one.
    pub(crate) roots: &'static [&'static str],
    pub(crate) embedding: &'static str,
    pub(crate) norm: &'static str,
}

impl Outer {
    /// The names that most families have.
    pub(crate) const USUAL: Outer =
        Outer { roots: &["model"], embedding: "embed_tokens", norm: "norm" };

    /// The prefix that the folder's tensors have.
    pub(crate) fn root(&self, weights: &Weights<'_>) -> &'static str {
        let there = |root: &&&str| weights.has(&format!("{root}.{}.weight", self.embedding));
        self.roots.iter().find(there).unwrap_or(&self.roots[0])
    }
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
            norms: NormKind::Rms,
            embedding_scale: 1.0,
            logit_divisor: 1.0,
            head_bias: false,
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

    /// The shape of a model of this backbone, without its layers.
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

    /// A norm of the residual stream.
    pub(crate) fn norm(&self, weights: &Weights<'_>, name: &str) -> Norm {
        self.norms.load(weights, name, self.hidden(), self.eps)
    }

    pub(crate) fn embedding(&self, weights: &Weights<'_>, name: &str) -> Embedding {
        let weight = Arc::new(weights.vocabulary(name, self.vocab(), self.hidden()));
        Embedding { weight, scale: self.embedding_scale }
    }

    /// Whether the head is the embedding. A head on disk wins over the flag: some tunes untie it and
    /// forget to say so.
    pub(crate) fn is_tied(&self, weights: &Weights<'_>) -> bool {
        self.tied && !weights.has("lm_head.weight")
    }

    pub(crate) fn head(&self, weights: &Weights<'_>, norm: Norm, embedding: &Embedding) -> Head {
        let weight = match self.is_tied(weights) {
            true => embedding.weight.clone(),
            false => Arc::new(weights.vocabulary("lm_head", self.vocab(), self.hidden())),
        };
        let bias = self.head_bias.then(|| weights.at("lm_head").tensor("bias", &[self.vocab()]));
        Head { norm, weight, bias, divisor: self.logit_divisor }
    }
}
