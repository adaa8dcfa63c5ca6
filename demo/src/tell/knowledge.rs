//! What everybody in the world knows: where a job is done, what an animal is known for.

use super::template::fill;
use crate::world::animals::ANIMALS;
use crate::world::jobs::JOBS;
use crate::world::{Gender, Language, Random, grammar};

/// A kind of common knowledge: a clue, and sixteen answers of which one fits.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Topic {
    /// The place where a job is done.
    Workplace,
    /// Who does an activity.
    Worker,
    /// The animal that is known for something.
    Animal,
    /// Who works at a place.
    PlaceWorker,
}

impl Topic {
    /// All topics.
    pub const ALL: [Self; 4] = [Self::Workplace, Self::Worker, Self::Animal, Self::PlaceWorker];

    /// How many facts each topic has.
    pub const FACTS: usize = 16;

    /// The answer of a fact.
    pub fn answer(self, fact: usize, language: Language) -> &'static str {
        match self {
            Self::Workplace => JOBS[fact].place.in_language(language),
            Self::Worker | Self::PlaceWorker => JOBS[fact].title.in_language(language),
            Self::Animal => ANIMALS[fact].name.in_language(language),
        }
    }

    /// The clue, as the question and the statement spell it.
    fn clue(self, fact: usize, language: Language) -> String {
        match self {
            Self::Workplace => JOBS[fact].title.in_language(language).to_owned(),
            Self::Worker => {
                fill(JOBS[fact].activity.in_language(language), [Gender::Masculine; 2], &[])
            }
            Self::Animal => ANIMALS[fact].known_for.in_language(language).to_owned(),
            Self::PlaceWorker => match language {
                Language::Hebrew => JOBS[fact].place_after_prefix.to_owned(),
                _ => JOBS[fact].place.in_language(language).to_owned(),
            },
        }
    }

    /// How many ways a fact can be asked in Japanese.
    pub const QUESTIONS: usize = 4;

    /// Asks in Japanese, in form `0..QUESTIONS`.
    pub fn ask_japanese(self, fact: usize, form: usize) -> String {
        let clue = self.clue(fact, Language::Japanese);
        let forms: [&str; 4] = match self {
            Self::Workplace => [
                "{c}が働く場所はどこ？",
                "{c}の仕事場はどこですか。",
                "{c}に会える場所は？",
                "{c}は毎日どこへ行く？",
            ],
            Self::Worker => [
                "{c}人は誰？",
                "{c}のが仕事の人は誰ですか。",
                "毎日{c}人といえば？",
                "仕事で{c}人は？",
            ],
            Self::Animal => [
                "{c}動物はどれ？",
                "{c}生き物は何ですか。",
                "{c}のはどの動物？",
                "よく{c}ものといえば？",
            ],
            Self::PlaceWorker => [
                "{c}で働く人は誰？",
                "{c}が仕事場の人は誰ですか。",
                "{c}にいつもいる人は？",
                "毎日{c}へ行く人といえば？",
            ],
        };
        fill(forms[form % Self::QUESTIONS], [Gender::Masculine; 2], &[("c", &clue)])
    }

    /// States the fact.
    pub fn state(self, fact: usize, language: Language) -> String {
        let (clue, answer) = (self.clue(fact, language), self.answer(fact, language));
        let article = super::template::capitalise(&grammar::with_article(answer));
        let template = match (self, language) {
            (Self::Workplace, Language::English) => "The {c} works in the {a}.",
            (Self::Workplace, Language::Hebrew) => "ה{c} עובד ב{p}.",
            (Self::Workplace, Language::Japanese) => "{c}は{a}で働きます。",
            (Self::Worker, Language::English) => "It is the job of the {a} to {c}.",
            (Self::Worker, Language::Hebrew) => "ה{a} {c}.",
            (Self::Worker, Language::Japanese) => "{c}のは{a}の仕事です。",
            (Self::Animal, Language::English) => "{n} {c}.",
            (Self::Animal, Language::Hebrew) => "ה{a} {c}.",
            (Self::Animal, Language::Japanese) => "{c}動物は{a}です。",
            (Self::PlaceWorker, Language::English) => "In the {c} works the {a}.",
            (Self::PlaceWorker, Language::Hebrew) => "ב{c} עובד ה{a}.",
            (Self::PlaceWorker, Language::Japanese) => "{c}では{a}が働いています。",
        };
        let place = JOBS[fact].place_after_prefix;
        fill(
            template,
            [Gender::Masculine; 2],
            &[("c", &clue), ("a", answer), ("n", &article), ("p", place)],
        )
    }
}

/// States a random fact.
pub fn state_somehow(language: Language, random: &mut Random) -> String {
    random.pick(&Topic::ALL).state(random.below(Topic::FACTS), language)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tell::template::is_complete;
    use std::collections::HashSet;

    #[test]
    fn statements_and_questions_are_complete_and_questions_unique() {
        let mut questions = HashSet::new();
        for topic in Topic::ALL {
            for fact in 0..Topic::FACTS {
                for language in Language::ALL {
                    let told = topic.state(fact, language);
                    assert!(is_complete(&told), "{told}");
                }
                for form in 0..Topic::QUESTIONS {
                    assert!(questions.insert(topic.ask_japanese(fact, form)));
                }
            }
        }
    }
}
