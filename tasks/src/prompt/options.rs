//! What a run says about its prompts.

use std::fmt;

use super::ChatTemplate;

/// What a run says about its prompts; the same for all its tasks.
#[derive(Clone)]
pub struct PromptOptions<'a> {
    /// Only the first so many documents.
    pub limit: Option<usize>,
    /// Shots, in place of the task's own number unless that is fixed at 0.
    pub num_fewshot: Option<usize>,
    /// The seed of the few-shots.
    pub seed: u64,
    /// Stands before everything.
    pub system_instruction: Option<String>,
    /// The model's chat template; without one prompts are plain text.
    pub chat: Option<&'a dyn ChatTemplate>,
    /// With a chat template: whether shots are turns of their own, or part of
    /// the one question.
    pub fewshot_as_multiturn: bool,
}

impl Default for PromptOptions<'_> {
    /// Plain text, the task's own shots, and lm-evaluation-harness's seed.
    fn default() -> Self {
        Self {
            limit: None,
            num_fewshot: None,
            seed: 1234,
            system_instruction: None,
            chat: None,
            fewshot_as_multiturn: true,
        }
    }
}

impl fmt::Debug for PromptOptions<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PromptOptions")
            .field("limit", &self.limit)
            .field("num_fewshot", &self.num_fewshot)
            .field("seed", &self.seed)
            .field("system_instruction", &self.system_instruction)
            .field("chat", &self.chat.is_some())
            .field("fewshot_as_multiturn", &self.fewshot_as_multiturn)
            .finish()
    }
}
