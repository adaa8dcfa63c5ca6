//! Does the first text entail the second, contradict it, or neither?

use crate::tell::{copying::join, facts, paragraphs};
use crate::world::{Attribute, Language, Person, Random};

/// How two texts relate; names as in SNLI (Bowman et al. 2015).
#[derive(Clone, Copy, PartialEq, Eq, Debug, Hash)]
pub enum Relation {
    /// The second follows from the first.
    Entailment,
    /// They cannot both be true.
    Contradiction,
    /// Neither.
    Neutral,
}

impl Relation {
    /// All relations.
    pub const ALL: [Self; 3] = [Self::Entailment, Self::Contradiction, Self::Neutral];

    /// The label in datasets.
    pub fn label(self) -> &'static str {
        match self {
            Self::Entailment => "entailment",
            Self::Contradiction => "contradiction",
            Self::Neutral => "neutral",
        }
    }

    /// The word that a prompt asks for.
    pub fn answer(self, language: Language) -> &'static str {
        let words = match self {
            Self::Entailment => ["entailment", "היסק", "含意"],
            Self::Contradiction => ["contradiction", "סתירה", "矛盾"],
            Self::Neutral => ["neutral", "ניטרלי", "中立"],
        };
        words[language as usize]
    }
}

/// Two texts about one invented person.
#[derive(Clone, Debug)]
pub struct TextPair {
    /// How they relate.
    pub relation: Relation,
    /// The first text in English, Hebrew and Japanese.
    pub premise: [String; 3],
    /// The second text.
    pub hypothesis: [String; 3],
}

impl TextPair {
    /// Draws a pair. The premise states two attributes; the hypothesis states one of them in
    /// other words, or with another value, or states a third attribute.
    pub fn draw(relation: Relation, random: &mut Random) -> Self {
        let person = Person::invent(random);
        let [first, second, third] = three_attributes(random);
        let opening = random.below(facts::PARAPHRASES);
        let order = random.state();
        let premise = Language::ALL.map(|language| {
            // Every language draws alike, so that rows are translations of each other.
            let mut same = Random::resume(order);
            let opening = facts::state(language, &person, first, opening);
            let rest = paragraphs::state_by_pronoun(language, &person, second, &mut same);
            join(language, &[opening, rest])
        });
        random.bits();
        let asked = if random.chance(0.5) { first } else { second };
        let (attribute, value) = match relation {
            Relation::Entailment => (asked, person.value(asked)),
            Relation::Contradiction => {
                (asked, random.other(person.value(asked), Attribute::VALUES))
            }
            Relation::Neutral => (third, person.value(third)),
        };
        let form = random.below(facts::PARAPHRASES);
        let hypothesis = Language::ALL.map(|language| {
            let name = person.name(language);
            facts::state_value(language, &name, person.gender, attribute, value, form)
        });
        Self { relation, premise, hypothesis }
    }

    /// The question block of a prompt, which the answer follows after a space.
    pub fn prompt(&self, language: Language) -> String {
        let (premise, hypothesis) =
            (&self.premise[language as usize], &self.hypothesis[language as usize]);
        match language {
            Language::English => {
                format!("Premise: {premise}\nHypothesis: {hypothesis}\nAnswer:")
            }
            Language::Hebrew => format!("הנחה: {premise}\nהשערה: {hypothesis}\nתשובה:"),
            Language::Japanese => format!("前提：{premise}\n仮説：{hypothesis}\n答え："),
        }
    }
}

fn three_attributes(random: &mut Random) -> [Attribute; 3] {
    let mut attributes = Attribute::ALL;
    random.shuffle(&mut attributes);
    [attributes[0], attributes[1], attributes[2]]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_entailed_value_stands_in_the_premise() {
        let mut random = Random::new(9);
        for _ in 0..200 {
            let pair = TextPair::draw(Relation::Entailment, &mut random);
            let [premise, hypothesis] = [&pair.premise[0], &pair.hypothesis[0]];
            let words = |text: &str| -> Vec<String> {
                text.split(|c: char| !c.is_alphabetic()).map(str::to_owned).collect()
            };
            let shared = words(premise);
            let missing = words(hypothesis).into_iter().filter(|word| !shared.contains(word));
            // Paraphrases bring words of their own, but a value is never new.
            assert!(missing.clone().count() < 6, "{premise} / {hypothesis}");
        }
    }
}
