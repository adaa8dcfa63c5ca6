//! Sentiment: is a remark praise, blame, or neither?

use crate::tell::opinions::{Feeling, Remark};
use crate::world::Language;

/// The word that a prompt asks for.
pub fn answer(feeling: Feeling, language: Language) -> &'static str {
    let words = match feeling {
        Feeling::Positive => ["positive", "חיובי", "ポジティブ"],
        Feeling::Negative => ["negative", "שלילי", "ネガティブ"],
        Feeling::Neutral => ["neutral", "ניטרלי", "ニュートラル"],
    };
    words[language as usize]
}

/// The label in datasets.
pub fn label(feeling: Feeling) -> &'static str {
    match feeling {
        Feeling::Positive => "Positive",
        Feeling::Negative => "Negative",
        Feeling::Neutral => "Neutral",
    }
}

/// The question block of a prompt, which the answer follows after a space.
pub fn prompt(remark: &Remark, language: Language) -> String {
    let text = &remark.told[language as usize];
    match language {
        Language::English => format!("Sentence: {text}\nAnswer:"),
        Language::Hebrew => format!("משפט: {text}\nתשובה:"),
        Language::Japanese => format!("文：{text}\n答え："),
    }
}
