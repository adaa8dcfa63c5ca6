//! Jinja, rendered as Python would have rendered it.
//!
//! minijinja does the work; this module sets it up the way
//! lm-evaluation-harness sets up Jinja (`lm_eval/utils.py`: strict undefined,
//! trailing newline kept, `regex_replace`) and closes the gaps between Rust
//! and Python that change prompts: how numbers print, what counts as white
//! space, which string methods exist. The columns of a document are values
//! of the context; their text is never parsed as a template. Task files may
//! come from anywhere: fuel bounds what a template does, a limit on nesting
//! what it prints, and [`guard`] the rest.

mod display;
mod environment;
mod error;
mod filters;
pub mod guard;
mod list_methods;
mod string_methods;
mod value;

pub use environment::Templates;
pub use error::TemplateError;
