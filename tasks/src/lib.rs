//! What is asked of a model, and what counts as right.
//!
//! A task is one YAML file in lm-evaluation-harness's own task schema. This
//! crate reads it, reads the documents that it names, and turns every
//! document into requests: pieces of text that a model continues or whose
//! probability it tells. When the responses come back, the same task scores
//! them. Text goes in and text comes out: no tensor, no tokenizer and no
//! model is known here.
//!
//! The modules follow a document on its way:
//!
//! 1. [`registry`] finds tasks by name: those of the `library` folder,
//!    compiled in, and those that a user brings along.
//! 2. [`config`] is a task file, read and checked: every mistake is named
//!    with file, line, key and what to do.
//! 3. [`data`] finds the files of a dataset and reads them into [`Doc`]s.
//! 4. [`functions`] is what YAML cannot say: the functions that task files
//!    name with `!function`.
//! 5. [`template`] renders Jinja as Python would have rendered it; a
//!    document's text is data, never a template.
//! 6. [`prompt`] builds [`Request`]s: few-shots drawn from CPython's random
//!    stream ([`random`]), delimiters, chat templates, and the record of who
//!    wrote which bytes of a [`Context`].
//! 7. [`scoring`] filters a [`Response`] and measures it; [`score`] is what
//!    comes out. Japanese BLEU counts the words that [`mecab`] finds.
//!
//! ```
//! use harness_tasks::data::Folder;
//! use harness_tasks::{PromptOptions, Registry, Role};
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let task = Registry::builtin().task("heb_lb_winograd")?;
//! let data = task.load(&Folder::new("tests/fixtures/data"))?;
//! let options = PromptOptions::default();
//! for instance in task.prompts(&data, &options)? {
//!     let roles: Vec<Role> = instance?.requests.iter().map(|request| request.role).collect();
//!     assert!(roles == [Role::Gold, Role::Other] || roles == [Role::Other, Role::Gold]);
//! }
//! # Ok(())
//! # }
//! ```
//!
//! Prompts, few-shot draws and hashes equal lm-evaluation-harness's to the
//! byte. That is the point of the crate: a score that cannot be compared is
//! worth little.

pub mod config;
pub mod data;
pub mod doc;
pub mod functions;
pub mod mecab;
pub mod prompt;
pub mod python;
pub mod random;
pub mod registry;
pub mod request;
pub mod response;
pub mod score;
pub mod scoring;
pub mod suggest;
pub mod task;
pub mod template;

pub use config::{Card, OutputType, TaskConfig, TaskLanguage};
pub use doc::Doc;
pub use prompt::{ChatMessage, ChatTemplate, Instance, PromptOptions, Prompts};
pub use registry::{Group, Registry, RegistryError, Selection};
pub use request::{Context, GenerationOptions, Request, RequestKind, Role};
pub use response::Response;
pub use score::{MetricValue, Score};
pub use scoring::Aggregate;
pub use task::{Task, TaskData, TaskError};
