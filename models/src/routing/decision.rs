//! [`RouterDecision`]: what experts consume and observers see.

use super::GroupCounter;
use crate::{Batch, ScoreFunction};

/// Which MoE layer decided.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MoeLayer {
    /// Its index among the MoE layers: what routing tables are indexed by.
    pub index: usize,
    /// Its number among all layers of the checkpoint.
    pub layer: usize,
}

/// The decision of one MoE layer for every token of a packed batch, in the batch's order.
#[derive(Clone, Debug, PartialEq)]
pub struct RouterDecision {
    /// Tokens (T).
    pub tokens: usize,
    /// Routed experts (E).
    pub experts: usize,
    /// Experts chosen for each token (k).
    pub top_k: usize,
    /// Raw router outputs before anything else, row-major `[T, E]`.
    pub logits: Vec<f32>,
    /// Scores over all experts in f32, `[T, E]`; without correction bias.
    pub scores: Vec<f32>,
    /// What the choice was made by, `[T, E]`, where that is not `scores` (correction bias, group limits).
    pub choice: Option<Vec<f32>>,
    /// Chosen experts, `[T, k]`, best first; of equals the lower index first.
    pub ids: Vec<u32>,
    /// Weights that the experts' outputs are multiplied with, `[T, k]`, beside `ids`.
    pub weights: Vec<f32>,
    /// How `logits` became `scores`.
    pub score_function: ScoreFunction,
}

impl RouterDecision {
    /// Logits of one token.
    pub fn logits_of(&self, token: usize) -> &[f32] {
        &self.logits[token * self.experts..][..self.experts]
    }

    /// Scores of one token over all experts.
    pub fn scores_of(&self, token: usize) -> &[f32] {
        &self.scores[token * self.experts..][..self.experts]
    }

    /// What one token's experts were chosen by: higher wins.
    pub fn choice_of(&self, token: usize) -> &[f32] {
        let all = self.choice.as_deref().unwrap_or(&self.scores);
        &all[token * self.experts..][..self.experts]
    }

    /// Chosen experts of one token.
    pub fn ids_of(&self, token: usize) -> &[u32] {
        &self.ids[token * self.top_k..][..self.top_k]
    }

    /// Applied weights of one token, beside its ids.
    pub fn weights_of(&self, token: usize) -> &[f32] {
        &self.weights[token * self.top_k..][..self.top_k]
    }
}

/// Watches routers decide. The engine pushes; an observer never steers.
pub trait RoutingObserver {
    /// False spares the engine the work of showing decisions.
    fn wants_routing(&self) -> bool {
        true
    }

    /// Called before each pass, once its batch was found to be good.
    fn begin(&mut self, _: &Batch) {}

    /// The counter whose sums are all that is wanted: an accelerator that can adds its decisions to
    /// them itself, and shows none.
    fn counter(&mut self) -> Option<&mut GroupCounter> {
        None
    }

    /// Called once per MoE layer and pass, in layer order.
    fn observe(&mut self, layer: MoeLayer, decision: &RouterDecision);
}

/// Watches nothing.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoRouting;

impl RoutingObserver for NoRouting {
    fn wants_routing(&self) -> bool {
        false
    }

    fn observe(&mut self, _: MoeLayer, _: &RouterDecision) {}
}
