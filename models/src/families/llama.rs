//! Llama (arXiv:2307.09288, 2407.21783), as `modeling_llama.py` of transformers computes it.
//!
//! A dense baseline: grouped-query attention, then a SwiGLU network. It has no router and records
//! no routing.

use super::backbone::{Backbone, expect_activation};
use super::blocks::{AttentionConfig, Norms, swiglu};
use super::transformer::{FeedForward, Transformer};
use super::{Family, FamilyConfig};
use crate::Architecture;
use crate::checkpoint::{Dim, Weights};
use crate::config::{ConfigReader, RopeConfig};
use crate::layers::Decoder;

/// The entry in the family list.
pub(crate) const FAMILY: Family = Family {
    name: "llama",
    architecture: "LlamaForCausalLM",
    published_with_code: false,
    read: |config| Box::new(Llama::read(config)),
};

struct Llama {
    transformer: Transformer,
    inner: Dim,
}

impl Llama {
    fn read(config: &ConfigReader) -> Self {
        expect_activation(config, &["hidden_act"], "silu");
        if config.flag_or(&["mlp_bias"], false) {
            config.reject(&["mlp_bias"], "false (biases in the network are not built in)");
        }
        let backbone = Backbone::read(config);
        let bias = config.flag_or(&["attention_bias"], false);
        let attention = AttentionConfig {
            hidden: backbone.hidden(),
            shape: backbone.attention_shape(config),
            qkv_bias: bias,
            output_bias: bias,
            norms: Norms::None,
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

impl FamilyConfig for Llama {
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
