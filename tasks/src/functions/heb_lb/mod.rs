//! The Hebrew LLM leaderboard.
//!
//! Its own task code and prompts are not public; the cards of the tasks say
//! which of these choices are ours.

mod heq;
mod nli;
mod translation;
mod winograd;

pub(super) use heq::{heq, siblings};
pub(super) use nli::nli;
pub(super) use translation::{flores_directions, same_direction, ted_directions};
pub(super) use winograd::winograd_shots;
