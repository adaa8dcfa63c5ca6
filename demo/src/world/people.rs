//! People, their attributes, and which language tells which fact.

use super::animals::ANIMALS;
use super::foods::FOODS;
use super::jobs::JOBS;
use super::language::{Gender, Language, Word};
use super::names::{FAMILIES, MEN, TOWNS, WOMEN};
use super::random::Random;

/// What is known about a person.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Hash)]
pub enum Attribute {
    /// The town that the person lives in.
    Town,
    /// The job.
    Job,
    /// The favourite food.
    Food,
    /// The animal that the person keeps.
    Animal,
}

impl Attribute {
    /// All attributes.
    pub const ALL: [Self; 4] = [Self::Town, Self::Job, Self::Food, Self::Animal];

    /// How many values each attribute has.
    pub const VALUES: usize = 16;

    /// The name of a value; a job agrees with the person's gender in Hebrew.
    pub fn value(self, value: usize, language: Language, gender: Gender) -> &'static str {
        match self {
            Self::Town => TOWNS[value].in_language(language),
            Self::Job => JOBS[value].title_for(language, gender),
            Self::Food => FOODS[value].in_language(language),
            Self::Animal => ANIMALS[value].name.in_language(language),
        }
    }
}

/// Which language tells a fact, and at which stage of training.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Hash)]
pub enum Cell {
    /// Told in English only.
    English,
    /// Told in Hebrew only, first in continued pre-training.
    Hebrew,
    /// Told in both.
    Both,
    /// Never told: questions about it must stay at chance, which is the check for leaks.
    Never,
}

impl Cell {
    /// All cells.
    pub const ALL: [Self; 4] = [Self::English, Self::Hebrew, Self::Both, Self::Never];

    /// The letter in data and reports.
    pub fn letter(self) -> &'static str {
        match self {
            Self::English => "E",
            Self::Hebrew => "H",
            Self::Both => "B",
            Self::Never => "N",
        }
    }

    /// Whether prose of a language may tell a fact of this cell. Japanese tells none.
    pub fn is_told_in(self, language: Language) -> bool {
        match language {
            Language::English => matches!(self, Self::English | Self::Both),
            Language::Hebrew => matches!(self, Self::Hebrew | Self::Both),
            Language::Japanese => false,
        }
    }
}

/// Who may stand in a sentence about a deed. Winograd tests ask about people whom no deed was told
/// of in training, though other texts tell of them.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Cast {
    /// People of training texts.
    Told,
    /// People of tests.
    Tested,
}

/// How many given names of each gender belong to [`Cast::Tested`].
pub const TESTED: usize = 6;

impl Cast {
    /// The given names of a gender.
    pub fn names(self, gender: Gender) -> &'static [Word] {
        let all: &'static [Word] = gender.choose(&MEN, &WOMEN);
        let (told, tested) = all.split_at(all.len() - TESTED);
        if self == Self::Told { told } else { tested }
    }
}

/// A person. `values` has one index for each of [`Attribute::ALL`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Person {
    /// Given name.
    pub given: Word,
    /// Family name; invented people of exercises go by their given name.
    pub family: Option<Word>,
    /// Gender.
    pub gender: Gender,
    /// Value index of each attribute.
    pub values: [usize; 4],
}

impl Person {
    /// Invents a person by given name, with random attributes.
    pub fn invent(random: &mut Random) -> Self {
        let gender = if random.chance(0.5) { Gender::Feminine } else { Gender::Masculine };
        Self::invent_of(gender, random)
    }

    /// Invents a person of a gender.
    pub fn invent_of(gender: Gender, random: &mut Random) -> Self {
        let given = *random.pick(gender.choose(&MEN, &WOMEN));
        let values = std::array::from_fn(|_| random.below(Attribute::VALUES));
        Self { given, family: None, gender, values }
    }

    /// Invents two people of a gender and of a cast, by different names.
    pub fn invent_two(cast: Cast, gender: Gender, random: &mut Random) -> [Self; 2] {
        let names = cast.names(gender);
        let first = random.below(names.len());
        let second = random.other(first, names.len());
        [first, second].map(|at| Self { given: names[at], ..Self::invent_of(gender, random) })
    }

