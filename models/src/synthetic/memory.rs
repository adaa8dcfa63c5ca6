//! [`RandomCheckpoint`]: random weights that no disk has to hold.

use std::path::Path;

use serde_json::Value;

use super::SyntheticOptions;
use crate::checkpoint::WeightStore;
use crate::config::{ConfigReader, parse_json};
use crate::families::{DecoderConfig, select};
use crate::load::{count_parameters, decoder_of};
use crate::{Architecture, LoadError, LoadOptions, Model, Problem};

/// A checkpoint of which only the `config.json` exists.
///
/// ```
/// use harness_models::LoadOptions;
/// use harness_models::synthetic::{RandomCheckpoint, SyntheticOptions};
///
/// let config = r#"{"model_type": "qwen3", "hidden_size": 32, "num_hidden_layers": 1, "num_attention_heads": 2,
///     "num_key_value_heads": 1, "head_dim": 16, "intermediate_size": 64, "vocab_size": 100,
///     "max_position_embeddings": 512, "tie_word_embeddings": true}"#;
/// let checkpoint = RandomCheckpoint::new("tiny.json".as_ref(), config, SyntheticOptions::default())?;
/// assert_eq!(checkpoint.architecture().parameters_total, 12_544);
/// let model = checkpoint.load(&LoadOptions::default())?;
/// assert_eq!(model.architecture().layers, 1);
/// # Ok::<(), harness_models::LoadError>(())
/// ```
pub struct RandomCheckpoint {
    config: DecoderConfig,
    architecture: Architecture,
    options: SyntheticOptions,
}

impl RandomCheckpoint {
    /// Reads the text of a `config.json`; messages call it by the name of `file`.
    ///
    /// # Errors
    /// When it is not one that [`load`](crate::load) accepts.
    pub fn new(file: &Path, config: &str, options: SyntheticOptions) -> Result<Self, LoadError> {
        let refuse = |problems| LoadError { dir: file.to_owned(), problems };
        let parsed = parse_json("config.json", &mut config.as_bytes().to_vec());
        let config = parsed.map_err(|p| vec![p]).and_then(read).map_err(refuse)?;
        let store = WeightStore::listing(options);
        let architecture = count_parameters(&config, &store);
        store.into_drawn().map_err(|p| refuse(vec![p]))?;
        Ok(Self { config, architecture, options })
    }

    /// What the model is like; the numbers are those of [`inspect`](crate::inspect) on a written checkpoint.
    pub fn architecture(&self) -> &Architecture {
        &self.architecture
    }

    /// Makes the weights, and the model of them.
    ///
    /// # Errors
    /// As [`load`](crate::load), but for files.
    pub fn load(&self, options: &LoadOptions) -> Result<Box<dyn Model>, LoadError> {
        let refuse = |problems| LoadError { dir: "random weights".into(), problems };
        let placement = options.device.open(options.dtype).map_err(|p| refuse(vec![p]))?;
        let store = WeightStore::drawing(self.options, options.dtype, &placement);
        let decoder = decoder_of(&self.config, self.architecture.clone(), store);
        decoder.map(|decoder| Box::new(decoder) as Box<dyn Model>).map_err(refuse)
    }
}

/// What a `config.json` says.
pub(super) fn read(config: Value) -> Result<DecoderConfig, Vec<Problem>> {
    let one = |problem| vec![problem];
    let reader = ConfigReader::new(config).map_err(one)?;
    let config = (select(&reader).map_err(one)?.read)(&reader);
    match reader.take_problems() {
        problems if problems.is_empty() => Ok(config),
        problems => Err(problems),
    }
}
