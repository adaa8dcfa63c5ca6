//! Events: who bought, gave, lost or met what, where and when. Each event can be told in every
//! language, which makes parallel text.

use super::template::fill;
use crate::world::names::{DAYS, TOWNS};
use crate::world::things::{ADJECTIVES, Adjective, THINGS, Thing};
use crate::world::{Language, Person, Random, grammar};

/// How an event is told in English, Hebrew and Japanese. `{x}` is an indefinite thing, `{c}` its
/// Japanese count, `{t}` and `{u}` towns, `{d}` a day.
type Templates = [&'static str; 3];

/// Events of one person and one thing.
const ONE_PERSON: [Templates; 8] = [
    ["{a} bought {x} in {t}.", "{a} [קנה|קנתה] {x} ב{t}.", "{a}は{t}で{x}を{c}買いました。"],
    ["{a} sold {x} in {t}.", "{a} [מכר|מכרה] {x} ב{t}.", "{a}は{t}で{x}を{c}売りました。"],
    ["{a} found {x} in {t}.", "{a} [מצא|מצאה] {x} ב{t}.", "{a}は{t}で{x}を{c}見つけました。"],
    ["{a} lost {x} on {d}.", "{a} [איבד|איבדה] {x} ב{d}.", "{a}は{d}に{x}を{c}なくしました。"],
    ["{a} saw {x} in {t}.", "{a} [ראה|ראתה] {x} ב{t}.", "{a}は{t}で{x}を{c}見ました。"],
    ["{a} brought {x} to {t}.", "{a} [הביא|הביאה] {x} ל{t}.", "{a}は{t}に{x}を{c}運びました。"],
    [
        "{a} travelled from {t} to {u} on {d}.",
        "{a} [נסע|נסעה] מ{t} ל{u} ב{d}.",
        "{a}は{d}に{t}から{u}へ行きました。",
    ],
    ["{a} painted {x} on {d}.", "{a} [צבע|צבעה] {x} ב{d}.", "{a}は{d}に{x}を{c}塗りました。"],
];

/// Events between two people.
const TWO_PEOPLE: [Templates; 5] = [
    ["{a} gave {b} {x}.", "{a} [נתן|נתנה] ל{b} {x}.", "{a}は{b}に{x}を{c}あげました。"],
    ["{a} sent {b} {x}.", "{a} [שלח|שלחה] ל{b} {x}.", "{a}は{b}に{x}を{c}送りました。"],
    [
        "{a} met {b} in {t} on {d}.",
        "{a} [פגש|פגשה] את {b} ב{t} ב{d}.",
        "{a}は{d}に{t}で{b}に会いました。",
    ],
    ["{a} bought {x} from {b}.", "{a} [קנה|קנתה] {x} מ{b}.", "{a}は{b}から{x}を{c}買いました。"],
    ["{a} waited for {b} in {t}.", "{a} [חיכה|חיכתה] ל{b} ב{t}.", "{a}は{t}で{b}を待ちました。"],
];

/// Something that happened.
#[derive(Clone, Debug)]
pub struct Event {
    templates: &'static Templates,
    /// Who did it.
    pub actor: Person,
    /// Who else took part; told only by events between two people.
    pub other: Person,
    count: usize,
    adjective: &'static Adjective,
    thing: &'static Thing,
    towns: [usize; 2],
    day: usize,
}

impl Event {
    /// Draws an event.
    pub fn draw(random: &mut Random) -> Self {
        let actor = Person::invent(random);
        Self::draw_of(actor, random)
    }

    /// Draws an event that a given person did.
    pub fn draw_of(actor: Person, random: &mut Random) -> Self {
        let templates =
            if random.chance(0.6) { random.pick(&ONE_PERSON) } else { random.pick(&TWO_PEOPLE) };
        let other = Person::invent(random);
        let other = actor.invent_beside(other.gender, random);
        let town = random.below(TOWNS.len());
        let count = if random.chance(0.4) { 1 } else { 2 + random.below(grammar::LARGEST - 1) };
        Self {
            templates,
            actor,
            other,
            count,
            adjective: random.pick(&ADJECTIVES),
            thing: random.pick(&THINGS),
            towns: [town, random.other(town, TOWNS.len())],
            day: random.below(DAYS.len()),
        }
    }

    /// Tells the event in a language. The same event tells the same in each.
    pub fn tell(&self, language: Language) -> String {
        self.tell_of(&self.actor.name(language), language)
    }

    /// Tells the event with another subject, such as a pronoun.
    pub fn tell_of(&self, subject: &str, language: Language) -> String {
        let words = [
            ("a", subject.to_owned()),
            ("b", self.other.name(language)),
            ("x", self.thing_told(language)),
            ("c", grammar::counted(self.count, self.thing)),
            ("t", TOWNS[self.towns[0]].in_language(language).to_owned()),
            ("u", TOWNS[self.towns[1]].in_language(language).to_owned()),
            ("d", DAYS[self.day].in_language(language).to_owned()),
        ];
        let words: Vec<(&str, &str)> = words.iter().map(|(key, word)| (*key, &**word)).collect();
        let genders = [self.actor.gender, self.other.gender];
        fill(self.templates[language as usize], genders, &words)
    }

    /// The thing with its number and adjective, as the sentence has it.
    pub fn thing_told(&self, language: Language) -> String {
        grammar::things(language, self.count, self.adjective, self.thing)
    }

    /// Whether the sentence names the thing.
    pub fn has_thing(&self) -> bool {
        self.templates[0].contains("{x}")
    }

    /// Draws a one-person purchase, for questions such as "what did she buy?".
    pub fn purchase(actor: Person, random: &mut Random) -> Self {
        Self { templates: &ONE_PERSON[0], ..Self::draw_of(actor, random) }
    }

    /// The town of the event.
    pub fn town(&self, language: Language) -> &'static str {
        TOWNS[self.towns[0]].in_language(language)
    }
}

const PRICES: Templates = ["{x} costs {n} coins.", "{x} עולה {n} מטבעות.", "{x}は銀貨{n}枚です。"];

/// Tells the price of a thing, in all languages.
pub fn price(random: &mut Random) -> [String; 3] {
    let (adjective, thing) = (random.pick(&ADJECTIVES), random.pick(&THINGS));
    let coins = 2 + random.below(grammar::LARGEST - 1);
    Language::ALL.map(|language| {
        let thing_told = grammar::definite(language, adjective, thing);
        let number = grammar::number(language, coins, crate::world::Gender::Masculine);
        let words = [("x", &*thing_told), ("n", number)];
        let told = fill(PRICES[language as usize], [thing.gender; 2], &words);
        super::template::capitalise(&told)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tell::template::is_complete;

    #[test]
    fn every_event_is_complete_in_every_language() {
        let mut random = Random::new(11);
        for _ in 0..500 {
            let event = Event::draw(&mut random);
            for language in Language::ALL {
                let told = event.tell(language);
                assert!(is_complete(&told), "{told}");
                assert!(told.contains(&event.actor.name(language)), "{told}");
            }
        }
        assert!(price(&mut random).iter().all(|told| is_complete(told)));
    }
}
