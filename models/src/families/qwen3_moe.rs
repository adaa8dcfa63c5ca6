//! Qwen3-MoE (arXiv:2505.09388), as `modeling_qwen3_moe.py` of transformers computes it.
//!
//! Every layer is grouped-query attention with RMS-normalised query and key heads, then routed
//! SwiGLU experts; layers named by `mlp_only_layers` or skipped by `decoder_sparse_step` have one
//! dense SwiGLU network instead. There is no shared expert.
//!
//! The router scores all experts by softmax in f32 and takes the top k; with `norm_topk_prob` the
//! weights are the chosen scores divided by their sum. Scores sum to 1.

use super::backbone::{Backbone, expect_activation, experts_and_top_k, refuse_sliding_window};
use super::blocks::{AttentionConfig, MoeConfig, Norms, SWIGLU_EXPERTS, swiglu};
use super::transformer::{FeedForward, Routing, Transformer, sparse_layers};
use super::{Family, FamilyConfig};
use crate::checkpoint::{Dim, ExpertSizes, Weights};
use crate::config::{ConfigReader, RopeConfig};
use crate::layers::{Decoder, Rule};
use crate::{Architecture, MoeLayer, ScoreFunction};

/// The entry in the family list.
pub(crate) const FAMILY: Family = Family {
    name: "qwen3_moe",
    architecture: "Qwen3MoeForCausalLM",
    published_with_code: false,
    read: |config| Box::new(Qwen3Moe::read(config)),
};

struct Qwen3Moe {
    transformer: Transformer,
    moe: MoeConfig,
    /// Width of the dense networks.
    dense: Dim,
}

impl Qwen3Moe {
    fn read(config: &ConfigReader) -> Self {
        expect_activation(config, &["hidden_act"], "silu");
        refuse_sliding_window(config);
        let backbone = Backbone::read(config);
        let bias = config.flag_or(&["attention_bias"], false);
        let (experts, top_k) = experts_and_top_k(config, &["num_experts", "num_local_experts"]);
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
        let rule = Rule {
            score_function: ScoreFunction::Softmax,
            top_k,
            groups: None,
            normalise: config.flag_or(&["norm_topk_prob"], false).then_some(0.0),
            scale: 1.0,
        };
        let inner = Dim::new(config.size(&["moe_intermediate_size"]), "moe_intermediate_size");
        let sizes = ExpertSizes { experts, hidden: backbone.hidden(), inner };
        Self {
            moe: MoeConfig { sizes, rule },
            dense: Dim::new(config.size_or(&["intermediate_size"], 6144), "intermediate_size"),
            transformer: Transformer {
                rope: RopeConfig::read(config, 10_000.0),
                moe_layers: sparse_layers(config, backbone.layers),
                attention,
                backbone,
            },
        }
    }

    fn feed_forward(&self, layer: Option<MoeLayer>, weights: &Weights<'_>) -> FeedForward {
        let weights = weights.at("mlp");
        match layer {
            Some(layer) => FeedForward::Routed(self.moe.load(layer, &weights, &SWIGLU_EXPERTS)),
            None => FeedForward::Dense(swiglu(&weights, self.moe.sizes.hidden, self.dense)),
        }
    }
}

impl FamilyConfig for Qwen3Moe {
    fn architecture(&self) -> Architecture {
        let routing = Routing {
            experts: self.moe.sizes.experts.size,
            top_k: self.moe.rule.top_k,
            shared_experts: 0,
            score_function: self.moe.rule.score_function,
        };
        self.transformer.architecture(FAMILY.name, Some(routing))
    }

    fn decoder(&self, weights: &Weights<'_>) -> Decoder {
        let feed_forward = |layer, weights: &Weights<'_>| self.feed_forward(layer, weights);
        self.transformer.decoder(self.architecture(), weights, feed_forward)
    }
}
