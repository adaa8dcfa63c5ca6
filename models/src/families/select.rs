//! Which family runs a checkpoint.

use super::{DecoderConfig, FAMILIES};
use crate::Problem;
use crate::config::ConfigReader;

/// An entry of the family list.
pub(crate) struct Family {
    /// Its `model_type`.
    pub(crate) name: &'static str,
    /// Its entry in `architectures`.
    pub(crate) architecture: &'static str,
    /// Published checkpoints that it is meant for.
    pub(crate) models: &'static str,
    /// Whether checkpoints were published with Python code (`auto_map`) that this runtime replaces.
    pub(crate) published_with_code: bool,
    /// Reads its keys of `config.json`.
    pub(crate) read: fn(&ConfigReader) -> DecoderConfig,
}

/// Finds the family of a checkpoint.
///
/// # Errors
/// Names what the checkpoint asks for that this engine does not do.
pub(crate) fn select(config: &ConfigReader) -> Result<&'static Family, Problem> {
    let asked = asked_for(config);
    let found = FAMILIES.iter().find(|f| asked == f.architecture || asked == f.name);
    let Some(family) = found else {
        return Err(Problem::Unsupported(unknown(&asked, config.has(&["auto_map"]))));
    };
    if config.has(&["auto_map"]) && !family.published_with_code {
        return Err(Problem::Unsupported(format!(
            "config.json: `auto_map` asks for Python code from the checkpoint in place of {asked}; it is never run. \
             If the weights are a plain {asked}, remove the key"
        )));
    }
    match quantisation(config) {
        Some(problem) => Err(problem),
        None => Ok(family),
    }
}

/// The first of `architectures`, or `model_type` where there is none.
fn asked_for(config: &ConfigReader) -> String {
    let first = config.texts(&["architectures"]).and_then(|a| a.into_iter().next());
    first.or_else(|| config.text(&["model_type"])).unwrap_or_else(|| "(not stated)".into())
}

fn unknown(asked: &str, code: bool) -> String {
    let supported: Vec<&str> = FAMILIES.iter().map(|f| f.architecture).collect();
    let code =
        if code { "; it comes with Python code (`auto_map`), which is never run" } else { "" };
    format!(
        "config.json: architecture {asked} is not built in{code}; supported: {}",
        supported.join(", ")
    )
}

fn quantisation(config: &ConfigReader) -> Option<Problem> {
    let keys = ["quantization_config", "compression_config"];
    config.has(&keys).then(|| {
        let details = config.object(&keys);
        let method =
            details.text(&["quant_method", "quant_type"]).unwrap_or_else(|| "unnamed".into());
        Problem::Unsupported(format!(
            "config.json: `quantization_config` says the weights are quantised ({method}); \
             load the bf16 or f32 checkpoint"
        ))
    })
}
