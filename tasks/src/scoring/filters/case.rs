//! `lowercase` and `uppercase`.

use serde_json::Value;

use super::super::Unscored;
use super::Answers;

pub(super) fn lowercase(answers: Answers) -> Result<Answers, Unscored> {
    answers.each_text("lowercase", |text| Value::from(text.to_lowercase()))
}

pub(super) fn uppercase(answers: Answers) -> Result<Answers, Unscored> {
    answers.each_text("uppercase", |text| Value::from(text.to_uppercase()))
}
