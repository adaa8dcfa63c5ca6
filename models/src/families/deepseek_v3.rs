//! DeepSeek-V3 (arXiv:2412.19437), as `modeling_deepseek_v3.py` of transformers computes it.
//!
//! Multi-head latent attention; the first `first_k_dense_replace` layers have a dense SwiGLU
//! network, the others routed SwiGLU experts beside ungated shared ones (one network of their
//! joint width).
//!
//! The router scores experts by sigmoid in f32. The choice adds a correction to the scores, keeps
//! the groups with the largest sums of their two best experts, and takes the top k inside them; the
//! weights are the uncorrected scores, divided by their sum + 1e-20 with `norm_topk_prob`, times
//! `routed_scaling_factor`. Scores do not sum to 1.

use super::backbone::{Backbone, OuterNames, expect_activation, experts_and_top_k};
use super::blocks::{MoeConfig, SWIGLU_EXPERTS, swiglu};
use super::{Family, FamilyConfig};
use crate::checkpoint::{Dim, ExpertSizes, Weights};
use crate::config::{ConfigReader, RopeConfig};
use crate::kernels::rotary::Pairs;
use crate::layers::{
    Decoder, Groups, LatentAttention, LatentShape, Layer, Moe, QueryPath, Rotary, Rule,
    SharedExpert,
};
use crate::{Architecture, LayerKind, MoeLayer, ScoreFunction};

/// The entry in the family list.
pub(crate) const FAMILY: Family = Family {
    name: "deepseek_v3",
    architecture: "DeepseekV3ForCausalLM",
    published_with_code: true,
    read: |config| Box::new(DeepseekV3::read(config)),
};

const OUTER: OuterNames = OuterNames { embedding: "model.embed_tokens", norm: "model.norm" };
/// The latent norms have an epsilon of their own, whatever the config says.
const LATENT_EPS: f64 = 1e-6;

struct DeepseekV3 {
    backbone: Backbone,
    attention: LatentShape,
    /// Width of the latent of queries; absent where one projection makes them.
    query_latent: Option<Dim>,
    bias: bool,
    rope: RopeConfig,
    pairs: Pairs,
    moe: MoeConfig,
    /// Shared experts of a layer.
    shared_experts: usize,
    dense: Dim,
    /// Leading layers without experts.
    dense_layers: usize,
}

impl DeepseekV3 {
    fn read(config: &ConfigReader) -> Self {
        expect_activation(config, &["hidden_act"], "silu");
        let backbone = Backbone::read(config);
        let (experts, top_k) = experts_and_top_k(config, &["n_routed_experts"]);
        let rule = Rule {
            score_function: ScoreFunction::Sigmoid,
            top_k,
            groups: groups(config, experts.size, top_k),
            normalise: config.flag_or(&["norm_topk_prob"], true).then_some(1e-20),
            scale: config.positive_or(&["routed_scaling_factor"], 2.5) as f32,
        };
        let width = |key| Dim::new(config.size(&[key]), key);
        let inner = width("moe_intermediate_size");
        let sizes = ExpertSizes { experts, hidden: backbone.hidden(), inner };
        let interleaved = config.flag_or(&["rope_interleave"], true);
        Self {
            attention: latent_shape(config),
            query_latent: config.has(&["q_lora_rank"]).then(|| width("q_lora_rank")),
            bias: config.flag_or(&["attention_bias"], false),
            rope: RopeConfig::read(config, 10_000.0),
            pairs: if interleaved { Pairs::Neighbours } else { Pairs::Halves },
            moe: MoeConfig { sizes, rule },
            shared_experts: config.count_or(&["n_shared_experts"], 1),
            dense: width("intermediate_size"),
            dense_layers: config.count_or(&["first_k_dense_replace"], 3).min(backbone.layers),
            backbone,
        }
    }

    fn layer(&self, number: usize, weights: &Weights<'_>) -> Layer {
        let norm = |name| weights.norm(name, self.backbone.hidden(), self.backbone.eps);
        let attention = self.attention(number, &weights.at("self_attn"));
        let layer = Layer::default().then(norm("input_layernorm"), attention);
        let (after, mlp) = (norm("post_attention_layernorm"), weights.at("mlp"));
        match number.checked_sub(self.dense_layers) {
            Some(index) => layer.then(after, self.moe(MoeLayer { index, layer: number }, &mlp)),
            None => layer.then(after, swiglu(&mlp, self.backbone.hidden(), self.dense)),
        }
    }

