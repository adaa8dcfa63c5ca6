//! The training of one stage: read, step, log, save, until its tokens are read.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Instant;

use tokenizers::Tokenizer;

use super::batch::Reader;
use super::model::{Model, Pass};
use super::optimizer::AdamW;
use super::state::{self, Header, State, StateError};
use crate::checkpoint::{Shape, Weights};
use crate::corpus::{Mix, Stage, Writer};
use crate::tokenizer::TokenizerError;

/// How a stage is trained.
#[derive(Clone, Debug, PartialEq)]
pub struct Plan {
    /// The stage, which decides on the mix of texts.
    pub stage: Stage,
    /// Seed of the texts.
    pub seed: u64,
    /// Tokens to read.
    pub tokens: usize,
    /// Tokens a step, about: documents are never cut to fit.
    pub batch: usize,
    /// Highest learning rate.
    pub rate: f64,
    /// Coefficient of the balancing loss.
    pub balance: f64,
}

/// Steps over which the learning rate rises.
const WARM_UP: usize = 100;
/// The learning rate ends at this share of its highest.
const LAST_RATE: f64 = 0.1;
/// Steps between saved states.
const SAVE_EVERY: usize = 250;
/// Steps between lines of the log.
const LOG_EVERY: usize = 10;

impl Plan {
    /// The plan that makes the demo's stage.
    pub fn of(stage: Stage, seed: u64) -> Self {
        let (tokens, rate) = match stage {
            Stage::Base => (8_000_000, 2e-3),
            Stage::Cpt | Stage::BasePlus => (5_000_000, 2e-3),
            Stage::Sft => (500_000, 2e-4),
        };
        Self { stage, seed, tokens, batch: 1024, rate, balance: 1e-3 }
    }

    /// The learning rate after some tokens: a linear rise, then half a cosine.
    fn rate_at(&self, step: usize, tokens: usize) -> f64 {
        let rise = ((step + 1) as f64 / WARM_UP as f64).min(1.0);
        let done = (tokens as f64 / self.tokens as f64).min(1.0);
        let fall = 0.5 * (1.0 + (std::f64::consts::PI * done).cos());
        self.rate * rise * (LAST_RATE + (1.0 - LAST_RATE) * fall)
    }

    fn in_words(&self, shape: &Shape) -> String {
        format!("{self:?} {shape:?}")
    }
}

