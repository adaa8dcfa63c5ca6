//! Benchmark files of the world, in the columns and paths of public datasets.
//!
//! Each module writes one dataset as `<owner>/<name>/<config>/<split>.jsonl`, so that a task that
//! reads the public dataset from a folder reads the world instead. Everything is deterministic
//! for a seed; no sentence comes from anywhere but this crate.

mod alephbench;
mod flores;
mod hebnli;
mod heq;
mod jcommonsenseqa;
mod mgsm;
mod sentiment;
mod ted;
mod winograd;
mod writer;
mod xwinograd;

use std::path::Path;

use crate::world::Population;
pub use writer::{DataError, Row, Split};

/// Everything that the demo's tasks read.
pub fn splits(seed: u64) -> Vec<Split> {
    let population = Population::new(seed);
    let mut splits = Vec::new();
    splits.extend(hebnli::splits(seed));
    splits.extend(heq::splits(seed));
    splits.extend(sentiment::splits(seed));
    splits.extend(winograd::splits(seed));
    splits.extend(ted::splits(seed));
    splits.extend(alephbench::splits(seed, &population));
    splits.extend(flores::splits(seed));
    splits.extend(jcommonsenseqa::splits(seed));
    splits.extend(xwinograd::splits(seed));
    splits.extend(mgsm::splits(seed));
    splits
}

/// What the tests ask about, in every language in which it can be told: sentences, paragraphs and
/// stories that no training text may hold. Facts of trivia are not among them, since training
/// tells them.
pub fn held_out(seed: u64) -> Vec<String> {
    let texts = [
        hebnli::held_out,
        heq::held_out,
        sentiment::held_out,
        winograd::held_out,
        ted::held_out,
        flores::held_out,
        mgsm::held_out,
    ];
    texts.into_iter().flat_map(|texts| texts(seed)).collect()
}

/// Writes all files below a folder that does not exist yet or is empty, and returns how many
/// rows each has.
///
/// # Errors
/// A folder that holds something, or a file that cannot be written.
pub fn write(seed: u64, folder: &Path) -> Result<Vec<(String, usize)>, DataError> {
    writer::refuse_occupied(folder)?;
    splits(seed).iter().map(|split| split.write(folder)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn the_same_seed_gives_the_same_rows() {
        let lines = |seed| -> Vec<String> { splits(seed).iter().map(Split::lines).collect() };
        assert_eq!(lines(5), lines(5));
        assert_ne!(lines(5), lines(6));
    }

    #[test]
    fn rows_are_many_unique_and_small() {
        let splits = splits(1);
        let paths: HashSet<_> = splits.iter().map(|split| split.path.clone()).collect();
        assert_eq!(paths.len(), splits.len());
        for split in &splits {
            let lines: HashSet<String> = split.rows.iter().map(ToString::to_string).collect();
            assert_eq!(lines.len(), split.rows.len(), "{}", split.path);
            let tested = split.path.contains("test") || split.path.contains("JCommonsenseQA/val");
            assert!(!tested || split.rows.len() >= 150, "{}", split.path);
        }
        let bytes: usize = splits.iter().map(|split| split.lines().len()).sum();
        assert!(bytes < 3 << 20, "{bytes}");
    }

    #[test]
    fn a_folder_that_holds_something_is_left_alone() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("mine"), "x").unwrap();
        let error = write(1, folder.path()).unwrap_err();
        assert!(error.to_string().contains("not empty"), "{error}");
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
    }
}