    fn attention(&self, slot: usize, weights: &Weights<'_>) -> LatentAttention {
        let (hidden, shape) = (self.backbone.hidden(), self.attention);
        let latent = Dim::new(shape.latent, "kv_lora_rank");
        let compressed = shape.compressed_width();
        LatentAttention {
            q: self.queries(weights),
            compress: weights.biased_linear("kv_a_proj_with_mqa", compressed, hidden, self.bias),
            latent_norm: weights.norm("kv_a_layernorm", latent, LATENT_EPS),
            expand: weights.linear("kv_b_proj", shape.expanded_width(), latent),
            o: weights.biased_linear("o_proj", hidden, shape.value_width(), self.bias),
            shape,
            slot,
        }
    }

    fn queries(&self, weights: &Weights<'_>) -> QueryPath {
        let (hidden, width) = (self.backbone.hidden(), self.attention.q_width());
        match self.query_latent {
            None => QueryPath::Direct(weights.linear("q_proj", width, hidden)),
            Some(latent) => QueryPath::Latent(
                weights.biased_linear("q_a_proj", latent, hidden, self.bias),
                weights.norm("q_a_layernorm", latent, LATENT_EPS),
                weights.linear("q_b_proj", width, latent),
            ),
        }
    }

    fn moe(&self, layer: MoeLayer, weights: &Weights<'_>) -> Moe {
        let ExpertSizes { experts, hidden, inner } = self.moe.sizes;
        let routed =
            self.moe.load(layer, weights, &SWIGLU_EXPERTS).with_correction(weights, experts);
        if self.shared_experts == 0 {
            return routed;
        }
        let width =
            Dim::new(inner.size * self.shared_experts, "moe_intermediate_size × n_shared_experts");
        let mlp = swiglu(&weights.at("shared_experts"), hidden, width);
        routed.with_shared(SharedExpert { mlp, gate: None })
    }
}

fn latent_shape(config: &ConfigReader) -> LatentShape {
    LatentShape {
        heads: config.size(&["num_attention_heads"]),
        nope: config.size(&["qk_nope_head_dim"]),
        rope: config.size(&["qk_rope_head_dim"]),
        value: config.size(&["v_head_dim"]),
        latent: config.size(&["kv_lora_rank"]),
    }
}

/// The group limits, where there is more than one group.
pub(super) fn groups(config: &ConfigReader, experts: usize, top_k: usize) -> Option<Groups> {
    let count = config.size_or(&["n_group"], 1);
    let kept = config.size_or(&["topk_group"], 1);
    if !experts.is_multiple_of(count) || experts / count < 2 {
        config.reject(
            &["n_group"],
            format!("a divisor of n_routed_experts = {experts} that leaves pairs"),
        );
    } else if kept > count || kept * (experts / count) < top_k {
        config.reject(
            &["topk_group"],
            format!("enough of {count} groups for {top_k} experts a token"),
        );
    }
    (count > 1).then_some(Groups { count, kept })
}

impl FamilyConfig for DeepseekV3 {
    fn architecture(&self) -> Architecture {
        let layers = self.backbone.layers;
        let mut layer_kinds = vec![LayerKind::AttentionMlp; self.dense_layers];
        layer_kinds.resize(layers, LayerKind::AttentionMoe);
        Architecture {
            layer_kinds,
            moe_layers: (self.dense_layers..layers).collect(),
            experts: self.moe.sizes.experts.size,
            top_k: self.moe.rule.top_k,
            shared_experts: self.shared_experts,
            score_function: Some(ScoreFunction::Sigmoid),
            kv_numbers_per_token: layers * self.attention.kv_numbers(),
            ..self.backbone.architecture(FAMILY.name)
        }
    }

    /// Multi-token-prediction layers follow the last one and take no part in scoring.
    fn ignores(&self, tensor: &str) -> bool {
        let layer = tensor.strip_prefix("model.layers.").and_then(|rest| rest.split('.').next());
        let number = layer.and_then(|n| n.parse::<usize>().ok());
        tensor.ends_with("rotary_emb.inv_freq") || number.is_some_and(|n| n >= self.backbone.layers)
    }

    fn decoder(&self, weights: &Weights<'_>) -> Decoder {
        let layer = |n| self.layer(n, &weights.at(format_args!("model.layers.{n}")));
        let layers = (0..self.backbone.layers).map(layer).collect();
        let frequencies = self.rope.frequencies(self.attention.rope);
        let rotary = Some(Rotary { frequencies, pairs: self.pairs });
        self.backbone.decoder(self.architecture(), &OUTER, weights, rotary, layers)
    }
}
