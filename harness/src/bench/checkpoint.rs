use std::path::{Path, PathBuf};

use harness_models::synthetic::{SyntheticOptions, write_checkpoint};
use serde_json::{Map, Value, json};

use crate::eval::EvalError;

/// A checkpoint of random weights in the system's folder for temporary files; gone when dropped.
#[derive(Debug)]
pub struct RandomCheckpoint {
    folder: PathBuf,
}

impl RandomCheckpoint {
    /// Writes weights for a `config.json`, and a tokenizer whose tokens are their own numbers.
    ///
    /// # Errors
    /// When the config is none that the engine runs, or the folder cannot be written.
    pub fn new(config: &Value, options: SyntheticOptions) -> Result<Self, EvalError> {
        let folder = std::env::temp_dir().join(format!("harness-bench-{}", std::process::id()));
        let failed =
            |error: std::io::Error| EvalError::Usage(format!("{}: {error}", folder.display()));
        std::fs::create_dir_all(&folder).map_err(failed)?;
        let checkpoint = Self { folder: folder.clone() };
        write_checkpoint(&folder, config, options)?;
        let vocab_size = config["vocab_size"].as_u64().unwrap_or_default();
        std::fs::write(folder.join("tokenizer.json"), tokenizer(vocab_size).to_string())
            .map_err(failed)?;
        Ok(checkpoint)
    }

    /// Where it lies.
    pub fn folder(&self) -> &Path {
        &self.folder
    }
}

impl Drop for RandomCheckpoint {
    fn drop(&mut self) {
        if let Err(error) = std::fs::remove_dir_all(&self.folder) {
            tracing::warn!("{} stays behind: {error}", self.folder.display());
        }
    }
}

fn tokenizer(vocab_size: u64) -> Value {
    let vocab: Map<String, Value> = (0..vocab_size).map(|id| (id.to_string(), id.into())).collect();
    json!({
        "version": "1.0", "truncation": null, "padding": null, "added_tokens": [], "normalizer": null,
        "pre_tokenizer": {"type": "Whitespace"}, "post_processor": null, "decoder": null,
        "model": {"type": "WordLevel", "vocab": vocab, "unk_token": "0"}
    })
}
