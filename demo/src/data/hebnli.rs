//! HebNLI (NNLP-IL): text pairs in Hebrew with their English originals. Gold labels stand in
//! `original_label` in validation and in `hebrew_label` in test, as in the public files.

use serde_json::json;

use super::writer::{Row, Split, distinct, row};
use crate::exercise::entailment::{Relation, TextPair};
use crate::world::Random;

const DATASET: &str = "HebArabNlpProject/HebNLI/default";

/// Validation (60 pairs) and test (240 pairs), labels in random order, equally many of each.
pub(super) fn splits(seed: u64) -> Vec<Split> {
    let (validation, test) = pairs(seed);
    let validation = validation.iter().enumerate().map(|(at, pair)| columns(at, pair)).collect();
    let test = test.iter().enumerate().map(|(at, pair)| with_hebrew_label(at, pair)).collect();
    vec![
        Split::new(&format!("{DATASET}/validation"), validation),
        Split::new(&format!("{DATASET}/test"), test),
    ]
}

/// The pairs of validation and of test.
fn pairs(seed: u64) -> (Vec<TextPair>, Vec<TextPair>) {
    let mut random = Random::named(seed, "hebnli");
    let pairs =
        distinct(330, |_| draw(&mut random), |pair| pair.hypothesis[1].clone() + &pair.premise[1]);
    balanced(&pairs, &mut random)
}

/// The premises of the test, in every language.
pub(super) fn held_out(seed: u64) -> Vec<String> {
    pairs(seed).1.into_iter().flat_map(|pair| pair.premise).collect()
}

fn draw(random: &mut Random) -> TextPair {
    let relation = *random.pick(&Relation::ALL);
    TextPair::draw(relation, random)
}

/// Lays pairs out in blocks that hold each relation once, so that any prefix is nearly balanced.
fn balanced(pairs: &[TextPair], random: &mut Random) -> (Vec<TextPair>, Vec<TextPair>) {
    let mut by_relation = Relation::ALL.map(|relation| {
        pairs.iter().filter(|pair| pair.relation == relation).cloned().collect::<Vec<_>>()
    });
    let mut blocks = Vec::new();
    while by_relation.iter().all(|pairs| !pairs.is_empty()) {
        let mut block: Vec<TextPair> = by_relation.iter_mut().filter_map(Vec::pop).collect();
        random.shuffle(&mut block);
        blocks.extend(block);
    }
    let test = blocks.split_off(blocks.len().min(60));
    (blocks, test)
}

fn columns(at: usize, pair: &TextPair) -> Row {
    let label = pair.relation.label();
    row([
        ("original_annotator_labels", json!(format!("['{label}']"))),
        ("genre", json!("world")),
        ("original_label", json!(label)),
        ("pairID", json!(format!("{at}{}", &label[..1]))),
        ("promptID", json!(at)),
        ("sentence1", json!(pair.premise[0])),
        ("translation1", json!(pair.premise[1])),
        ("sentence2", json!(pair.hypothesis[0])),
        ("translation2", json!(pair.hypothesis[1])),
    ])
}

fn with_hebrew_label(at: usize, pair: &TextPair) -> Row {
    let mut row = columns(at, pair);
    row["hebrew_label"] = json!(pair.relation.label());
    row
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_are_balanced_from_the_start() {
        let splits = splits(1);
        for split in &splits {
            let entailed =
                split.rows[..30].iter().filter(|row| row["original_label"] == "entailment");
            assert_eq!(entailed.count(), 10);
        }
        assert!(splits[1].rows[0].get("hebrew_label").is_some());
    }
}
