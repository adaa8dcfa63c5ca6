//! Paragraphs in several registers: portraits, news, diaries, letters and stories.

use super::copying::{self, join};
use super::events::{self, Event};
use super::facts;
use super::frames::Deed;
use super::knowledge;
use super::opinions::{Feeling, Remark};
use crate::world::names::{DAYS, TOWNS};
use crate::world::{Attribute, Cast, Gender, Language, Person, Random};

/// Draws a paragraph of invented people and events, in any register.
pub fn draw(language: Language, random: &mut Random) -> String {
    let register: fn(Language, &mut Random) -> String = match random.below(12) {
        0 | 1 => portrait,
        2 => news,
        3 => diary,
        4 => letter,
        5 | 6 => stories,
        7 => review,
        8 => lore,
        9 => conversation,
        10 => copying::list_twice,
        _ => copying::statements_twice,
    };
    register(language, random)
}

/// A person's attributes, the first by name and most of the others by pronoun.
fn portrait(language: Language, random: &mut Random) -> String {
    let person = Person::invent(random);
    let mut attributes = Attribute::ALL;
    random.shuffle(&mut attributes);
    let mut told = vec![facts::state_somehow(language, &person, attributes[0], random)];
    for &attribute in &attributes[1..] {
        told.push(state_by_pronoun(language, &person, attribute, random));
    }
    told.push(Event::draw_of(person, random).tell(language));
    join(language, &told)
}

/// States an attribute with a pronoun for a subject. Japanese repeats the name.
pub fn state_by_pronoun(
    language: Language,
    person: &Person,
    attribute: Attribute,
    random: &mut Random,
) -> String {
    let pronoun = match language {
        Language::English => person.gender.choose("He", "She"),
        Language::Hebrew => person.gender.choose("הוא", "היא"),
        Language::Japanese => person.given.ja,
    };
    // Only the first paraphrase begins with its subject in every language.
    if random.chance(0.7) {
        let value = person.value(attribute);
        return facts::state_value(language, pronoun, person.gender, attribute, value, 0);
    }
    facts::state_somehow(language, person, attribute, random)
}

fn news(language: Language, random: &mut Random) -> String {
    let town = random.pick(&TOWNS).in_language(language);
    let opening = match language {
        Language::English => format!("News from {town}."),
        Language::Hebrew => format!("חדשות מ{town}."),
        Language::Japanese => format!("{town}からの知らせ。"),
    };
    let mut told = vec![opening];
    for _ in 0..2 + random.below(3) {
        told.push(Event::draw(random).tell(language));
    }
    told.push(price(language, random));
    join(language, &told)
}

fn price(language: Language, random: &mut Random) -> String {
    let [en, he, ja] = events::price(random);
    match language {
        Language::English => en,
        Language::Hebrew => he,
        Language::Japanese => ja,
    }
}

fn diary(language: Language, random: &mut Random) -> String {
    let writer = Person::invent(random);
    let day = random.pick(&DAYS).in_language(language);
    let opening = match language {
        Language::English => format!("The diary of {}, {day}.", writer.name(language)),
        Language::Hebrew => format!("היומן של {}, {day}.", writer.name(language)),
        Language::Japanese => format!("{}の日記、{day}。", writer.name(language)),
    };
    let mut told = vec![opening];
    for _ in 0..2 + random.below(2) {
        told.push(Event::draw_of(writer.clone(), random).tell(language));
        told.push(remark(language, random));
    }
    join(language, &told)
}

fn remark(language: Language, random: &mut Random) -> String {
    let feeling = *random.pick(&Feeling::ALL);
    Remark::draw(feeling, random).told[language as usize].clone()
}

fn letter(language: Language, random: &mut Random) -> String {
    let writer = Person::invent(random);
    let reader = writer.invent_beside(Person::invent(random).gender, random);
    let (from, to) = (writer.name(language), reader.name(language));
    let body = [
        Event::draw(random).tell(language),
        remark(language, random),
        Event::draw(random).tell(language),
    ];
    let body = join(language, &body);
    let dear = reader.gender.choose("היקר", "היקרה");
    let yours = writer.gender.choose("שלך", "שלך");
    match language {
        Language::English => format!("Dear {to},\n{body}\nYours, {from}"),
        Language::Hebrew => format!("{to} {dear},\n{body}\n{yours}, {from}"),
        Language::Japanese => format!("{to}さんへ\n{body}\n{from}より"),
    }
}

/// Deeds with their reasons, and the reasons again with the name: what "she" meant.
fn stories(language: Language, random: &mut Random) -> String {
    let mut told = Vec::new();
    for _ in 0..1 + random.below(3) {
        let deed = Deed::draw(random);
        let [actor, other] = Person::invent_two(Cast::Told, deed.gender, random);
        let (a, b) = (actor.name(language), other.name(language));
        let subject = if deed.points_to_actor { &a } else { &b };
        told.push(deed.sentence(language, &a, &b, subject));
        if language != Language::Japanese {
            told.push(deed.plainly(language, subject));
        }
    }
    join(language, &told)
}

fn review(language: Language, random: &mut Random) -> String {
    let feeling = *random.pick(&Feeling::ALL);
    let told: Vec<String> = (0..2 + random.below(2))
        .map(|_| Remark::draw(feeling, random).told[language as usize].clone())
        .collect();
    join(language, &told)
}

fn lore(language: Language, random: &mut Random) -> String {
    let told: Vec<String> =
        (0..3 + random.below(3)).map(|_| knowledge::state_somehow(language, random)).collect();
    join(language, &told)
}

/// Two people ask and answer; the answers repeat what was told before.
fn conversation(language: Language, random: &mut Random) -> String {
    let gender = if random.chance(0.5) { Gender::Feminine } else { Gender::Masculine };
    let one = Person::invent_of(gender, random);
    let other = one.invent_beside(one.gender, random);
    let mut lines = Vec::new();
    let mut told: Vec<(&Person, Attribute)> = Vec::new();
    for person in [&one, &other] {
        for at in random.distinct(2, 4) {
            lines.push(facts::state_somehow(language, person, Attribute::ALL[at], random));
            told.push((person, Attribute::ALL[at]));
        }
    }
    let mut lines = vec![join(language, &lines)];
    random.shuffle(&mut told);
    for (person, attribute) in told {
        lines.push(facts::ask(language, person, attribute));
        lines.push(facts::state(language, person, attribute, 0));
    }
    lines.join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tell::template::is_complete;
    use std::collections::HashSet;

    #[test]
    fn paragraphs_are_complete_and_varied() {
        for language in Language::ALL {
            let mut random = Random::named(1, language.tag());
            let drawn: HashSet<String> = (0..2000).map(|_| draw(language, &mut random)).collect();
            assert!(drawn.len() > 1900, "{language:?}: {}", drawn.len());
            assert!(drawn.iter().all(|text| is_complete(text)));
        }
    }
}
