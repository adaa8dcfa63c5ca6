//! Texts that repeat themselves, from which a model learns to copy inside its context.

use super::facts;
use crate::world::foods::FOODS;
use crate::world::names::{MEN, TOWNS, WOMEN};
use crate::world::{Attribute, Gender, Language, Person, Random, Word};

/// A list that is read out and read out again.
pub fn list_twice(language: Language, random: &mut Random) -> String {
    let reader = Person::invent(random).name(language);
    let length = 3 + random.below(6);
    let items: Vec<&str> = (0..length).map(|_| any_word(random).in_language(language)).collect();
    let (separator, stop) =
        if language == Language::Japanese { ("、", "。") } else { (", ", ".") };
    let list = items.join(separator) + stop;
    match language {
        Language::English => format!("{reader} reads: {list} {reader} reads again: {list}"),
        Language::Hebrew => format!("הרשימה של {reader}: {list} ושוב הרשימה של {reader}: {list}"),
        Language::Japanese => format!("{reader}が読む：{list}{reader}がもう一度読む：{list}"),
    }
}

fn any_word(random: &mut Random) -> &'static Word {
    let tables: [&'static [Word]; 4] = [&WOMEN, &MEN, &TOWNS, &FOODS];
    let table: &'static [Word] = random.pick::<&'static [Word]>(&tables);
    random.pick(table)
}

/// Names with a value each, looked up again in another order. Every look-up can be told from
/// what stands before it, so these texts teach to find a name and copy what follows it.
pub fn register(language: Language, random: &mut Random) -> String {
    let (mut entries, stop) = register_entries(language, random);
    let mut told = entries.join(" ");
    for _ in 0..1 + random.below(2) {
        random.shuffle(&mut entries);
        told = format!("{told}{stop}{}", entries.join(" "));
    }
    told
}

/// Two to eight entries "name: value;" of one attribute or of mixed ones, and what stands
/// between a register and its look-ups.
pub fn register_entries(language: Language, random: &mut Random) -> (Vec<String>, &'static str) {
    let count = 2 + random.below(7);
    let names: Vec<&Word> = random
        .distinct(count, WOMEN.len() + MEN.len())
        .into_iter()
        .map(|at| WOMEN.get(at).unwrap_or(&MEN[at % MEN.len()]))
        .collect();
    let one = random.chance(0.6).then(|| *random.pick(&Attribute::ALL));
    let entries = names.into_iter().map(|name| {
        let attribute = one.unwrap_or_else(|| *random.pick(&Attribute::ALL));
        let value = random.below(Attribute::VALUES);
        let value = attribute.value(value, language, Gender::Masculine);
        format!("{}: {value};", name.in_language(language))
    });
    let entries = entries.collect();
    let stops = [["\n", " Again: "], ["\n", " שוב: "], ["\n", "もう一度："]];
    (entries, *random.pick(&stops[language as usize]))
}

/// Statements about several people, then the same statements in another order.
pub fn statements_twice(language: Language, random: &mut Random) -> String {
    let mut people = vec![Person::invent(random)];
    people.push(people[0].invent_beside(people[0].gender, random));
    let mut told: Vec<String> = Vec::new();
    for person in &people {
        for attribute in Attribute::ALL.into_iter().take(2 + random.below(3)) {
            told.push(facts::state_somehow(language, person, attribute, random));
        }
    }
    random.shuffle(&mut told);
    let mut again = told.clone();
    random.shuffle(&mut again);
    told.extend(again);
    join(language, &told)
}

/// Joins sentences into a paragraph: with spaces, or without any in Japanese.
pub fn join(language: Language, sentences: &[String]) -> String {
    sentences.join(if language == Language::Japanese { "" } else { " " })
}
