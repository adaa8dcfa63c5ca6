//! Qwen3, dense (arXiv:2505.09388), as `modeling_qwen3.py` of transformers computes it.
//!
//! A dense baseline: the attention of Qwen3-MoE with RMS-normalised query and key heads, then a
//! SwiGLU network; with `use_sliding_window` the layers from `max_window_layers` on see a window
//! only. It has no router and records no routing.

use super::Family;
use super::parts::{Common, DecoderConfig, NetworkConfig, Norms, Part, windows};
use crate::config::{ConfigReader, RopeDefaults};

/// The entry in the family list.
pub(crate) const FAMILY: Family = Family {
    name: "qwen3",
    architecture: "Qwen3ForCausalLM",
    models: "Qwen3 0.6B to 32B (dense)",
    published_with_code: false,
    read,
};

fn read(config: &ConfigReader) -> DecoderConfig {
    let mut common = Common::read(config, RopeDefaults { base: 10_000.0, partial: None });
    common.attention.norms = Norms::Heads;
    if config.flag_or(&["use_sliding_window"], false) {
        let from = config.count_or(&["max_window_layers"], 28);
        common.windows = windows(config, common.backbone.layers, |n| n >= from);
    }
    let network = NetworkConfig::swiglu_of(config, "intermediate_size");
    common.decoder(FAMILY.name, &["mlp"], |_| Part::Dense(network.clone()))
}
