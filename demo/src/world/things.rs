//! Things that are bought, sold and lost, and the adjectives that describe them.

use super::language::{Gender, Word, word};

/// A countable thing with the forms that agreement and counting need.
#[derive(Clone, Copy, Debug)]
pub struct Thing {
    /// Singular in each language.
    pub one: Word,
    /// English plural.
    pub plural_en: &'static str,
    /// Hebrew plural.
    pub plural_he: &'static str,
    /// Hebrew gender.
    pub gender: Gender,
    /// Japanese counter.
    pub counter: &'static str,
}

/// An adjective; Hebrew in masculine and feminine, singular and plural.
#[derive(Clone, Copy, Debug)]
pub struct Adjective {
    /// English; Hebrew masculine singular; Japanese attributive.
    pub word: Word,
    /// Hebrew: feminine singular, masculine plural, feminine plural.
    pub hebrew: [&'static str; 3],
}

impl Adjective {
    /// The Hebrew form that agrees with a noun.
    pub fn hebrew_form(&self, gender: Gender, plural: bool) -> &'static str {
        match (gender, plural) {
            (Gender::Masculine, false) => self.word.he,
            (Gender::Feminine, false) => self.hebrew[0],
            (Gender::Masculine, true) => self.hebrew[1],
            (Gender::Feminine, true) => self.hebrew[2],
        }
    }
}

const fn thing(
    one: Word,
    plural_en: &'static str,
    plural_he: &'static str,
    gender: Gender,
    counter: &'static str,
) -> Thing {
    Thing { one, plural_en, plural_he, gender, counter }
}

const M: Gender = Gender::Masculine;
const F: Gender = Gender::Feminine;

/// All things.
#[rustfmt::skip]
pub const THINGS: [Thing; 16] = [
    thing(word("apple", "תפוח", "りんご"), "apples", "תפוחים", M, "個"),
    thing(word("book", "ספר", "本"), "books", "ספרים", M, "冊"),
    thing(word("pen", "עט", "ペン"), "pens", "עטים", M, "本"),
    thing(word("cup", "כוס", "コップ"), "cups", "כוסות", F, "個"),
    thing(word("hat", "כובע", "帽子"), "hats", "כובעים", M, "個"),
    thing(word("shirt", "חולצה", "シャツ"), "shirts", "חולצות", F, "枚"),
    thing(word("ball", "כדור", "ボール"), "balls", "כדורים", M, "個"),
    thing(word("chair", "כיסא", "椅子"), "chairs", "כיסאות", M, "脚"),
    thing(word("picture", "תמונה", "絵"), "pictures", "תמונות", F, "枚"),
    thing(word("lamp", "מנורה", "ランプ"), "lamps", "מנורות", F, "台"),
    thing(word("basket", "סל", "かご"), "baskets", "סלים", M, "個"),
    thing(word("key", "מפתח", "鍵"), "keys", "מפתחות", M, "本"),
    thing(word("flower", "פרח", "花"), "flowers", "פרחים", M, "本"),
    thing(word("knife", "סכין", "ナイフ"), "knives", "סכינים", M, "本"),
    thing(word("umbrella", "מטרייה", "傘"), "umbrellas", "מטריות", F, "本"),
    thing(word("box", "קופסה", "箱"), "boxes", "קופסאות", F, "個"),
];

const fn adjective(word: Word, hebrew: [&'static str; 3]) -> Adjective {
    Adjective { word, hebrew }
}

/// All adjectives.
#[rustfmt::skip]
pub const ADJECTIVES: [Adjective; 10] = [
    adjective(word("red", "אדום", "赤い"), ["אדומה", "אדומים", "אדומות"]),
    adjective(word("blue", "כחול", "青い"), ["כחולה", "כחולים", "כחולות"]),
    adjective(word("green", "ירוק", "緑の"), ["ירוקה", "ירוקים", "ירוקות"]),
    adjective(word("white", "לבן", "白い"), ["לבנה", "לבנים", "לבנות"]),
    adjective(word("black", "שחור", "黒い"), ["שחורה", "שחורים", "שחורות"]),
    adjective(word("yellow", "צהוב", "黄色い"), ["צהובה", "צהובים", "צהובות"]),
    adjective(word("small", "קטן", "小さい"), ["קטנה", "קטנים", "קטנות"]),
    adjective(word("big", "גדול", "大きい"), ["גדולה", "גדולים", "גדולות"]),
    adjective(word("old", "ישן", "古い"), ["ישנה", "ישנים", "ישנות"]),
    adjective(word("new", "חדש", "新しい"), ["חדשה", "חדשים", "חדשות"]),
];
