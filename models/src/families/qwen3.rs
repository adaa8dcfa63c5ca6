//! Qwen3, dense (arXiv:2505.09388), as `modeling_qwen3.py` of transformers computes it.
//!
//! A dense baseline: the attention of Qwen3-MoE with RMS-normalised query and key heads, then a
//! SwiGLU network. It has no router and records no routing.

use super::backbone::{Backbone, expect_activation, refuse_sliding_window};
use super::blocks::{AttentionConfig, Norms, swiglu};
use super::transformer::{FeedForward, Transformer};
use super::{Family, FamilyConfig};
use crate::Architecture;
use crate::checkpoint::{Dim, Weights};
use crate::config::{ConfigReader, RopeConfig};
use crate::layers::Decoder;

/// The entry in the family list.
pub(crate) const FAMILY: Family = Family {
    name: "qwen3",
    architecture: "Qwen3ForCausalLM",
    published_with_code: false,
    read: |config| Box::new(Qwen3::read(config)),
};

struct Qwen3 {
    transformer: Transformer,
    inner: Dim,
}

impl Qwen3 {
    fn read(config: &ConfigReader) -> Self {
        expect_activation(config, &["hidden_act"], "silu");
        refuse_sliding_window(config);
        let backbone = Backbone::read(config);
        let bias = config.flag_or(&["attention_bias"], false);
        let attention = AttentionConfig {
            hidden: backbone.hidden(),
            shape: backbone.attention_shape(config),
            qkv_bias: bias,
            output_bias: bias,
            norms: Norms::Heads,
            eps: backbone.eps,
            clip: None,
            rotary: true,
        };
        Self {
            inner: Dim::new(config.size(&["intermediate_size"]), "intermediate_size"),
            transformer: Transformer {
                rope: RopeConfig::read(config, 10_000.0),
                moe_layers: vec![],
                attention,
                backbone,
            },
        }
    }
}

impl FamilyConfig for Qwen3 {
    fn architecture(&self) -> Architecture {
        self.transformer.architecture(FAMILY.name, None)
    }

    fn decoder(&self, weights: &Weights<'_>) -> Decoder {
        let hidden = self.transformer.backbone.hidden();
        let dense = |_, weights: &Weights<'_>| {
            FeedForward::Dense(swiglu(&weights.at("mlp"), hidden, self.inner))
        };
        self.transformer.decoder(self.architecture(), weights, dense)
    }
}
