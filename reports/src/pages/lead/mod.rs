//! The first sentences of a report, computed from its numbers.

mod routing;
mod scores;
#[cfg(test)]
mod tests;

use serde::Serialize;

use super::link_text;
use crate::summary::{CellState, Summary};

/// A question that a reader has, and what the run says.
#[derive(Serialize)]
pub(super) struct Answer {
    question: &'static str,
    sentences: Vec<String>,
}

/// What a reader should know first: scores, routing, how they hang together, holes. Questions
/// without an answer are left out.
pub(super) fn answers(summary: &Summary) -> Vec<Answer> {
    let answer = |question, sentences: Vec<String>| Answer { question, sentences };
    let mut answers = vec![
        answer(
            "Which checkpoint is better, at what, and could it be noise?",
            scores::sentences(summary),
        ),
        answer("What does the routing do?", routing::sentences(summary)),
        answer("Do routing and scores hang together?", link_text::lead(summary)),
        answer("What is missing?", holes(summary).into_iter().collect()),
    ];
    answers.retain(|answer| !answer.sentences.is_empty());
    if answers.is_empty() {
        answers.push(answer("What is there?", vec!["The record holds no result yet.".to_owned()]));
    }
    answers
}

fn holes(summary: &Summary) -> Option<String> {
    let manifest = &summary.manifest;
    let is_hole = |task: &&String| {
        let mut cells = manifest.models.keys().filter_map(|model| summary.cell(model, task));
        cells.any(|cell| cell.state != CellState::Scored)
    };
    let without: Vec<&str> = manifest.tasks.keys().filter(is_hole).map(String::as_str).collect();
    if without.is_empty() {
        return None;
    }
    let (count, tasks) = (without.len(), manifest.tasks.len());
    let has = if count == 1 { "has" } else { "have" };
    Some(format!(
        "{count} of {tasks} tasks {has} no score for some model ({}): see below.",
        without.join(", ")
    ))
}
