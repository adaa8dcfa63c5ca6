//! Sums told as little stories in Japanese, with the steps to the answer.

use crate::world::things::THINGS;
use crate::world::{Language, Person, Random};

/// A story with a number for an answer.
#[derive(Clone, Debug)]
pub struct Story {
    /// The story and its question.
    pub question: String,
    /// The steps, ending in "答えはNです。".
    pub steps: String,
    /// The answer.
    pub answer: usize,
}

impl Story {
    /// Draws a story whose numbers stay below 40.
    pub fn draw(random: &mut Random) -> Self {
        let thing = random.pick(&THINGS);
        let (name, other) = two_names(random);
        let (item, counter) = (thing.one.ja, thing.counter);
        let first = 3 + random.below(7);
        let second = 1 + random.below(first - 1);
        let have = format!("{name}は{item}を{first}{counter}持っています。");
        let (question, sum, answer) = match random.below(4) {
            0 => (
                format!("{have}{second}{counter}買いました。全部で何{counter}ありますか？"),
                format!("{first}+{second}"),
                first + second,
            ),
            1 => (
                format!("{have}{other}に{second}{counter}あげました。残りは何{counter}ですか？"),
                format!("{first}-{second}"),
                first - second,
            ),
            2 => (
                format!("{have}{other}は{second}{counter}持っています。二人で何{counter}ですか？"),
                format!("{first}+{second}"),
                first + second,
            ),
            _ => {
                let boxes = 2 + random.below(3);
                let question = format!(
                    "{item}が{first}{counter}入った袋が{boxes}つあります。全部で何{counter}ですか？"
                );
                (question, format!("{first}*{boxes}"), first * boxes)
            }
        };
        let steps = format!("{sum}={answer}。答えは{answer}です。");
        Self { question, steps, answer }
    }

    /// The prompt of lm-evaluation-harness's `ja_leaderboard_mgsm.yaml`, which the steps follow
    /// after a newline.
    pub fn prompt(&self) -> String {
        let question = &self.question;
        format!(
            "### 指示：\n与えられた問題に対して、ステップごとに答えを導き出してください。\n\n### 入力：\n{question}\n\n### 応答："
        )
    }
}

fn two_names(random: &mut Random) -> (String, String) {
    let one = Person::invent(random);
    let other = one.invent_beside(one.gender, random);
    (one.name(Language::Japanese), other.name(Language::Japanese))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn steps_end_in_the_answer() {
        let mut random = Random::new(1);
        for _ in 0..200 {
            let story = Story::draw(&mut random);
            assert!(story.steps.ends_with(&format!("答えは{}です。", story.answer)));
            assert!((1..40).contains(&story.answer), "{}", story.question);
        }
    }
}
