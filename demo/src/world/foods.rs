//! Foods, in the form in which one likes them: mass nouns and plurals.

use super::language::{Word, word};

/// All foods.
pub const FOODS: [Word; 16] = [
    word("bread", "לחם", "パン"),
    word("soup", "מרק", "スープ"),
    word("rice", "אורז", "ご飯"),
    word("cheese", "גבינה", "チーズ"),
    word("fish", "דגים", "魚"),
    word("cake", "עוגות", "ケーキ"),
    word("honey", "דבש", "蜂蜜"),
    word("salad", "סלט", "サラダ"),
    word("grapes", "ענבים", "ぶどう"),
    word("figs", "תאנים", "いちじく"),
    word("nuts", "אגוזים", "ナッツ"),
    word("eggs", "ביצים", "卵"),
    word("pasta", "פסטה", "パスタ"),
    word("chocolate", "שוקולד", "チョコレート"),
    word("olives", "זיתים", "オリーブ"),
    word("oranges", "תפוזים", "オレンジ"),
];
