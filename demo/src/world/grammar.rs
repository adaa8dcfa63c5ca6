//! Number phrases and articles of the three languages.

use super::language::{Gender, Language};
use super::things::{Adjective, Thing};

const ENGLISH: [&str; 11] =
    ["no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten"];
const HEBREW_MASCULINE: [&str; 11] =
    ["", "אחד", "שני", "שלושה", "ארבעה", "חמישה", "שישה", "שבעה", "שמונה", "תשעה", "עשרה"];
const HEBREW_FEMININE: [&str; 11] =
    ["", "אחת", "שתי", "שלוש", "ארבע", "חמש", "שש", "שבע", "שמונה", "תשע", "עשר"];
const JAPANESE: [&str; 11] = ["", "一", "二", "三", "四", "五", "六", "七", "八", "九", "十"];

/// The largest number that is written as a word.
pub const LARGEST: usize = 10;

/// A number word of `1..=10` as it stands before a noun of that gender (Japanese: the kanji
/// numeral, to which a counter is joined).
pub fn number(language: Language, count: usize, gender: Gender) -> &'static str {
    let count = count.min(LARGEST);
    match language {
        Language::English => ENGLISH[count],
        Language::Hebrew => gender.choose(HEBREW_MASCULINE[count], HEBREW_FEMININE[count]),
        Language::Japanese => JAPANESE[count],
    }
}

/// An English noun phrase with its indefinite article.
pub fn with_article(noun: &str) -> String {
    let vowel = noun.starts_with(['a', 'e', 'i', 'o', 'u']);
    format!("{} {noun}", if vowel { "an" } else { "a" })
}

/// An indefinite noun phrase: `count` things, described. A count of 1 is the bare singular:
/// "a red book", "ספר אדום", "赤い本"; else "three red books", "שלושה ספרים אדומים". The
/// Japanese number is not part of the phrase: [`counted`] puts it behind the particle.
pub fn things(language: Language, count: usize, adjective: &Adjective, thing: &Thing) -> String {
    match (language, count) {
        (Language::English, 1) => with_article(&format!("{} {}", adjective.word.en, thing.one.en)),
        (Language::English, _) => {
            let number = number(language, count, thing.gender);
            format!("{number} {} {}", adjective.word.en, thing.plural_en)
        }
        (Language::Hebrew, 1) => {
            format!("{} {}", thing.one.he, adjective.hebrew_form(thing.gender, false))
        }
        (Language::Hebrew, _) => {
            let number = number(language, count, thing.gender);
            let adjective = adjective.hebrew_form(thing.gender, true);
            format!("{number} {} {adjective}", thing.plural_he)
        }
        (Language::Japanese, _) => format!("{}{}", adjective.word.ja, thing.one.ja),
    }
}

/// The Japanese adverbial count that follows a particle ("三冊" in "本を三冊"); empty for 1.
pub fn counted(count: usize, thing: &Thing) -> String {
    match count {
        1 => String::new(),
        _ => format!("{}{}", JAPANESE[count.min(LARGEST)], thing.counter),
    }
}

/// A definite noun phrase: "the red book", "הספר האדום", "赤い本".
pub fn definite(language: Language, adjective: &Adjective, thing: &Thing) -> String {
    match language {
        Language::English => format!("the {} {}", adjective.word.en, thing.one.en),
        Language::Hebrew => {
            format!("ה{} ה{}", thing.one.he, adjective.hebrew_form(thing.gender, false))
        }
        Language::Japanese => format!("{}{}", adjective.word.ja, thing.one.ja),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::world::things::{ADJECTIVES, THINGS};

    #[test]
    fn hebrew_agrees_in_gender_and_number() {
        let (red, book, cup) = (&ADJECTIVES[0], &THINGS[1], &THINGS[3]);
        assert_eq!(things(Language::Hebrew, 3, red, book), "שלושה ספרים אדומים");
        assert_eq!(things(Language::Hebrew, 3, red, cup), "שלוש כוסות אדומות");
        assert_eq!(things(Language::Hebrew, 2, red, cup), "שתי כוסות אדומות");
        assert_eq!(things(Language::Hebrew, 1, red, cup), "כוס אדומה");
        assert_eq!(definite(Language::Hebrew, red, cup), "הכוס האדומה");
    }

    #[test]
    fn english_takes_articles_and_plurals() {
        let (old, knife) = (&ADJECTIVES[8], &THINGS[13]);
        assert_eq!(things(Language::English, 1, old, knife), "an old knife");
        assert_eq!(things(Language::English, 5, old, knife), "five old knives");
        assert_eq!(with_article("umbrella"), "an umbrella");
    }

    #[test]
    fn japanese_counts_with_the_thing_s_own_counter() {
        assert_eq!(counted(3, &THINGS[1]), "三冊");
        assert_eq!(counted(1, &THINGS[1]), "");
        assert_eq!(things(Language::Japanese, 3, &ADJECTIVES[0], &THINGS[1]), "赤い本");
    }
}
