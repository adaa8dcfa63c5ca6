//! What a model has learnt: exercises it has not seen, asked in a language.

use candle_core::Result;
use tokenizers::Tokenizer;

use super::batch::{Batch, LONGEST};
use super::model::Model;
use super::operations::{NO_TARGET, Prediction};
use crate::exercise::entailment::{Relation, TextPair};
use crate::exercise::reading::Passage;
use crate::exercise::trivia::Trivia;
use crate::exercise::winograd::Schema;
use crate::exercise::{sentiment, translation};
use crate::tell::copying;
use crate::tell::opinions::{Feeling, Remark};
use crate::world::{Attribute, Cast, Cell, Language, Population, Random};

/// A skill that can be asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Skill {
    /// Relation of two texts; chance 1/3.
    Entailment,
    /// Answers copied from a paragraph, to the letter; chance near 0.
    Reading,
    /// Feeling of a remark; chance 1/3.
    Sentiment,
    /// Whom a pronoun means; chance 1/2.
    Winograd,
    /// A value looked up in a register, to the letter; chance below 1/8.
    Copying,
    /// Translation between English and Hebrew, to the letter; chance 0.
    Translation,
    /// Facts of a cell; chance 1/4.
    Trivia(Cell),
}

impl Skill {
    /// All skills.
    pub const ALL: [Self; 10] = [
        Self::Copying,
        Self::Entailment,
        Self::Reading,
        Self::Sentiment,
        Self::Winograd,
        Self::Translation,
        Self::Trivia(Cell::English),
        Self::Trivia(Cell::Hebrew),
        Self::Trivia(Cell::Both),
        Self::Trivia(Cell::Never),
    ];

    /// A short name.
    pub fn name(self) -> String {
        match self {
            Self::Trivia(cell) => format!("trivia {}", cell.letter()),
            skill => format!("{skill:?}").to_lowercase(),
        }
    }
}

/// A question: its prompt, what may follow, and which of it is right. A single option is to be
/// produced to the letter.
struct Asked {
    prompt: String,
    options: Vec<String>,
    right: usize,
}

/// Examples that precede a question.
const SHOTS: usize = 3;

fn shown(examples: usize, mut draw: impl FnMut() -> (String, String)) -> String {
    (0..examples).map(|_| draw()).map(|(prompt, answer)| format!("{prompt} {answer}\n\n")).collect()
}

fn ask(skill: Skill, language: Language, population: &Population, random: &mut Random) -> Asked {
    match skill {
        Skill::Copying => ask_copying(language, random),
        Skill::Entailment => ask_entailment(language, random),
        Skill::Reading => ask_reading(language, random),
        Skill::Sentiment => ask_sentiment(language, random),
        Skill::Winograd => ask_winograd(language, random),
        Skill::Translation => ask_translation(language, random),
        Skill::Trivia(cell) => ask_trivia(cell, language, population, random),
    }
}

fn ask_copying(language: Language, random: &mut Random) -> Asked {
    let (entries, stop) = copying::register_entries(language, random);
    let (name, value) = random.pick(&entries).split_once(": ").unwrap_or_default();
    let prompt = format!("{}{stop}{name}:", entries.join(" "));
    Asked { prompt, options: vec![value.to_owned()], right: 0 }
}

fn ask_entailment(language: Language, random: &mut Random) -> Asked {
    let mut draw = || TextPair::draw(*random.pick(&Relation::ALL), random);
    let shots = shown(SHOTS, || {
        let pair = draw();
        (pair.prompt(language), pair.relation.answer(language).to_owned())
    });
    let pair = draw();
    let right = Relation::ALL.iter().position(|&relation| relation == pair.relation);
    Asked {
        prompt: shots + &pair.prompt(language),
        options: Relation::ALL.map(|relation| relation.answer(language).to_owned()).to_vec(),
        right: right.unwrap_or(0),
    }
}

fn ask_reading(language: Language, random: &mut Random) -> Asked {
    let passage = Passage::draw(language, random);
    Asked {
        prompt: passage.prompt(language, &[0, 1, 2], 3),
        options: vec![passage.questions[3].answer.clone()],
        right: 0,
    }
}

fn ask_sentiment(language: Language, random: &mut Random) -> Asked {
    let mut draw = || Remark::draw(*random.pick(&Feeling::ALL), random);
    let shots = shown(SHOTS, || {
        let remark = draw();
        let answer = sentiment::answer(remark.feeling, language);
        (sentiment::prompt(&remark, language), answer.to_owned())
    });
    let remark = draw();
    let right = Feeling::ALL.iter().position(|&feeling| feeling == remark.feeling);
    Asked {
        prompt: shots + &sentiment::prompt(&remark, language),
        options: Feeling::ALL.map(|feeling| sentiment::answer(feeling, language).to_owned()).into(),
        right: right.unwrap_or(0),
    }
}

