use std::path::{Path, PathBuf};

use harness_models::{Checkpoint, inspect};
use harness_reports::manifest::LossCurve;

use super::digest;
use super::error::EvalError;
use crate::chat::ChatTemplate;
use crate::config::{ModelChoice, ModelSection, read_loss};
use crate::encode::TextEncoder;
use crate::hub;

/// Context length where neither checkpoint nor tokenizer states one (lm-eval's `_DEFAULT_MAX_LENGTH`).
const DEFAULT_MAX_LENGTH: usize = 2048;

/// A checkpoint that was found sound; its weights are not read yet.
#[derive(Debug)]
pub struct PreparedModel {
    /// Name in the record.
    pub alias: String,
    /// What harness.toml says of it.
    pub section: ModelSection,
    /// Where its files are.
    pub folder: PathBuf,
    /// Commit on the hub, if it came from there.
    pub revision: Option<String>,
    /// What the folder holds.
    pub checkpoint: Checkpoint,
    /// Its tokenizer.
    pub encoder: TextEncoder,
    /// Its chat template, when one is to be applied.
    pub chat: Option<ChatTemplate>,
    /// How its training went, where harness.toml says.
    pub loss: Option<LossCurve>,
    /// Digest of the weights.
    pub weights_digest: String,
    /// Digest of the tokenizer's files.
    pub tokenizer_digest: String,
}

impl PreparedModel {
    /// Tokens that the model may be fed in one sequence: what was asked for, else what the checkpoint was made for,
    /// else the tokenizer's limit.
    pub fn max_length(&self, asked: Option<usize>) -> usize {
        let stated =
            Some(self.checkpoint.architecture.max_position_embeddings).filter(|&length| length > 0);
        asked.or(stated).or(self.encoder.model_max_length()).unwrap_or(DEFAULT_MAX_LENGTH)
    }
}

/// How checkpoints are prepared.
#[derive(Debug, Clone, Copy, Default)]
pub struct CheckpointOptions {
    /// Read the chat template and fail without one.
    pub chat_template: bool,
    /// The template's `enable_thinking`; undefined when absent.
    pub thinking: Option<bool>,
    /// Digest whole weight files.
    pub verify_weights: bool,
}

/// Finds and checks every checkpoint, so that the third is not found broken after the first two have run.
///
/// # Errors
/// [`EvalError`] for the first checkpoint that cannot be used; its message lists all that is wrong with it.
pub fn prepare_models(
    choices: Vec<ModelChoice>,
    options: CheckpointOptions,
) -> Result<Vec<PreparedModel>, EvalError> {
    choices.into_iter().map(|choice| prepare(choice, options)).collect()
}

fn prepare(choice: ModelChoice, options: CheckpointOptions) -> Result<PreparedModel, EvalError> {
    let ModelChoice { alias, model: section } = choice;
    let (folder, revision) = locate(&alias, &section.source)?;
    let checkpoint = inspect(&folder)?;
    let encoder = TextEncoder::load(&folder, section.prefix_token.as_deref())?;
    let chat = if options.chat_template {
        Some(chat_template(&alias, &folder)?.with_thinking(options.thinking))
    } else {
        None
    };
    let weights_digest = if options.verify_weights {
        digest::weights_in_full(&checkpoint)
            .map_err(|error| EvalError::Usage(format!("{}: {error}", folder.display())))?
    } else {
        digest::weights(&checkpoint)
    };
    let loss = section.loss.as_deref().map(|path| loss(&alias, path)).transpose()?;
    let tokenizer_digest = digest::files(&folder, &["tokenizer.json", "tokenizer_config.json"]);
    Ok(PreparedModel {
        alias,
        section,
        folder,
        revision,
        checkpoint,
        encoder,
        chat,
        loss,
        weights_digest,
        tokenizer_digest,
    })
}

/// The folder of a checkpoint, from the disk or the hub, and the commit where the hub told one.
///
/// # Errors
/// When there is no such folder, or the hub has no such checkpoint.
pub fn locate(alias: &str, source: &str) -> Result<(PathBuf, Option<String>), EvalError> {
    let folder = Path::new(source);
    if folder.is_dir() {
        return Ok((folder.to_owned(), None));
    }
    if folder.exists() || source.matches('/').count() != 1 || source.starts_with(['.', '/', '~']) {
        let reason = "is not a folder; a checkpoint is a folder with config.json, model.safetensors and tokenizer.json";
        return Err(EvalError::Load(harness_models::LoadError {
            dir: folder.to_owned(),
            problems: vec![harness_models::Problem::Unsupported(format!(
                "{source} (model `{alias}`) {reason}"
            ))],
        }));
    }
    let found = hub::checkpoint(source)?;
    Ok((found.folder, found.revision))
}

fn loss(alias: &str, path: &Path) -> Result<LossCurve, EvalError> {
    read_loss(path).map_err(|reason| {
        EvalError::Usage(format!("models.{alias}.loss, {}: {reason}", path.display()))
    })
}

fn chat_template(alias: &str, folder: &Path) -> Result<ChatTemplate, EvalError> {
    ChatTemplate::load(folder)?.ok_or_else(|| {
        EvalError::Usage(format!(
            "--apply-chat-template: model `{alias}` has no chat template ({} has neither chat_template.jinja nor a \
             `chat_template` in tokenizer_config.json)",
            folder.display()
        ))
    })
}
