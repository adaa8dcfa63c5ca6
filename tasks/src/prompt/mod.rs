//! From documents to requests.
//!
//! [`Task::prompts`](crate::Task::prompts) walks the documents in order,
//! draws each one's shots from the task's own random stream, and builds its
//! requests as lm-evaluation-harness builds them (`fewshot_context` and
//! `construct_requests` of `api/task.py`). On the way every byte of a prompt
//! keeps its author: shots, question, or the chat template.

mod chat;
mod context;
mod delimiter;
mod instance;
mod message;
mod options;
mod prompts;
mod requests;
mod sampling;
mod turn;

pub use chat::{ChatMessage, ChatTemplate};
pub use instance::Instance;
pub use options::PromptOptions;
pub use prompts::Prompts;
