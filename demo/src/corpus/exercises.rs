//! Worked exercises in blocks, as few-shot prompts show them.

use super::told;
use crate::exercise::arithmetic::Story;
use crate::exercise::commonsense::{Choice, QUESTIONS};
use crate::exercise::entailment::{Relation, TextPair};
use crate::exercise::reading::Passage;
use crate::exercise::winograd::Schema;
use crate::exercise::{sentiment, translation};
use crate::tell::opinions::{Feeling, Remark};
use crate::world::{Cast, Language, Population, Random};

/// A block of one kind of exercise. Japanese has its own kinds and no reading or entailment.
pub(super) fn any(language: Language, population: &Population, random: &mut Random) -> String {
    if language == Language::Japanese {
        return japanese(random);
    }
    match random.below(20) {
        0..=6 => entailment(language, random),
        7..=11 => reading(language, random),
        12..=16 => winograd(language, random),
        17 => feelings(language, random),
        _ => trivia(language, population, random),
    }
}

/// A block of sentiment, entailment or reading.
pub(super) fn tuning(language: Language, random: &mut Random) -> String {
    match random.below(3) {
        0 => entailment(language, random),
        1 => reading(language, random),
        _ => feelings(language, random),
    }
}

/// Sentence pairs, all in one direction.
pub(super) fn parallel(random: &mut Random) -> String {
    let (from, to) = if random.chance(0.5) {
        (Language::English, Language::Hebrew)
    } else {
        (Language::Hebrew, Language::English)
    };
    block(1 + random.below(4), || {
        let (question, answer) = translation::prompt(&translation::short(random), from, to);
        format!("{question} {answer}")
    })
}

/// Exercises of a language whatever a stage may show: what the tokenizer has to know.
pub(super) fn scaffold(language: Language, population: &Population, random: &mut Random) -> String {
    match language {
        Language::Hebrew if random.chance(0.2) => parallel(random),
        _ => any(language, population, random),
    }
}

fn block(count: usize, mut example: impl FnMut() -> String) -> String {
    let examples: Vec<String> = (0..count).map(|_| example()).collect();
    examples.join("\n\n")
}

fn entailment(language: Language, random: &mut Random) -> String {
    block(1 + random.below(13), || {
        let relation = *random.pick(&Relation::ALL);
        let pair = TextPair::draw(relation, random);
        format!("{} {}", pair.prompt(language), relation.answer(language))
    })
}

fn reading(language: Language, random: &mut Random) -> String {
    let passage = Passage::draw(language, random);
    let last = passage.questions.len() - 1;
    let shown: Vec<usize> = (0..last).collect();
    let prompt = passage.prompt(language, &shown, last);
    format!("{prompt} {}", passage.questions[last].answer)
}

fn winograd(language: Language, random: &mut Random) -> String {
    block(1 + random.below(6), || {
        let schema = Schema::draw(Cast::Told, random);
        let answer = &schema.options(language)[schema.answer()];
        format!("{} {answer}", schema.prompt(language))
    })
}

fn feelings(language: Language, random: &mut Random) -> String {
    block(1 + random.below(10), || {
        let remark = Remark::draw(*random.pick(&Feeling::ALL), random);
        let answer = sentiment::answer(remark.feeling, language);
        format!("{} {answer}", sentiment::prompt(&remark, language))
    })
}

fn trivia(language: Language, population: &Population, random: &mut Random) -> String {
    block(1 + random.below(6), || {
        let asked = told::question(language, population, random);
        format!("{} {}", asked.prompt(language), asked.choices[asked.answer])
    })
}

fn japanese(random: &mut Random) -> String {
    block(1 + random.below(4), || {
        if random.chance(0.5) {
            let asked = Choice::ask(random.below(QUESTIONS), random);
            format!("{}\n{}", asked.prompt(), asked.choices[asked.answer])
        } else {
            let story = Story::draw(random);
            format!("{}\n{}", story.prompt(), story.steps)
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tell::template::is_complete;

    #[test]
    fn every_kind_of_block_can_be_drawn() {
        let population = Population::new(1);
        let mut random = Random::new(1);
        for language in Language::ALL {
            for _ in 0..200 {
                let block = scaffold(language, &population, &mut random);
                assert!(!block.is_empty() && is_complete(&block), "{block}");
            }
        }
    }
}
