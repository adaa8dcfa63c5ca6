//! Opinions: what people thought of a meal, a room, a play; and remarks without any opinion.

use super::template::{capitalise, fill};
use crate::world::names::{DAYS, TOWNS};
use crate::world::{Gender, Language, Random, Word, grammar};

/// The feeling that a remark expresses.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Hash)]
pub enum Feeling {
    /// Praise.
    Positive,
    /// Blame.
    Negative,
    /// Neither.
    Neutral,
}

impl Feeling {
    /// All feelings.
    pub const ALL: [Self; 3] = [Self::Positive, Self::Negative, Self::Neutral];
}

struct Topic {
    name: Word,
    gender: Gender,
}

const fn topic(en: &'static str, he: &'static str, ja: &'static str, gender: Gender) -> Topic {
    Topic { name: Word { en, he, ja }, gender }
}

const M: Gender = Gender::Masculine;
const F: Gender = Gender::Feminine;

const TOPICS: [Topic; 14] = [
    topic("soup", "מרק", "スープ", M),
    topic("cake", "עוגה", "ケーキ", F),
    topic("salad", "סלט", "サラダ", M),
    topic("meal", "ארוחה", "食事", F),
    topic("film", "סרט", "映画", M),
    topic("song", "שיר", "歌", M),
    topic("room", "חדר", "部屋", M),
    topic("hotel", "מלון", "ホテル", M),
    topic("play", "הצגה", "芝居", F),
    topic("trip", "טיול", "旅", M),
    topic("restaurant", "מסעדה", "レストラン", F),
    topic("market", "שוק", "市場", M),
    topic("party", "מסיבה", "パーティー", F),
    topic("show", "מופע", "ショー", M),
];

/// Japanese words of judgement are in the past tense, ready for the end of a sentence.
const PRAISE: [Word; 8] = [
    Word { en: "wonderful", he: "[נפלא|נפלאה]", ja: "素晴らしかった" },
    Word { en: "excellent", he: "[מצוין|מצוינת]", ja: "見事でした" },
    Word { en: "lovely", he: "[מקסים|מקסימה]", ja: "素敵でした" },
    Word { en: "great", he: "[נהדר|נהדרת]", ja: "最高でした" },
    Word { en: "superb", he: "[מעולה|מעולה]", ja: "申し分ありませんでした" },
    Word { en: "very good", he: "[טוב|טובה] מאוד", ja: "とても良かった" },
    Word { en: "perfect", he: "[מושלם|מושלמת]", ja: "完璧でした" },
    Word { en: "delightful", he: "[מענג|מענגת]", ja: "楽しかった" },
];

const BLAME: [Word; 8] = [
    Word { en: "terrible", he: "[נורא|נוראה]", ja: "ひどかった" },
    Word { en: "bad", he: "[גרוע|גרועה]", ja: "悪かった" },
    Word { en: "awful", he: "[איום|איומה]", ja: "最悪でした" },
    Word { en: "disappointing", he: "[מאכזב|מאכזבת]", ja: "残念でした" },
    Word { en: "boring", he: "[משעמם|משעממת]", ja: "退屈でした" },
    Word { en: "not good", he: "לא [טוב|טובה]", ja: "良くなかった" },
    Word { en: "very weak", he: "[חלש|חלשה] מאוד", ja: "いまいちでした" },
    Word { en: "miserable", he: "[עלוב|עלובה]", ja: "お粗末でした" },
];

/// Sentences that judge. `{x}` is the topic, `{y}` and `{z}` judgements, `{t}` a town.
const JUDGEMENTS: [[&str; 3]; 4] = [
    ["The {x} in {t} was {y}.", "ה{x} ב{t} [היה|הייתה] {y}.", "{t}の{x}は{y}。"],
    [
        "I think the {x} in {t} was {y}.",
        "לדעתי ה{x} ב{t} [היה|הייתה] {y}.",
        "{t}の{x}は{y}と思います。",
    ],
    ["The {x} on {d} was {y}!", "ה{x} ב{d} [היה|הייתה] {y}!", "{d}の{x}は{y}！"],
    ["The {x} was {y} and {z}.", "ה{x} [היה|הייתה] {y} ו{z}.", "{x}は{y}。本当に{z}。"],
];