fn ask_winograd(language: Language, random: &mut Random) -> Asked {
    let shots = shown(SHOTS, || {
        let schema = Schema::draw(Cast::Told, random);
        let answer = schema.options(language)[schema.answer()].clone();
        (schema.prompt(language), answer)
    });
    let schema = Schema::draw(Cast::Tested, random);
    Asked {
        prompt: shots + &schema.prompt(language),
        options: schema.options(language).to_vec(),
        right: schema.answer(),
    }
}

fn ask_translation(language: Language, random: &mut Random) -> Asked {
    let to = if language == Language::English { Language::Hebrew } else { Language::English };
    let mut draw = || translation::prompt(&translation::short(random), language, to);
    let shots = shown(SHOTS, &mut draw);
    let (prompt, answer) = draw();
    Asked { prompt: shots + &prompt, options: vec![answer], right: 0 }
}

fn ask_trivia(
    cell: Cell,
    language: Language,
    population: &Population,
    random: &mut Random,
) -> Asked {
    let shots = shown(SHOTS, || {
        let person = random.pick(&population.teaching);
        let asked = Trivia::ask(language, person, *random.pick(&Attribute::ALL), random);
        (asked.prompt(language), asked.choices[asked.answer].clone())
    });
    let person = random.below(population.known.len());
    let of_cell = |attribute: &Attribute| Population::cell(person, *attribute) == cell;
    let attribute = Attribute::ALL.into_iter().find(of_cell).unwrap_or(Attribute::Town);
    let asked = Trivia::ask(language, &population.known[person], attribute, random);
    Asked {
        prompt: shots + &asked.prompt(language),
        options: asked.choices.to_vec(),
        right: asked.answer,
    }
}

/// The share of right answers to `count` questions.
///
/// # Errors
/// The model or the tokenizer fails, which valid text does not cause.
pub fn accuracy(
    model: &Model,
    tokenizer: &Tokenizer,
    (skill, language): (Skill, Language),
    (seed, count): (u64, usize),
) -> Result<f64> {
    let population = Population::new(seed);
    let purpose = format!("skill {} {}", skill.name(), language.tag());
    let mut random = Random::named(seed, &purpose);
    let mut right = 0;
    for _ in 0..count {
        let asked = ask(skill, language, &population, &mut random);
        right += usize::from(is_answered(model, tokenizer, &asked)?);
    }
    Ok(right as f64 / count as f64)
}

fn is_answered(model: &Model, tokenizer: &Tokenizer, asked: &Asked) -> Result<bool> {
    let documents: Vec<_> = asked
        .options
        .iter()
        .map(|option| continuation(tokenizer, &asked.prompt, option))
        .collect::<Result<_>>()?;
    let batch = Batch::new(&documents);
    let predictions = model.predict(&batch)?;
    let of = |document: &std::ops::Range<usize>| -> Vec<Prediction> {
        predictions[document.clone()].iter().flatten().copied().collect()
    };
    let told: Vec<Vec<Prediction>> = batch.documents.iter().map(of).collect();
    if let [only] = told.as_slice() {
        return Ok(only.iter().all(|token| token.is_greedy));
    }
    let sums = told.iter().map(|tokens| tokens.iter().map(|t| t.log_probability).sum::<f32>());
    let best = sums.enumerate().reduce(|best, next| if next.1 > best.1 { next } else { best });
    Ok(best.is_some_and(|(at, _)| at == asked.right))
}

/// A prompt and an option as a document whose option alone has targets.
fn continuation(tokenizer: &Tokenizer, prompt: &str, option: &str) -> Result<(Vec<u32>, Vec<u32>)> {
    let encode = |text: &str| {
        let encoded = tokenizer.encode_fast(text, false).map_err(candle_core::Error::wrap)?;
        Ok::<Vec<u32>, candle_core::Error>(encoded.get_ids().to_vec())
    };
    let before = encode(prompt)?.len();
    let mut tokens = encode(&format!("{prompt} {option}"))?;
    tokens.truncate(LONGEST);
    let mut targets = vec![NO_TARGET; tokens.len()];
    let last = tokens.len() - 1;
    let from = before.saturating_sub(1);
    targets[from..last].copy_from_slice(&tokens[from + 1..]);
    tokens.truncate(last);
    targets.truncate(last);
    Ok((tokens, targets))
}
