//! OLMoE (arXiv:2409.02060), as `modeling_olmoe.py` of transformers computes it.
//!
//! Queries and keys are RMS-normalised over their whole width, before they are split into heads and
//! rotated; `clip_qkv` then bounds queries, keys and values. Every layer has routed SwiGLU experts
//! of width `intermediate_size`, and no shared expert.
//!
//! The router scores all experts by softmax in f32 and takes the top k; the weights are the chosen
//! scores, divided by their sum only with `norm_topk_prob`. Scores sum to 1.

use super::backbone::{Backbone, expect_activation, experts_and_top_k};
use super::blocks::{AttentionConfig, MoeConfig, Norms, SWIGLU_EXPERTS};
use super::transformer::{FeedForward, Routing, Transformer};
use super::{Family, FamilyConfig};
use crate::checkpoint::{Dim, ExpertSizes, Weights};
use crate::config::{ConfigReader, RopeConfig};
use crate::layers::{Decoder, Rule};
use crate::{Architecture, MoeLayer, ScoreFunction};

/// The entry in the family list.
pub(crate) const FAMILY: Family = Family {
    name: "olmoe",
    architecture: "OlmoeForCausalLM",
    published_with_code: false,
    read: |config| Box::new(Olmoe::read(config)),
};

struct Olmoe {
    transformer: Transformer,
    moe: MoeConfig,
}

impl Olmoe {
    fn read(config: &ConfigReader) -> Self {
        expect_activation(config, &["hidden_act"], "silu");
        let backbone = Backbone::read(config);
        let bias = config.flag_or(&["attention_bias"], false);
        let (experts, top_k) = experts_and_top_k(config, &["num_experts", "num_local_experts"]);
        let clip = config.has(&["clip_qkv"]).then(|| config.positive_or(&["clip_qkv"], 1.0) as f32);
        let attention = AttentionConfig {
            hidden: backbone.hidden(),
            shape: backbone.attention_shape(config),
            qkv_bias: bias,
            output_bias: bias,
            norms: Norms::Whole,
            eps: backbone.eps,
            clip,
            rotary: true,
        };
        let rule = Rule {
            score_function: ScoreFunction::Softmax,
            top_k,
            groups: None,
            normalise: config.flag_or(&["norm_topk_prob"], false).then_some(0.0),
            scale: 1.0,
        };
        let inner = Dim::new(config.size(&["intermediate_size"]), "intermediate_size");
        let sizes = ExpertSizes { experts, hidden: backbone.hidden(), inner };
        Self {
            moe: MoeConfig { sizes, rule },
            transformer: Transformer {
                rope: RopeConfig::read(config, 10_000.0),
                moe_layers: (0..backbone.layers).collect(),
                attention,
                backbone,
            },
        }
    }
}

impl FamilyConfig for Olmoe {
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
        let moe = |layer: Option<MoeLayer>, weights: &Weights<'_>| {
            let layer = layer.expect("every layer of an OLMoE routes");
            FeedForward::Routed(self.moe.load(layer, &weights.at("mlp"), &SWIGLU_EXPERTS))
        };
        self.transformer.decoder(self.architecture(), weights, moe)
    }
}
