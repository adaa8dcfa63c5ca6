//! Llama (arXiv:2407.21783), as `modeling_llama.py` of transformers computes it.
//!
//! A dense baseline: grouped-query attention, then a SwiGLU network. It has no router and records no
//! routing.

use super::Family;
use super::parts::{Common, DecoderConfig, NetworkConfig, Part};
use crate::config::{ConfigReader, RopeDefaults};

/// The entry in the family list.
pub(crate) const FAMILY: Family = Family {
    name: "llama",
    architecture: "LlamaForCausalLM",
    models: "Llama 2 and 3, SmolLM, others of its shape (dense)",
    published_with_code: false,
    read,
};

fn read(config: &ConfigReader) -> DecoderConfig {
    let common = Common::read(config, RopeDefaults { base: 10_000.0, partial: None });
    let network = NetworkConfig {
        bias: config.flag_or(&["mlp_bias"], false),
        ..NetworkConfig::swiglu_of(config, "intermediate_size")
    };
    common.decoder(FAMILY.name, &["mlp"], |_| Part::Dense(network.clone()))
}