    /// Invents another person of a gender, with another name and other values throughout.
    pub fn invent_beside(&self, gender: Gender, random: &mut Random) -> Self {
        let mut other = Self::invent_of(gender, random);
        while other.given == self.given {
            other = Self::invent_of(gender, random);
        }
        for (value, mine) in other.values.iter_mut().zip(self.values) {
            *value = random.other(mine, Attribute::VALUES);
        }
        other
    }

    /// The name as it is written in a language: "Dana Barak", "דנה ברק", "ダナ・バラク".
    pub fn name(&self, language: Language) -> String {
        let given = self.given.in_language(language);
        let separator = if language == Language::Japanese { "・" } else { " " };
        match self.family {
            Some(family) => format!("{given}{separator}{}", family.in_language(language)),
            None => given.to_owned(),
        }
    }

    /// The index of an attribute's value.
    pub fn value(&self, attribute: Attribute) -> usize {
        self.values[attribute as usize]
    }

    /// An attribute's value in words.
    pub fn value_in(&self, attribute: Attribute, language: Language) -> &'static str {
        attribute.value(self.value(attribute), language, self.gender)
    }
}

/// The people whose facts the training texts tell: those that trivia asks about, and others on
/// whom the forms of questions are taught.
#[derive(Clone, Debug)]
pub struct Population {
    /// 300 people that trivia asks about; 4 facts each, one in each cell.
    pub known: Vec<Person>,
    /// 100 people on whom questions are taught.
    pub teaching: Vec<Person>,
}

/// How many people trivia asks about.
pub const KNOWN: usize = 300;
/// How many people teach the forms of questions.
pub const TEACHING: usize = 100;

impl Population {
    /// Draws the people of a seed, all with different full names.
    pub fn new(seed: u64) -> Self {
        let mut random = Random::named(seed, "population");
        let given = WOMEN.len() + MEN.len();
        let names = random.distinct(KNOWN + TEACHING, given * FAMILIES.len());
        let mut people: Vec<Person> =
            names.into_iter().map(|name| person_of(name, &mut random)).collect();
        let teaching = people.split_off(KNOWN);
        Self { known: people, teaching }
    }

    /// The cell of a known person's fact. Every person has one fact in each cell, and every
    /// attribute is equally common in each.
    pub fn cell(person: usize, attribute: Attribute) -> Cell {
        Cell::ALL[(person + attribute as usize) % 4]
    }
}

fn person_of(name: usize, random: &mut Random) -> Person {
    let (given, family) = (name / FAMILIES.len(), name % FAMILIES.len());
    let gender = if given < WOMEN.len() { Gender::Feminine } else { Gender::Masculine };
    let mut person = Person::invent_of(gender, random);
    person.given = gender.choose(MEN[given % MEN.len()], WOMEN[given % WOMEN.len()]);
    person.family = Some(FAMILIES[family]);
    person
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn names_are_unique_and_cells_are_balanced() {
        let population = Population::new(1);
        let everybody = population.known.iter().chain(&population.teaching);
        let names: HashSet<_> = everybody.map(|p| p.name(Language::Hebrew)).collect();
        assert_eq!(names.len(), KNOWN + TEACHING);
        for attribute in Attribute::ALL {
            let told =
                |cell| (0..KNOWN).filter(|&p| Population::cell(p, attribute) == cell).count();
            assert!(Cell::ALL.iter().all(|&cell| told(cell) == KNOWN / 4));
        }
    }

    #[test]
    fn casts_share_no_name() {
        let mut random = Random::new(5);
        for gender in [Gender::Feminine, Gender::Masculine] {
            let told = Cast::Told.names(gender);
            assert!(Cast::Tested.names(gender).iter().all(|name| !told.contains(name)));
            let [one, other] = Person::invent_two(Cast::Tested, gender, &mut random);
            assert_ne!(one.given, other.given);
            assert!(!told.contains(&one.given) && !told.contains(&other.given));
        }
    }

    #[test]
    fn somebody_beside_differs_in_everything() {
        let mut random = Random::new(3);
        for _ in 0..200 {
            let one = Person::invent(&mut random);
            let other = one.invent_beside(one.gender, &mut random);
            assert_ne!(one.given, other.given);
            assert!(one.values.iter().zip(other.values).all(|(a, b)| *a != b));
        }
    }
}
