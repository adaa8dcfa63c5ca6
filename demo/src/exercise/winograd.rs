//! Winograd sentences (Levesque et al. 2012): whom does the pronoun mean?

use crate::tell::frames::Deed;
use crate::world::{Cast, Language, Person, Random};

/// A sentence between two people of one gender, and the two names to choose from.
#[derive(Clone, Debug)]
pub struct Schema {
    deed: Deed,
    actor: Person,
    other: Person,
    actor_first: bool,
}

impl Schema {
    /// Draws a schema about people of a cast.
    pub fn draw(cast: Cast, random: &mut Random) -> Self {
        let deed = Deed::draw(random);
        let [actor, other] = Person::invent_two(cast, deed.gender, random);
        Self { deed, actor, other, actor_first: random.chance(0.5) }
    }

    /// The schema with the other reason, whose answer is the other option.
    pub fn twin(&self) -> Self {
        Self { deed: self.deed.twin(), ..self.clone() }
    }

    /// The two names in the order in which they are offered.
    pub fn options(&self, language: Language) -> [String; 2] {
        let names = [self.actor.name(language), self.other.name(language)];
        let [actor, other] = names;
        if self.actor_first { [actor, other] } else { [other, actor] }
    }

    /// The index of the right option, 0 or 1.
    pub fn answer(&self) -> usize {
        usize::from(self.deed.points_to_actor != self.actor_first)
    }

    /// The sentence with its pronoun, or in Japanese with `subject` in the place of it.
    pub fn sentence(&self, language: Language, subject: &str) -> String {
        let (actor, other) = (self.actor.name(language), self.other.name(language));
        self.deed.sentence(language, &actor, &other, subject)
    }

    /// The question after the one who is meant.
    pub fn question(&self, language: Language) -> String {
        self.deed.question(language)
    }

    /// What tells schemas apart: the deed and both people.
    pub fn key(&self) -> (usize, &'static str, &'static str) {
        (self.deed.frame, self.actor.given.en, self.other.given.en)
    }

    /// The question block of a prompt, which the chosen name follows after a space.
    pub fn prompt(&self, language: Language) -> String {
        let [one, two] = self.options(language);
        let (sentence, question) = (self.sentence(language, ""), self.question(language));
        match language {
            Language::English => format!(
                "Sentence: {sentence}\nQuestion: {question}\nOptions: {one} / {two}\nAnswer:"
            ),
            Language::Hebrew => {
                format!("משפט: {sentence}\nשאלה: {question}\nאפשרויות: {one} / {two}\nתשובה:")
            }
            Language::Japanese => {
                format!("文：{sentence}\n質問：{question}\n選択肢：{one} / {two}\n答え：")
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn twins_share_options_and_differ_in_the_answer() {
        let mut random = Random::new(2);
        for _ in 0..100 {
            let schema = Schema::draw(Cast::Tested, &mut random);
            let twin = schema.twin();
            assert_eq!(schema.options(Language::Hebrew), twin.options(Language::Hebrew));
            assert_ne!(schema.answer(), twin.answer());
            assert_ne!(schema.question(Language::Hebrew), twin.question(Language::Hebrew));
        }
    }
}