/// Why a training stopped.
#[derive(Debug, thiserror::Error)]
pub enum TrainError {
    /// The state cannot be used.
    #[error(transparent)]
    State(#[from] StateError),
    /// A text could not be tokenized.
    #[error(transparent)]
    Tokenizer(#[from] TokenizerError),
    /// A tensor operation failed.
    #[error("tensor: {0}")]
    Tensor(#[from] candle_core::Error),
    /// The loss is not a number any more.
    #[error("the loss of step {0} is not a number; lower the learning rate")]
    Diverged(usize),
    /// A file could not be written.
    #[error("{}: {source}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// What the system says.
        source: std::io::Error,
    },
}

/// What is told of a step.
#[derive(Clone, Debug)]
pub struct Told {
    /// Steps taken.
    pub step: usize,
    /// Tokens read of the plan's.
    pub tokens: usize,
    /// Mean cross entropy since the last time, nats a token.
    pub loss: f64,
    /// Balancing loss of the last step.
    pub balance: f32,
    /// Norm of the last gradient.
    pub norm: f64,
    /// Tokens a second since the start of this process.
    pub speed: f64,
}

/// A training under way.
pub struct Training {
    plan: Plan,
    words: String,
    model: Model,
    optimizer: AdamW,
    reader: Reader,
    tokens: usize,
    folder: PathBuf,
    log: String,
}

const COLUMNS: &str = "step,tokens,loss,balance,gradient_norm\n";

impl Training {
    /// Starts from weights, or continues from the state in `folder`, which is made if need be.
    ///
    /// # Errors
    /// The state is damaged or of another plan, or the weights do not fit the shape.
    pub fn open(
        plan: Plan,
        shape: &Shape,
        start: &Weights,
        tokenizer: Arc<Tokenizer>,
        folder: &Path,
    ) -> Result<Self, TrainError> {
        let io = |source| TrainError::Io { path: folder.into(), source };
        std::fs::create_dir_all(folder).map_err(io)?;
        let words = plan.in_words(shape);
        let found = state::load(&folder.join("state.safetensors"), &words)?;
        let writer = Writer::new(Mix::of(plan.stage), plan.seed, plan.stage.name());
        let mut reader = Reader::new(writer, tokenizer);
        let model = Model::new(shape, found.as_ref().map_or(start, |state| &state.weights))?;
        let (optimizer, tokens) = match found {
            Some(state) => {
                reader.resume(&state.header.position);
                (state.optimizer, state.header.tokens)
            }
            None => (AdamW::new(&model.parameters()), 0),
        };
        let log = kept_log(&folder.join("loss.csv"), optimizer.step);
        Ok(Self { plan, words, model, optimizer, reader, tokens, folder: folder.into(), log })
    }

    /// The model as it is.
    pub fn model(&self) -> &Model {
        &self.model
    }

    /// Steps taken.
    pub fn step(&self) -> usize {
        self.optimizer.step
    }

    /// Whether all tokens are read.
    pub fn is_done(&self) -> bool {
        self.tokens >= self.plan.tokens
    }

    /// Trains to the end. `tell` is called every ten steps with what happened and the model.
    ///
    /// # Errors
    /// The loss diverges, or a file cannot be written.
    pub fn run(&mut self, mut tell: impl FnMut(&Told, &Model)) -> Result<(), TrainError> {
        let (started, before) = (Instant::now(), self.tokens);
        let mut losses = Vec::new();
        while !self.is_done() {
            let (pass, norm) = self.advance()?;
            losses.push(f64::from(pass.cross_entropy));
            if self.step().is_multiple_of(LOG_EVERY) || self.is_done() {
                let told = Told {
                    step: self.step(),
                    tokens: self.tokens,
                    loss: losses.iter().sum::<f64>() / losses.len() as f64,
                    balance: pass.balance,
                    norm,
                    speed: (self.tokens - before) as f64 / started.elapsed().as_secs_f64(),
                };
                losses.clear();
                self.note(&told);
                tell(&told, &self.model);
            }
            if self.step().is_multiple_of(SAVE_EVERY) || self.is_done() {
                self.save()?;
            }
        }
        Ok(())
    }

    fn advance(&mut self) -> Result<(Pass, f64), TrainError> {
        let batch = self.reader.batch(self.plan.batch)?;
        let pass = self.model.forward(&batch, self.plan.balance)?;
        if !pass.cross_entropy.is_finite() {
            return Err(TrainError::Diverged(self.step()));
        }
        let gradients = pass.total.backward()?;
        let rate = self.plan.rate_at(self.step(), self.tokens);
        let norm = self.optimizer.step(&self.model.parameters(), &gradients, rate)?;
        self.tokens += batch.tokens.len();
        Ok((pass, norm))
    }

    fn note(&mut self, told: &Told) {
        let Told { step, tokens, loss, balance, norm, .. } = told;
        // Writing to a string cannot fail.
        let _ = writeln!(self.log, "{step},{tokens},{loss:.4},{balance:.4},{norm:.4}");
    }

    fn save(&self) -> Result<(), TrainError> {
        let header = Header {
            plan: self.words.clone(),
            step: self.step(),
            tokens: self.tokens,
            position: self.reader.position(),
        };
        let (weights, optimizer) = (self.model.weights()?, self.optimizer.clone());
        let path = self.folder.join("loss.csv");
        std::fs::write(&path, &self.log).map_err(|source| TrainError::Io { path, source })?;
        let state = State { header, weights, optimizer };
        Ok(state::save(&self.folder.join("state.safetensors"), &state)?)
    }
}

/// The lines of an earlier log up to a step.
fn kept_log(path: &Path, step: usize) -> String {
    let earlier = std::fs::read_to_string(path).unwrap_or_default();
    let is_kept = |line: &&str| {
        let at = line.split(',').next().and_then(|at| at.parse::<usize>().ok());
        at.is_some_and(|at| at <= step)
    };
    earlier.lines().filter(is_kept).fold(COLUMNS.to_owned(), |log, line| log + line + "\n")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::checkpoint::random_weights;
    use crate::tokenizer;

    fn plan(tokens: usize) -> Plan {
        Plan { tokens, batch: 200, ..Plan::of(Stage::Cpt, 1) }
    }

    fn open(folder: &Path, plan: Plan) -> Training {
        let tokenizer = Arc::new(tokenizer::train(1, 400, 20_000).unwrap());
        let shape = Shape { dense_layers: vec![], ..Shape::fixture(400) };
        Training::open(plan, &shape, &random_weights(&shape, 1), tokenizer, folder).unwrap()
    }

    #[test]
    fn an_interrupted_training_ends_as_an_undisturbed_one() {
        let folders = [tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap()];
        let mut undisturbed = open(folders[0].path(), plan(3000));
        undisturbed.run(|_, _| ()).unwrap();
        let mut interrupted = open(folders[1].path(), plan(3000));
        for _ in 0..5 {
            interrupted.advance().unwrap();
        }
        interrupted.save().unwrap();
        let mut resumed = open(folders[1].path(), plan(3000));
        assert_eq!(resumed.step(), 5);
        resumed.run(|_, _| ()).unwrap();
        assert_eq!(resumed.model.weights().unwrap(), undisturbed.model.weights().unwrap());
    }

    #[test]
    fn training_lowers_the_loss() {
        let folder = tempfile::tempdir().unwrap();
        let mut training = open(folder.path(), plan(20_000));
        let mut losses = Vec::new();
        training.run(|told, _| losses.push(told.loss)).unwrap();
        assert!(losses.last().unwrap() + 0.3 < losses[0], "{losses:?}");
    }

    #[test]
    fn the_rate_rises_and_falls() {
        let plan = plan(1000);
        assert!(plan.rate_at(0, 0) < plan.rate_at(WARM_UP, 10));
        assert!((plan.rate_at(WARM_UP, 1000) / plan.rate - LAST_RATE).abs() < 1e-9);
    }
}
