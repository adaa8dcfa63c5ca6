//! The main job: every task of every model, into a record.
//!
//! In the order in which things happen:
//!
//! 1. [`prepare_tasks`] selects tasks, reads their data and renders every prompt once, so that a bad file or column
//!    is found before a model is loaded;
//! 2. [`prepare_models`] finds each checkpoint and checks it without reading weights;
//! 3. [`manifest`] writes down what must be equal for two processes to add to one record;
//! 4. [`evaluate`] opens each model once and runs its tasks window by window: documents are encoded, run, scored and
//!    committed together with their routing. What is committed is never done again.
//!
//! Nothing here knows what a report looks like: pages are drawn from the record afterwards.

mod answers;
mod checkpoint;
mod digest;
mod error;
mod finish;
mod generation_override;
mod manifest;
mod memory;
mod options;
mod preparation;
mod runner;
mod task_run;
mod text_size;

pub use checkpoint::{CheckpointOptions, PreparedModel, locate, prepare_models};
pub use error::EvalError;
pub use generation_override::GenerationOverride;
pub use manifest::manifest;
pub use memory::{check as check_memory, default_batch_tokens};
pub use options::EvalOptions;
pub use preparation::{Preparation, PreparedTask, prepare_tasks, prompt_options};
pub use runner::{Evaluation, evaluate};
