//! Qwen3-MoE (arXiv:2505.09388), as `modeling_qwen3_moe.py` of transformers computes it.
//!
//! Every layer is grouped-query attention with RMS-normalised query and key heads, then routed
//! SwiGLU experts; layers named by `mlp_only_layers` or skipped by `decoder_sparse_step` have one
//! dense SwiGLU network instead. There is no shared expert.
//!
//! The router scores all experts by softmax in f32 and takes the top k; with `norm_topk_prob` the
//! weights are the chosen scores divided by their sum. Its decision's scores sum to 1.

use super::backbone::{Backbone, OuterNames, expect_activation, refuse_sliding_window};
use super::{Family, FamilyConfig};
use crate::checkpoint::{Dim, ExpertNames, ExpertSizes, Weights};
use crate::config::{ConfigReader, RopeConfig};
use crate::kernels::experts::Activation;
use crate::kernels::rotary::Pairs;
use crate::layers::{
    Attention, AttentionShape, Decoder, HeadNorms, Layer, Mlp, Moe, Rotary, Router, Rule,
};
use crate::{Architecture, LayerKind, MoeLayer, ScoreFunction};

/// The entry in the family list.
pub(crate) const FAMILY: Family = Family {
    name: "qwen3_moe",
    architecture: "Qwen3MoeForCausalLM",
    published_with_code: false,
    ignored: &["rotary_emb.inv_freq"],
    read: |config| Box::new(Qwen3Moe::read(config)),
};

const OUTER: OuterNames = OuterNames { embedding: "model.embed_tokens", norm: "model.norm" };

const EXPERTS: ExpertNames = ExpertNames {
    up: &["gate_proj", "up_proj"],
    down: "down_proj",
    stacked_up: "gate_up_proj",
    stacked_down: "down_proj",
};

struct Qwen3Moe {
    backbone: Backbone,
    attention: AttentionShape,
    attention_bias: bool,
    rope: RopeConfig,
    /// Width of the dense networks.
    intermediate: Dim,
    experts: Dim,
    expert_width: Dim,
    top_k: usize,
    norm_topk: bool,
    moe_layers: Vec<usize>,
}

impl Qwen3Moe {
    fn read(config: &ConfigReader) -> Self {
        expect_activation(config, &["hidden_act"], "silu");
        refuse_sliding_window(config);
        let backbone = Backbone::read(config);
        let experts = config.within(&["num_experts", "num_local_experts"], 1, 1 << 16, "");
        Self {
            attention: backbone.attention_shape(config),
            attention_bias: config.flag_or(&["attention_bias"], false),
            rope: RopeConfig::read(config, 10_000.0),
            intermediate: Dim::new(
                config.size_or(&["intermediate_size"], 6144),
                "intermediate_size",
            ),
            experts: Dim::new(experts, "num_experts"),
            expert_width: Dim::new(
                config.size(&["moe_intermediate_size"]),
                "moe_intermediate_size",
            ),
            top_k: config.within(&["num_experts_per_tok"], 1, experts, " (the number of experts)"),
            norm_topk: config.flag_or(&["norm_topk_prob"], false),
            moe_layers: moe_layers(config, backbone.layers),
            backbone,
        }
    }

    fn layer(&self, number: usize, weights: &Weights<'_>) -> Layer {
        let norm = |name| weights.norm(name, self.backbone.hidden(), self.backbone.eps);
        let attention = self.attention(number, &weights.at("self_attn"));
        let layer = Layer::default().then(norm("input_layernorm"), attention);
        let after = norm("post_attention_layernorm");
        match self.moe_layers.iter().position(|&n| n == number) {
            Some(index) => {
                layer.then(after, self.moe(MoeLayer { index, layer: number }, &weights.at("mlp")))
            }
            None => layer.then(after, self.mlp(&weights.at("mlp"))),
        }
    }

    fn attention(&self, slot: usize, weights: &Weights<'_>) -> Attention {
        let (hidden, shape, eps) = (self.backbone.hidden(), self.attention, self.backbone.eps);
        let head = Dim::new(shape.head_dim, "head_dim");
        let linear =
            |name, out, inputs| weights.biased_linear(name, out, inputs, self.attention_bias);
        Attention {
            q: linear("q_proj", shape.q_width(), hidden),
            k: linear("k_proj", shape.kv_width(), hidden),
            v: linear("v_proj", shape.kv_width(), hidden),
            o: linear("o_proj", hidden, shape.q_width()),
            norms: Some(HeadNorms {
                q: weights.norm("q_norm", head, eps),
                k: weights.norm("k_norm", head, eps),
            }),
            shape,
            rotary: true,
            slot,
        }
    }

    fn moe(&self, layer: MoeLayer, weights: &Weights<'_>) -> Moe {
        let sizes = ExpertSizes {
            experts: self.experts,
            hidden: self.backbone.hidden(),
            inner: self.expert_width,
        };
        let rule = Rule {
            score_function: ScoreFunction::Softmax,
            top_k: self.top_k,
            normalise: self.norm_topk.then_some(0.0),
            scale: 1.0,
        };
        let gate = weights.linear("gate", self.experts, self.backbone.hidden());
        let experts = weights.at("experts").experts(&EXPERTS, sizes, Activation::SwiGlu);
        Moe { layer, router: Router { gate, rule }, experts }
    }

    fn mlp(&self, weights: &Weights<'_>) -> Mlp {
        let (hidden, inner) = (self.backbone.hidden(), self.intermediate);
        Mlp {
            up: weights.stacked_linear(&["gate_proj", "up_proj"], inner, hidden),
            down: weights.linear("down_proj", hidden, inner),
            activation: Activation::SwiGlu,
        }
    }
}

/// Layers with experts: those that `mlp_only_layers` does not name and `decoder_sparse_step` hits.
fn moe_layers(config: &ConfigReader, layers: usize) -> Vec<usize> {
    let dense = config.layer_numbers(&["mlp_only_layers"], layers);
    let step = config.size_or(&["decoder_sparse_step"], 1);
    (0..layers).filter(|n| !dense.contains(n) && (n + 1) % step == 0).collect()
}

impl FamilyConfig for Qwen3Moe {
    fn architecture(&self) -> Architecture {
        let kind = |n| match self.moe_layers.contains(&n) {
            true => LayerKind::AttentionMoe,
            false => LayerKind::AttentionMlp,
        };
        Architecture {
            layer_kinds: (0..self.backbone.layers).map(kind).collect(),
            moe_layers: self.moe_layers.clone(),
            experts: self.experts.size,
            top_k: self.top_k,
            score_function: Some(ScoreFunction::Softmax),
            kv_numbers_per_token: self.backbone.layers * self.attention.kv_numbers(),
            ..self.backbone.architecture(FAMILY.name)
        }
    }

    fn decoder(&self, weights: &Weights<'_>) -> Decoder {
        let layer = |n| self.layer(n, &weights.at(format_args!("model.layers.{n}")));
        let layers = (0..self.backbone.layers).map(layer).collect();
        let frequencies = self.rope.frequencies(self.attention.head_dim);
        let rotary = Some(Rotary { frequencies, pairs: Pairs::Halves });
        self.backbone.decoder(self.architecture(), &OUTER, weights, rotary, layers)
    }
}
