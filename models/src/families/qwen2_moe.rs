//! Qwen1.5-MoE and Qwen2-MoE (arXiv:2407.10671), as `modeling_qwen2_moe.py` of transformers
//! computes them.
//!
//! Grouped-query attention with biases on queries, keys and values; routed SwiGLU experts beside a
//! shared one whose output is multiplied by the sigmoid of a projection to one number. Layers named
//! by `mlp_only_layers` or skipped by `decoder_sparse_step` are dense.
//!
//! The router scores all experts by softmax in f32 and takes the top k; the weights are the chosen
//! scores, divided by their sum only with `norm_topk_prob`. Scores sum to 1.

use super::backbone::{Backbone, expect_activation, experts_and_top_k, refuse_sliding_window};
use super::blocks::{AttentionConfig, MoeConfig, Norms, SWIGLU_EXPERTS, swiglu};
use super::transformer::{FeedForward, Routing, Transformer, sparse_layers};
use super::{Family, FamilyConfig};
use crate::checkpoint::{Dim, ExpertSizes, Weights};
use crate::config::{ConfigReader, RopeConfig};
use crate::layers::{Decoder, Rule, SharedExpert};
use crate::{Architecture, MoeLayer, ScoreFunction};

/// The entry in the family list.
pub(crate) const FAMILY: Family = Family {
    name: "qwen2_moe",
    architecture: "Qwen2MoeForCausalLM",
    published_with_code: false,
    read: |config| Box::new(Qwen2Moe::read(config)),
};

struct Qwen2Moe {
    transformer: Transformer,
    moe: MoeConfig,
    /// Width of the shared expert.
    shared: Dim,
    /// Width of the dense networks.
    dense: Dim,
}

impl Qwen2Moe {
    fn read(config: &ConfigReader) -> Self {
        expect_activation(config, &["hidden_act"], "silu");
        refuse_sliding_window(config);
        let backbone = Backbone::read(config);
        let (experts, top_k) = experts_and_top_k(config, &["num_experts", "num_local_experts"]);
        let attention = AttentionConfig {
            hidden: backbone.hidden(),
            shape: backbone.attention_shape(config),
            qkv_bias: config.flag_or(&["qkv_bias"], true),
            output_bias: false,
            norms: Norms::None,
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
        let width = |key| Dim::new(config.size(&[key]), key);
        let inner = width("moe_intermediate_size");
        let sizes = ExpertSizes { experts, hidden: backbone.hidden(), inner };
        Self {
            moe: MoeConfig { sizes, rule },
            shared: width("shared_expert_intermediate_size"),
            dense: Dim::new(config.size_or(&["intermediate_size"], 5632), "intermediate_size"),
            transformer: Transformer {
                rope: RopeConfig::read(config, 10_000.0),
                moe_layers: sparse_layers(config, backbone.layers),
                attention,
                backbone,
            },
        }
    }

    fn feed_forward(&self, layer: Option<MoeLayer>, weights: &Weights<'_>) -> FeedForward {
        let (weights, hidden) = (weights.at("mlp"), self.moe.sizes.hidden);
        let Some(layer) = layer else {
            return FeedForward::Dense(swiglu(&weights, hidden, self.dense));
        };
        let shared = SharedExpert {
            mlp: swiglu(&weights.at("shared_expert"), hidden, self.shared),
            gate: Some(weights.linear("shared_expert_gate", Dim::new(1, "one number"), hidden)),
        };
        FeedForward::Routed(self.moe.load(layer, &weights, &SWIGLU_EXPERTS).with_shared(shared))
    }
}

impl FamilyConfig for Qwen2Moe {
    fn architecture(&self) -> Architecture {
        let routing = Routing {
            experts: self.moe.sizes.experts.size,
            top_k: self.moe.rule.top_k,
            shared_experts: 1,
            score_function: self.moe.rule.score_function,
        };
        self.transformer.architecture(FAMILY.name, Some(routing))
    }

    fn decoder(&self, weights: &Weights<'_>) -> Decoder {
        let feed_forward = |layer, weights: &Weights<'_>| self.feed_forward(layer, weights);
        self.transformer.decoder(self.architecture(), weights, feed_forward)
    }
}