/// Sentences whose feeling lies in the verb.
const PRAISING: [[&str; 3]; 3] = [
    [
        "I enjoyed the {x} in {t} on {d}.",
        "נהניתי מה{x} ב{t} ב{d}.",
        "{d}に{t}の{x}を楽しみました。",
    ],
    [
        "I will come back to {t} for the {x}.",
        "אחזור שוב ל{t} בשביל ה{x}.",
        "{t}の{x}のためにまた来ます。",
    ],
    [
        "Everybody loved the {x} in {t}.",
        "כולם אהבו את ה{x} ב{t}.",
        "みんなが{t}の{x}を気に入りました。",
    ],
];
const BLAMING: [[&str; 3]; 3] = [
    [
        "I did not enjoy the {x} in {t} on {d}.",
        "לא נהניתי מה{x} ב{t} ב{d}.",
        "{d}に{t}の{x}を楽しめませんでした。",
    ],
    [
        "I will never come back to {t} for the {x}.",
        "לעולם לא אחזור ל{t} בשביל ה{x}.",
        "{t}の{x}のためには二度と来ません。",
    ],
    [
        "Nobody liked the {x} in {t}.",
        "אף אחד לא אהב את ה{x} ב{t}.",
        "誰も{t}の{x}を気に入りませんでした。",
    ],
];
const REMARKS: [[&str; 3]; 5] = [
    ["The {x} in {t} costs {n} coins.", "ה{x} ב{t} עולה {n} מטבעות.", "{t}の{x}は銀貨{n}枚です。"],
    ["The {x} is in {t}.", "ה{x} [נמצא|נמצאת] ב{t}.", "{x}は{t}にあります。"],
    [
        "The {x} in {t} begins on {d}.",
        "ה{x} ב{t} [מתחיל|מתחילה] ב{d}.",
        "{t}の{x}は{d}に始まります。",
    ],
    [
        "We asked about the {x} in {t} on {d}.",
        "שאלנו על ה{x} ב{t} ב{d}.",
        "{d}に{t}の{x}について尋ねました。",
    ],
    ["There is one {x} in {t}.", "ב{t} יש {x} [אחד|אחת].", "{t}には{x}が一つあります。"],
];

/// A remark with its feeling, in the three languages.
#[derive(Clone, Debug)]
pub struct Remark {
    /// What it expresses.
    pub feeling: Feeling,
    /// What it is about, an index that tells topics apart.
    pub topic: usize,
    /// English, Hebrew, Japanese.
    pub told: [String; 3],
}

impl Remark {
    /// Draws a remark of a feeling.
    pub fn draw(feeling: Feeling, random: &mut Random) -> Self {
        let topic = random.below(TOPICS.len());
        let templates = templates(feeling, random);
        let judgements = judgements(feeling, random);
        let (town, day) = (random.pick(&TOWNS), random.pick(&DAYS));
        let coins = 2 + random.below(grammar::LARGEST - 1);
        let told = Language::ALL.map(|language| {
            let words = [
                ("y", judgements[0].in_language(language)),
                ("z", judgements[1].in_language(language)),
                ("x", TOPICS[topic].name.in_language(language)),
                ("t", town.in_language(language)),
                ("d", day.in_language(language)),
                ("n", grammar::number(language, coins, Gender::Masculine)),
            ];
            tell(templates[language as usize], TOPICS[topic].gender, &words)
        });
        Self { feeling, topic, told }
    }
}

fn tell(template: &str, gender: Gender, words: &[(&str, &str)]) -> String {
    // Judgements carry brackets of their own, so words go in before forms are chosen.
    let filled = words.iter().fold(template.to_owned(), |sentence, (key, word)| {
        sentence.replace(&format!("{{{key}}}"), word)
    });
    capitalise(&fill(&filled, [gender; 2], &[]))
}

fn templates(feeling: Feeling, random: &mut Random) -> [&'static str; 3] {
    let verbs = match feeling {
        Feeling::Neutral => return *random.pick(&REMARKS),
        Feeling::Positive => &PRAISING,
        Feeling::Negative => &BLAMING,
    };
    if random.chance(0.3) { *random.pick(verbs) } else { *random.pick(&JUDGEMENTS) }
}

fn judgements(feeling: Feeling, random: &mut Random) -> [Word; 2] {
    let words = if feeling == Feeling::Negative { &BLAME } else { &PRAISE };
    let first = random.below(words.len());
    [words[first], words[random.other(first, words.len())]]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tell::template::is_complete;

    #[test]
    fn remarks_are_complete() {
        let mut random = Random::new(3);
        for _ in 0..300 {
            for feeling in Feeling::ALL {
                let remark = Remark::draw(feeling, &mut random);
                assert!(remark.told.iter().all(|told| is_complete(told)), "{:?}", remark.told);
            }
        }
    }
}
