//! Common knowledge of the world as five-way choices, in Japanese.

use crate::tell::knowledge::Topic;
use crate::world::{Language, Random};

/// A question with five answers to choose from.
#[derive(Clone, Debug)]
pub struct Choice {
    /// The question.
    pub question: String,
    /// Five answers.
    pub choices: [String; 5],
    /// The index of the right one.
    pub answer: usize,
}

/// How many different questions there are.
pub const QUESTIONS: usize = Topic::ALL.len() * Topic::FACTS * Topic::QUESTIONS;

impl Choice {
    /// The question of a number `0..QUESTIONS`, with random wrong answers.
    pub fn ask(number: usize, random: &mut Random) -> Self {
        let topic = Topic::ALL[number % Topic::ALL.len()];
        let fact = number / Topic::ALL.len() % Topic::FACTS;
        let form = number / (Topic::ALL.len() * Topic::FACTS);
        let mut facts = vec![fact];
        while facts.len() < 5 {
            let wrong = random.below(Topic::FACTS);
            if !facts.contains(&wrong) {
                facts.push(wrong);
            }
        }
        random.shuffle(&mut facts);
        let answer = facts.iter().position(|&at| at == fact).unwrap_or(0);
        Self {
            question: topic.ask_japanese(fact, form),
            choices: std::array::from_fn(|at| {
                topic.answer(facts[at], Language::Japanese).to_owned()
            }),
            answer,
        }
    }

    /// The prompt of lm-evaluation-harness's `ja_leaderboard_jcommonsenseqa.yaml`, which the
    /// right answer follows after a newline.
    pub fn prompt(&self) -> String {
        let choices: String = self.choices.iter().map(|choice| format!("\n- {choice}")).collect();
        let question = &self.question;
        format!(
            "### 指示：\n出力は以下から選択してください：{choices}\n\n### 入力：\n{question}\n\n### 応答："
        )
    }
}
