//! What decoder-only Transformers with pre-norm blocks have in common.
//!
//! Every layer is two residual units: attention, then a dense network or routed experts. A family
//! says how to load the two; the rest is here.

use super::backbone::{Backbone, OuterNames};
use super::blocks::AttentionConfig;
use crate::checkpoint::Weights;
use crate::config::{ConfigReader, RopeConfig};
use crate::kernels::rotary::Pairs;
use crate::layers::{Decoder, Layer, Mlp, Moe, Rotary};
use crate::{Architecture, LayerKind, MoeLayer, ScoreFunction};

const OUTER: OuterNames = OuterNames { embedding: "model.embed_tokens", norm: "model.norm" };

/// Sizes, attention, rotation, and which layers route.
#[derive(Clone, Debug)]
pub(crate) struct Transformer {
    pub(crate) backbone: Backbone,
    pub(crate) attention: AttentionConfig,
    pub(crate) rope: RopeConfig,
    /// Numbers of the layers with routed experts.
    pub(crate) moe_layers: Vec<usize>,
}

/// The second unit of a layer.
#[expect(clippy::large_enum_variant, reason = "one value a layer, moved into place once")]
pub(crate) enum FeedForward {
    Dense(Mlp),
    Routed(Moe),
}

/// What a family's routers look like.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Routing {
    pub(crate) experts: usize,
    pub(crate) top_k: usize,
    pub(crate) shared_experts: usize,
    pub(crate) score_function: ScoreFunction,
}

impl Transformer {
    /// The shape; `routing` is absent in dense models.
    pub(crate) fn architecture(&self, family: &str, routing: Option<Routing>) -> Architecture {
        let kind = |n| match self.moe_layers.contains(&n) {
            true => LayerKind::AttentionMoe,
            false => LayerKind::AttentionMlp,
        };
        Architecture {
            layer_kinds: (0..self.backbone.layers).map(kind).collect(),
            moe_layers: self.moe_layers.clone(),
            experts: routing.map_or(0, |r| r.experts),
            top_k: routing.map_or(0, |r| r.top_k),
            shared_experts: routing.map_or(0, |r| r.shared_experts),
            score_function: routing.map(|r| r.score_function),
            kv_numbers_per_token: self.backbone.layers * self.attention.shape.kv_numbers(),
            ..self.backbone.architecture(family)
        }
    }

    /// The model; `feed_forward` loads the second unit of a layer from the layer's weights.
    pub(crate) fn decoder(
        &self,
        architecture: Architecture,
        weights: &Weights<'_>,
        feed_forward: impl Fn(Option<MoeLayer>, &Weights<'_>) -> FeedForward,
    ) -> Decoder {
        let layer = |number| {
            let weights = weights.at(format_args!("model.layers.{number}"));
            self.layer(number, &weights, feed_forward(self.moe_layer(number), &weights))
        };
        let layers = (0..self.backbone.layers).map(layer).collect();
        let frequencies = self.rope.frequencies(self.attention.shape.head_dim);
        let rotary = Some(Rotary { frequencies, pairs: Pairs::Halves });
        self.backbone.decoder(architecture, &OUTER, weights, rotary, layers)
    }

    fn moe_layer(&self, layer: usize) -> Option<MoeLayer> {
        let index = self.moe_layers.iter().position(|&n| n == layer)?;
        Some(MoeLayer { index, layer })
    }

    fn layer(&self, number: usize, weights: &Weights<'_>, feed_forward: FeedForward) -> Layer {
        let norm = |name| weights.norm(name, self.backbone.hidden(), self.backbone.eps);
        let attention = self.attention.load(number, &weights.at("self_attn"));
        let layer = Layer::default().then(norm("input_layernorm"), attention);
        let after = norm("post_attention_layernorm");
        match feed_forward {
            FeedForward::Dense(mlp) => layer.then(after, mlp),
            FeedForward::Routed(moe) => layer.then(after, moe),
        }
    }
}

/// Layers with experts in the Qwen families: those that `mlp_only_layers` does not name and
/// `decoder_sparse_step` hits.
pub(crate) fn sparse_layers(config: &ConfigReader, layers: usize) -> Vec<usize> {
    let dense = config.layer_numbers(&["mlp_only_layers"], layers);
    let step = config.size_or(&["decoder_sparse_step"], 1);
    (0..layers).filter(|n| !dense.contains(n) && (n + 1) % step == 0).collect()
}
