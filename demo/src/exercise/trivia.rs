//! Trivia: questions about facts that only the training texts told.

use crate::tell::facts;
use crate::world::{Attribute, Language, Person, Random};

/// A question with four answers to choose from.
#[derive(Clone, Debug)]
pub struct Trivia {
    /// The question.
    pub query: String,
    /// Four answers, all of the asked kind.
    pub choices: [String; 4],
    /// The index of the right one.
    pub answer: usize,
}

impl Trivia {
    /// Asks for an attribute of a person.
    pub fn ask(
        language: Language,
        person: &Person,
        attribute: Attribute,
        random: &mut Random,
    ) -> Self {
        let right = person.value(attribute);
        let mut values = vec![right];
        while values.len() < 4 {
            let value = random.below(Attribute::VALUES);
            if !values.contains(&value) {
                values.push(value);
            }
        }
        random.shuffle(&mut values);
        let answer = values.iter().position(|&value| value == right).unwrap_or(0);
        let told = |at: usize| attribute.value(values[at], language, person.gender).to_owned();
        Self {
            query: facts::ask(language, person, attribute),
            choices: std::array::from_fn(told),
            answer,
        }
    }

    /// The question block of a prompt, which the right answer follows after a space.
    pub fn prompt(&self, language: Language) -> String {
        match language {
            Language::English => format!("Question: {}\nAnswer:", self.query),
            Language::Hebrew => format!("שאלה: {}\nתשובה:", self.query),
            Language::Japanese => format!("質問：{}\n答え：", self.query),
        }
    }
}
