//! Chat templates: how a conversation is written for a model that was tuned on conversations.
//!
//! A checkpoint brings a Jinja template, in chat_template.jinja or in tokenizer_config.json. [`ChatTemplate::load`]
//! reads and compiles it, and rendering follows transformers' `apply_chat_template`
//! (`utils/chat_template_utils.py`): `trim_blocks` and `lstrip_blocks`, loop controls, `raise_exception`,
//! `strftime_now`, a `tojson` that escapes nothing, `{% generation %}` blocks, the special tokens as variables, and
//! `continue_final_message`. As in lm-evaluation-harness (`models/huggingface.py`), a template that rejects the
//! conversation is tried again without its system message.
//!
//! The template is somebody else's program. It sees plain data only, no file and no other template, and it is held to
//! limits of work, output, depth and time that grow with the conversation's length; an error names the template by
//! its digest, which is what results files call `chat_template_sha`.

mod continuation;
mod environment;
mod error;
mod limits;
mod methods;
mod plain;
#[cfg(test)]
mod reference_tests;
mod source;
mod template;

pub use error::ChatError;
pub use template::ChatTemplate;
