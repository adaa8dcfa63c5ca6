//! Stages one after the other: where each starts, and where its state and checkpoint lie.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use tokenizers::Tokenizer;

use super::model::Model;
use super::run::{Plan, Told, TrainError, Training};
use super::state::{self, StateError};
use crate::checkpoint::{self, CheckpointError, Shape, WeightType, Weights, random_weights};
use crate::corpus::Stage;
use crate::tokenizer::{self, TokenizerError};

/// Why a stage could not be trained.
#[derive(Debug, thiserror::Error)]
pub enum StageError {
    /// The stage's checkpoint is there.
    #[error("{} exists; remove it or name another output folder", .0.display())]
    Exists(PathBuf),
    /// The tokenizer that all stages of a folder share cannot be used.
    #[error("{}: {source}; remove the folder to train every stage again", path.display())]
    Tokenizer {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        source: TokenizerError,
    },
    /// There is no base to start from.
    #[error("{} is missing: train stage base into this output folder first", .0.display())]
    NoBase(PathBuf),
    /// The training stopped.
    #[error("stage {stage}: {source}")]
    Training {
        /// The stage.
        stage: &'static str,
        /// What happened.
        source: TrainError,
    },
    /// The checkpoint could not be written.
    #[error(transparent)]
    Checkpoint(#[from] CheckpointError),
}

/// The tokenizer of a folder of stages: the one that its first training kept there, else a new
/// one, which is kept. A stage that is trained later, perhaps after the texts have changed, must
/// read the same tokens as base.
///
/// # Errors
/// The kept file is damaged, or cannot be written.
pub fn shared_tokenizer(folder: &Path, seed: u64) -> Result<Tokenizer, StageError> {
    let path = folder.join(".train/tokenizer.json");
    if path.exists() {
        return Tokenizer::from_file(&path)
            .map_err(|source| StageError::Tokenizer { path: path.clone(), source: source.into() });
    }
    let kept = |source| StageError::Tokenizer { path: path.clone(), source };
    let trained = tokenizer::train(seed, tokenizer::ENTRIES, tokenizer::CHARACTERS);
    let trained = trained.map_err(kept)?;
    std::fs::create_dir_all(folder.join(".train")).map_err(|source| kept(source.into()))?;
    trained.save(&path, false).map_err(|source| kept(source.into()))?;
    Ok(trained)
}

/// A folder of stages that share a tokenizer and a shape. Checkpoints lie in `<stage>/`, states of
/// trainings in `.train/<stage>/`.
pub struct Lineage {
    folder: PathBuf,
    shape: Shape,
    tokenizer: Arc<Tokenizer>,
}

impl Lineage {
    /// Names a folder, which need not exist.
    pub fn new(folder: &Path, shape: Shape, tokenizer: Arc<Tokenizer>) -> Self {
        Self { folder: folder.into(), shape, tokenizer }
    }

    /// The tokenizer of all stages.
    pub fn tokenizer(&self) -> &Tokenizer {
        &self.tokenizer
    }

    /// The shape of all stages.
    pub fn shape(&self) -> &Shape {
        &self.shape
    }

    /// Where a stage's checkpoint lies.
    pub fn checkpoint(&self, stage: Stage) -> PathBuf {
        self.folder.join(stage.name())
    }

    fn states(&self, stage: Stage) -> PathBuf {
        self.folder.join(".train").join(stage.name())
    }

    /// The loss curve of a stage.
    pub fn losses(&self, stage: Stage) -> PathBuf {
        self.states(stage).join("loss.csv")
    }

    /// Refuses a stage whose checkpoint is there.
    ///
    /// # Errors
    /// It is there.
    pub fn refuse_existing(&self, stage: Stage) -> Result<(), StageError> {
        let folder = self.checkpoint(stage);
        if folder.exists() { Err(StageError::Exists(folder)) } else { Ok(()) }
    }

    /// The weights of a stage that was trained, before rounding.
    ///
    /// # Errors
    /// Its state is damaged.
    pub fn trained(&self, stage: Stage) -> Result<Option<Weights>, StateError> {
        state::weights(&self.states(stage).join("state.safetensors"))
    }

    /// Trains a stage of a plan, or continues it, and returns the model. Base starts from random
    /// weights, every other stage from base.
    ///
    /// # Errors
    /// Base is missing, a state cannot be used, or the loss diverges.
    pub fn train(
        &self,
        plan: &Plan,
        tell: impl FnMut(&Told, &Model),
    ) -> Result<Training, StageError> {
        let stage = plan.stage.name();
        let failed = |source| StageError::Training { stage, source };
        let start = match plan.stage {
            Stage::Base => random_weights(&self.shape, plan.seed),
            _ => self.base().map_err(|source| failed(source.into()))?.ok_or_else(|| {
                StageError::NoBase(self.states(Stage::Base).join("state.safetensors"))
            })?,
        };
        let tokenizer = Arc::clone(&self.tokenizer);
        let folder = self.states(plan.stage);
        let mut training = Training::open(plan.clone(), &self.shape, &start, tokenizer, &folder)
            .map_err(failed)?;
        training.run(tell).map_err(failed)?;
        Ok(training)
    }

    fn base(&self) -> Result<Option<Weights>, StateError> {
        self.trained(Stage::Base)
    }

    /// Writes a stage's checkpoint in bf16.
    ///
    /// # Errors
    /// The folder exists, or the file system refuses.
    pub fn write(&self, stage: Stage, weights: &Weights) -> Result<(), StageError> {
        let folder = self.checkpoint(stage);
        Ok(checkpoint::write(&folder, &self.shape, weights, WeightType::Bf16, &self.tokenizer)?)
    }
}
