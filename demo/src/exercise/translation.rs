//! Sentence pairs for translation and for parallel text: every word is known from elsewhere,
//! every sentence is its own.

use crate::tell::events::Event;
use crate::world::{Language, Random};

/// One sentence in the three languages.
pub type Parallel = [String; 3];

/// A short sentence: one event.
pub fn short(random: &mut Random) -> Parallel {
    let event = Event::draw(random);
    Language::ALL.map(|language| event.tell(language))
}

/// A longer sentence: two events, joined.
pub fn long(random: &mut Random) -> Parallel {
    let (first, second) = (Event::draw(random), Event::draw(random));
    Language::ALL.map(|language| {
        let (first, second) = (first.tell(language), second.tell(language));
        match language {
            Language::English => format!("{}, and {second}", first.trim_end_matches('.')),
            Language::Hebrew => format!("{}, ו{second}", first.trim_end_matches('.')),
            Language::Japanese => format!("{}が、{second}", first.trim_end_matches('。')),
        }
    })
}

/// The line that a prompt asks to continue, and its continuation, from one language into
/// another; between English and Hebrew.
pub fn prompt(pair: &Parallel, from: Language, to: Language) -> (String, String) {
    let name = |language| match language {
        Language::English => "אנגלית",
        Language::Hebrew => "עברית",
        Language::Japanese => "יפנית",
    };
    let (source, target) = (&pair[from as usize], &pair[to as usize]);
    (format!("{}: {source}\n{}:", name(from), name(to)), target.clone())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_sentences_end_once() {
        let [en, he, ja] = long(&mut Random::new(8));
        assert_eq!(en.matches('.').count(), 1);
        assert_eq!(he.matches('.').count(), 1);
        assert_eq!(ja.matches('。').count(), 1);
    }
}
