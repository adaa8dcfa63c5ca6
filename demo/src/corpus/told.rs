//! Facts about known people, told in the languages that their cell allows.

use crate::exercise::trivia::Trivia;
use crate::tell::copying::join;
use crate::tell::{facts, paragraphs};
use crate::world::{Attribute, Cell, Language, Population, Random};

/// Three to six statements about known and teaching people. `shared_only` keeps to the facts
/// that both languages tell, which is what base may read in Hebrew.
pub(super) fn facts(
    language: Language,
    population: &Population,
    shared_only: bool,
    random: &mut Random,
) -> String {
    let mut told = Vec::new();
    for _ in 0..2 + random.below(3) {
        told.extend(about_somebody(language, population, shared_only, random));
    }
    join(language, &told)
}

/// One or two statements about one person. Every sixth person teaches the form of questions.
fn about_somebody(
    language: Language,
    population: &Population,
    shared_only: bool,
    random: &mut Random,
) -> Vec<String> {
    let known = random.below(population.known.len());
    if random.chance(0.15) {
        let person = random.pick(&population.teaching);
        let attribute = *random.pick(&Attribute::ALL);
        return vec![facts::state_somehow(language, person, attribute, random)];
    }
    let person = &population.known[known];
    let may_tell = |attribute: &Attribute| {
        let cell = Population::cell(known, *attribute);
        cell.is_told_in(language) && (!shared_only || cell == Cell::Both)
    };
    let mut attributes: Vec<Attribute> = Attribute::ALL.into_iter().filter(may_tell).collect();
    random.shuffle(&mut attributes);
    let mut told = Vec::new();
    for (at, attribute) in attributes.into_iter().enumerate() {
        told.push(match at {
            0 => facts::state_somehow(language, person, attribute, random),
            _ => paragraphs::state_by_pronoun(language, person, attribute, random),
        });
    }
    told
}

/// A question about a teaching person, whom every language tells about.
pub(super) fn question(language: Language, population: &Population, random: &mut Random) -> Trivia {
    let person = random.pick(&population.teaching);
    Trivia::ask(language, person, *random.pick(&Attribute::ALL), random)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_never_told_is_never_told() {
        let population = Population::new(1);
        let mut random = Random::new(1);
        let mut text = String::new();
        for _ in 0..20_000 {
            text += &facts(Language::English, &population, false, &mut random);
            text.push('\n');
        }
        for (at, person) in population.known.iter().enumerate() {
            for attribute in Attribute::ALL {
                let told = (0..facts::PARAPHRASES).any(|form| {
                    text.contains(&facts::state(Language::English, person, attribute, form))
                });
                let may = Population::cell(at, attribute).is_told_in(Language::English);
                assert_eq!(told, may, "{person:?} {attribute:?}");
            }
        }
    }
}
