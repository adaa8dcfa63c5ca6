//! A task file, read and checked.

mod card;
mod fewshot;
mod field;
mod language;
mod scoring;
mod task;

pub use card::{Card, Category, Metadata};
pub use fewshot::{FewshotConfig, Sampler};
pub use field::{Choices, Field, FunctionName};
pub use language::TaskLanguage;
pub use scoring::{FilterConfig, FilterStep, MetricConfig, NameOrFunction};
pub use task::{OutputType, TaskConfig};
