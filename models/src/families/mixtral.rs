//! Mixtral (arXiv:2401.04088), as `modeling_mixtral.py` of transformers computes it.
//!
//! Grouped-query attention without biases or norms, then routed SwiGLU experts in every layer
//! (`w1` is the gate, `w3` up, `w2` down). There is no shared expert.
//!
//! The router scores all experts by softmax in f32 and takes the top k; the weights are always the
//! chosen scores divided by their sum. Scores sum to 1.

use super::backbone::{Backbone, expect_activation, experts_and_top_k, refuse_sliding_window};
use super::blocks::{AttentionConfig, MoeConfig, Norms};
use super::transformer::{FeedForward, Routing, Transformer};
use super::{Family, FamilyConfig};
use crate::checkpoint::{Dim, ExpertNames, ExpertSizes, Weights};
use crate::config::{ConfigReader, RopeConfig};
use crate::layers::{Decoder, Rule};
use crate::{Architecture, MoeLayer, ScoreFunction};

/// The entry in the family list.
pub(crate) const FAMILY: Family = Family {
    name: "mixtral",
    architecture: "MixtralForCausalLM",
    published_with_code: false,
    read: |config| Box::new(Mixtral::read(config)),
};

const EXPERTS: ExpertNames = ExpertNames {
    up: &["w1", "w3"],
    down: "w2",
    stacked_up: "gate_up_proj",
    stacked_down: "down_proj",
};

struct Mixtral {
    transformer: Transformer,
    moe: MoeConfig,
}

impl Mixtral {
    fn read(config: &ConfigReader) -> Self {
        expect_activation(config, &["hidden_act"], "silu");
        refuse_sliding_window(config);
        let backbone = Backbone::read(config);
        let (experts, top_k) = experts_and_top_k(config, &["num_local_experts", "num_experts"]);
        let attention = AttentionConfig {
            hidden: backbone.hidden(),
            shape: backbone.attention_shape(config),
            qkv_bias: false,
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
            normalise: Some(0.0),
            scale: 1.0,
        };
        let inner = Dim::new(config.size(&["intermediate_size"]), "intermediate_size");
        let sizes = ExpertSizes { experts, hidden: backbone.hidden(), inner };
        Self {
            moe: MoeConfig { sizes, rule },
            transformer: Transformer {
                rope: RopeConfig::read(config, 1e6),
                moe_layers: (0..backbone.layers).collect(),
                attention,
                backbone,
            },
        }
    }

    /// Experts lie under `block_sparse_moe`, and under `mlp` where experts are stacked.
    fn feed_forward(&self, layer: MoeLayer, weights: &Weights<'_>) -> FeedForward {
        let renamed = weights.has("mlp.gate.weight");
        let weights = weights.at(if renamed { "mlp" } else { "block_sparse_moe" });
        FeedForward::Routed(self.moe.load(layer, &weights, &EXPERTS))
    }
}

impl FamilyConfig for Mixtral {
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
            self.feed_forward(layer.expect("every layer of a Mixtral routes"), weights)
        };
        self.transformer.decoder(self.architecture(), weights, moe)
    }
}
