//! Languages, grammatical gender, and words that exist in every language.

/// A language in which the world is told.
#[derive(Clone, Copy, PartialEq, Eq, Debug, PartialOrd, Ord, Hash)]
pub enum Language {
    /// English.
    English,
    /// Modern Hebrew, unvocalised.
    Hebrew,
    /// Japanese.
    Japanese,
}

impl Language {
    /// All languages, in the order of the columns of every table.
    pub const ALL: [Self; 3] = [Self::English, Self::Hebrew, Self::Japanese];

    /// The BCP-47 tag.
    pub fn tag(self) -> &'static str {
        match self {
            Self::English => "en",
            Self::Hebrew => "he",
            Self::Japanese => "ja",
        }
    }
}

/// Grammatical gender, of people in all languages and of nouns in Hebrew.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Gender {
    /// Masculine.
    Masculine,
    /// Feminine.
    Feminine,
}

impl Gender {
    /// The form that agrees with this gender.
    pub fn choose<T>(self, masculine: T, feminine: T) -> T {
        match self {
            Self::Masculine => masculine,
            Self::Feminine => feminine,
        }
    }
}

/// A word or phrase in the three languages.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Word {
    /// English.
    pub en: &'static str,
    /// Hebrew.
    pub he: &'static str,
    /// Japanese.
    pub ja: &'static str,
}

impl Word {
    /// The word in one language.
    pub fn in_language(&self, language: Language) -> &'static str {
        match language {
            Language::English => self.en,
            Language::Hebrew => self.he,
            Language::Japanese => self.ja,
        }
    }
}

/// Writes one row of a table.
pub const fn word(en: &'static str, he: &'static str, ja: &'static str) -> Word {
    Word { en, he, ja }
}
