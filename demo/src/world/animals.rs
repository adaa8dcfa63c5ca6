//! Animals that people of the world keep.

use super::language::{Word, word};

/// An animal and what it is known for.
#[derive(Clone, Copy, Debug)]
pub struct Animal {
    /// The name, singular.
    pub name: Word,
    /// What it is known for: an English clause about "it", a Hebrew clause that agrees with the
    /// noun, a Japanese attributive clause.
    pub known_for: Word,
}

const fn animal(name: Word, known_for: Word) -> Animal {
    Animal { name, known_for }
}

/// All animals.
#[rustfmt::skip]
pub const ANIMALS: [Animal; 16] = [
    animal(word("dog", "כלב", "犬"), word("barks at the door", "נובח ליד הדלת", "戸口で吠える")),
    animal(word("cat", "חתול", "猫"), word("hunts mice", "צד עכברים", "ねずみを捕る")),
    animal(word("horse", "סוס", "馬"), word("pulls the cart", "מושך את העגלה", "荷車を引く")),
    animal(word("goat", "עז", "やぎ"), word("climbs the rocks", "מטפסת על סלעים", "岩を登る")),
    animal(word("sheep", "כבשה", "羊"), word("gives wool", "נותנת צמר", "毛が取れる")),
    animal(word("parrot", "תוכי", "オウム"), word("repeats words", "חוזר על מילים", "言葉をまねる")),
    animal(word("rabbit", "ארנב", "うさぎ"), word("eats carrots", "אוכל גזר", "にんじんを食べる")),
    animal(word("duck", "ברווז", "あひる"), word("swims in the pond", "שוחה בבריכה", "池で泳ぐ")),
    animal(word("donkey", "חמור", "ろば"), word("carries sacks", "סוחב שקים", "袋を運ぶ")),
    animal(word("chicken", "תרנגולת", "鶏"), word("lays eggs", "מטילה ביצים", "卵を産む")),
    animal(word("turtle", "צב", "亀"), word("walks slowly", "הולך לאט", "ゆっくり歩く")),
    animal(word("mouse", "עכבר", "ねずみ"), word("steals cheese", "גונב גבינה", "チーズを盗む")),
    animal(word("cow", "פרה", "牛"), word("gives milk", "נותנת חלב", "乳が取れる")),
    animal(word("pigeon", "יונה", "鳩"), word("brings letters", "מביאה מכתבים", "手紙を届ける")),
    animal(word("snake", "נחש", "蛇"), word("sleeps under a stone", "ישן מתחת לאבן", "石の下で眠る")),
    animal(word("bee", "דבורה", "蜂"), word("makes honey", "מכינה דבש", "蜜を作る")),
];
