//! The four attributes of a person as statements and as questions.

use super::template::fill;
use crate::world::{Attribute, Gender, Language, Person, Random, grammar};

/// Paraphrases of one statement in English, Hebrew and Japanese. `{p}` is the person, `{v}` the
/// value, `{n}` in English the value with its article.
struct Forms {
    statements: [[&'static str; 4]; 3],
    questions: [&'static str; 3],
}

const TOWN: Forms = Forms {
    statements: [
        [
            "{p} lives in {v}.",
            "The home of {p} is in {v}.",
            "{v} is where {p} lives.",
            "{p} has a house in {v}.",
        ],
        [
            "{p} [גר|גרה] ב{v}.",
            "הבית של {p} נמצא ב{v}.",
            "{p} [מתגורר|מתגוררת] ב{v}.",
            "ל{p} יש בית ב{v}.",
        ],
        [
            "{p}は{v}に住んでいます。",
            "{p}の家は{v}にあります。",
            "{v}は{p}が住む町です。",
            "{p}は{v}で暮らしています。",
        ],
    ],
    questions: ["Where does {p} live?", "איפה [גר|גרה] {p}?", "{p}はどこに住んでいますか。"],
};

const JOB: Forms = Forms {
    statements: [
        [
            "{p} works as {n}.",
            "{p} is {n}.",
            "{p} earns a living as {n}.",
            "The job of {p} is {v}.",
        ],
        [
            "{p} [עובד|עובדת] כ{v}.",
            "{p} [הוא|היא] {v}.",
            "{p} [מתפרנס|מתפרנסת] כ{v}.",
            "המקצוע של {p} הוא {v}.",
        ],
        [
            "{p}の仕事は{v}です。",
            "{p}は{v}です。",
            "{p}は{v}として働いています。",
            "{v}が{p}の職業です。",
        ],
    ],
    questions: ["What is the job of {p}?", "במה [עובד|עובדת] {p}?", "{p}の仕事は何ですか。"],
};

const FOOD: Forms = Forms {
    statements: [
        [
            "{p} likes {v}.",
            "{p} loves to eat {v}.",
            "The favourite food of {p} is {v}.",
            "What {p} likes best is {v}.",
        ],
        [
            "{p} [אוהב|אוהבת] {v}.",
            "{p} [אוהב|אוהבת] לאכול {v}.",
            "המאכל האהוב על {p} הוא {v}.",
            "{p} [מעדיף|מעדיפה] {v}.",
        ],
        [
            "{p}は{v}が好きです。",
            "{p}の好物は{v}です。",
            "{p}は{v}をよく食べます。",
            "{p}が一番好きな食べ物は{v}です。",
        ],
    ],
    questions: ["What does {p} like?", "מה [אוהב|אוהבת] {p}?", "{p}の好物は何ですか。"],
};

const ANIMAL: Forms = Forms {
    statements: [
        [
            "{p} keeps {n}.",
            "{p} has {n} at home.",
            "The animal of {p} is {n}.",
            "{p} looks after {n}.",
        ],
        [
            "{p} [מגדל|מגדלת] {v}.",
            "ל{p} יש {v} בבית.",
            "בבית של {p} יש {v}.",
            "{p} [מטפל|מטפלת] ב{v}.",
        ],
        [
            "{p}は{v}を飼っています。",
            "{p}の家には{v}がいます。",
            "{p}のペットは{v}です。",
            "{p}は{v}の世話をしています。",
        ],
    ],
    questions: [
        "Which animal does {p} keep?",
        "איזו חיה [מגדל|מגדלת] {p}?",
        "{p}は何を飼っていますか。",
    ],
};

fn forms(attribute: Attribute) -> &'static Forms {
    match attribute {
        Attribute::Town => &TOWN,
        Attribute::Job => &JOB,
        Attribute::Food => &FOOD,
        Attribute::Animal => &ANIMAL,
    }
}

/// How many paraphrases every statement has.
pub const PARAPHRASES: usize = 4;

/// States that a subject (a name or pronoun) has a value, in paraphrase `0..PARAPHRASES`.
pub fn state_value(
    language: Language,
    subject: &str,
    gender: Gender,
    attribute: Attribute,
    value: usize,
    paraphrase: usize,
) -> String {
    let value = attribute.value(value, language, gender);
    let article = grammar::with_article(value);
    let template = forms(attribute).statements[language as usize][paraphrase % PARAPHRASES];
    fill(template, [gender; 2], &[("p", subject), ("v", value), ("n", &article)])
}

/// States a person's attribute in a paraphrase.
pub fn state(
    language: Language,
    person: &Person,
    attribute: Attribute,
    paraphrase: usize,
) -> String {
    let value = person.value(attribute);
    state_value(language, &person.name(language), person.gender, attribute, value, paraphrase)
}

/// States a person's attribute in a random paraphrase.
pub fn state_somehow(
    language: Language,
    person: &Person,
    attribute: Attribute,
    random: &mut Random,
) -> String {
    state(language, person, attribute, random.below(PARAPHRASES))
}

/// Asks for a person's attribute.
pub fn ask(language: Language, person: &Person, attribute: Attribute) -> String {
    let template = forms(attribute).questions[language as usize];
    fill(template, [person.gender; 2], &[("p", &person.name(language))])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tell::template::is_complete;

    #[test]
    fn every_form_is_complete_and_names_person_and_value() {
        let mut random = Random::new(5);
        for language in Language::ALL {
            for attribute in Attribute::ALL {
                let person = Person::invent(&mut random);
                for paraphrase in 0..PARAPHRASES {
                    let told = state(language, &person, attribute, paraphrase);
                    assert!(is_complete(&told), "{told}");
                    assert!(told.contains(&person.name(language)), "{told}");
                    assert!(told.contains(person.value_in(attribute, language)), "{told}");
                }
                assert!(is_complete(&ask(language, &person, attribute)));
            }
        }
    }
}
