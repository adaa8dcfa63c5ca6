//! The mini-language of sentences.
//!
//! `{key}` is replaced by a word; `[m|f]` agrees with the gender of the first person, `<m|f>`
//! with that of the second: `"{p} [גר|גרה] ב{v}."`.

use crate::world::Gender;

/// Fills a template. A key without a word, or a bracket without its bar, stays as it is written,
/// which the tests of the template tables reject.
pub fn fill(template: &str, genders: [Gender; 2], words: &[(&str, &str)]) -> String {
    let mut sentence = choose(template, '[', ']', genders[0]);
    sentence = choose(&sentence, '<', '>', genders[1]);
    for (key, value) in words {
        sentence = sentence.replace(&format!("{{{key}}}"), value);
    }
    sentence
}

fn choose(text: &str, open: char, close: char, gender: Gender) -> String {
    let mut chosen = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, forms, after)) = next_forms(rest, open, close) {
        chosen.push_str(before);
        chosen.push_str(gender.choose(forms.0, forms.1));
        rest = after;
    }
    chosen + rest
}

fn next_forms(text: &str, open: char, close: char) -> Option<(&str, (&str, &str), &str)> {
    let (before, rest) = text.split_once(open)?;
    let (inside, after) = rest.split_once(close)?;
    Some((before, inside.split_once('|')?, after))
}

/// Upper-cases the first letter of an English sentence; other scripts have no case.
pub fn capitalise(sentence: &str) -> String {
    let mut letters = sentence.chars();
    match letters.next() {
        Some(first) => first.to_uppercase().chain(letters).collect(),
        None => String::new(),
    }
}

/// Whether nothing of a template is left unfilled in a sentence.
pub fn is_complete(sentence: &str) -> bool {
    !sentence.contains(['{', '}', '[', ']', '|', '<', '>'])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forms_agree_with_each_person() {
        let template = "{a} [נתן|נתנה] ל{b} ספר כי <ביקש|ביקשה>.";
        let words = [("a", "דנה"), ("b", "נועם")];
        let told = fill(template, [Gender::Feminine, Gender::Masculine], &words);
        assert_eq!(told, "דנה נתנה לנועם ספר כי ביקש.");
        assert!(is_complete(&told));
        assert!(!is_complete("{a} went"));
    }

    #[test]
    fn only_the_first_letter_is_raised() {
        assert_eq!(capitalise("the Red book"), "The Red book");
        assert_eq!(capitalise(""), "");
    }
}
