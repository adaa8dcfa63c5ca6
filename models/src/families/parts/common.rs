//! What decoder-only Transformers with pre-norm layers have in common.

use super::{AttentionConfig, Backbone, DecoderConfig, LayerConfig, Outer, Part, Rotation, Spare};
use crate::config::{ConfigReader, RopeConfig, RopeDefaults};
use crate::kernels::rotary::Pairs;

/// The usual Transformer: sizes, one kind of attention, one rotation.
///
/// A family reads it and then changes what it does otherwise.
#[derive(Clone, Debug)]
pub(crate) struct Common {
    pub(crate) backbone: Backbone,
    pub(crate) attention: AttentionConfig,
    pub(crate) rope: RopeConfig,
    /// Which numbers of a head the rotation pairs.
    pub(crate) pairs: Pairs,
    /// How many tokens a token of each layer sees.
    pub(crate) windows: Vec<Option<usize>>,
    pub(crate) residual_scale: f32,
    pub(crate) spare: Spare,
}

impl Common {
    /// Reads the keys; the activation must be SiLU.
    pub(crate) fn read(config: &ConfigReader, rope: RopeDefaults) -> Self {
        expect_activation(config, &["hidden_act"], "silu");
        let mut backbone = Backbone::read(config);
        let (bias, eps) = (config.flag_or(&["attention_bias"], false), backbone.eps);
        let attention = AttentionConfig {
            qkv_bias: bias,
            output_bias: bias,
            ..AttentionConfig::plain(backbone.hidden(), backbone.attention_shape(config), eps)
        };
        let rope = RopeConfig::read(config, rope);
        if let Some(longest) = rope.longest() {
            backbone.positions = backbone.positions.min(longest);
        }
        Self {
            attention,
            rope,
            pairs: Pairs::Halves,
            windows: vec![None; backbone.layers],
            residual_scale: 1.0,
            spare: Spare::None,
            backbone,
        }
    }

    /// Layers of attention, then what `network` gives for the layer, under one of `paths`.
    pub(crate) fn decoder(
        self,
        family: &'static str,
        paths: &'static [&'static str],
        network: impl Fn(usize) -> Part,
    ) -> DecoderConfig {
        let attention =
            |window| Part::Attention(AttentionConfig { window, ..self.attention.clone() });
        let windows = self.windows.iter().enumerate();
        let layer = |(n, &window): (usize, &Option<usize>)| {
            LayerConfig::new().then("input_layernorm", &["self_attn"], attention(window)).then(
                "post_attention_layernorm",
                paths,
                network(n),
            )
        };
        let layers = windows.map(layer).collect();
        self.decoder_of(family, layers)
    }

    /// Layers that the family made itself.
    pub(crate) fn decoder_of(
        self,
        family: &'static str,
        layers: Vec<LayerConfig>,
    ) -> DecoderConfig {
        let width = self.attention.shape.head_dim;
        DecoderConfig {
            family,
            backbone: self.backbone,
            outer: Outer::USUAL,
            layers,
            rotations: vec![Rotation { rope: self.rope, width, pairs: self.pairs }],
            residual_scale: self.residual_scale,
            spare: self.spare,
        }
    }
}

/// Refuses activations other than the family's.
pub(crate) fn expect_activation(config: &ConfigReader, keys: &[&str], name: &str) {
    if config.text(keys).is_some_and(|given| given != name) {
        config.reject(keys, format!("\"{name}\""));
    }
}

/// Layers with experts in the Qwen families: those that `mlp_only_layers` does not name and
/// `decoder_sparse_step` hits.
pub(crate) fn sparse_layers(config: &ConfigReader, layers: usize) -> Vec<usize> {
    let dense = config.layer_numbers(&["mlp_only_layers"], layers);
    let step = config.size_or(&["decoder_sparse_step"], 1);
    (0..layers).filter(|n| !dense.contains(n) && (n + 1) % step == 0).collect()
}
