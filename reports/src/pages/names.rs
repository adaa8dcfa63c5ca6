//! File names for aliases and tasks.
//!
//! A name of letters, digits, `-`, `_` and single dots stays as it is. Any other is made safe and
//! gets a piece of its own digest, so that no two names meet in one file and none leads out of
//! the run folder.

use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

const LONGEST: usize = 80;

/// Names that mean something else on some system, and files of the run folder itself.
const TAKEN: [&str; 9] = ["con", "prn", "aux", "nul", "run", "report", "scores", "routing", "link"];

/// The folder of a model's files inside a run folder.
#[must_use]
pub fn model_folder(run: &Path, alias: &str) -> PathBuf {
    run.join(file_name(alias))
}

/// A file name for `name`.
#[must_use]
pub(crate) fn file_name(name: &str) -> String {
    if is_plain(name) {
        return name.to_owned();
    }
    let safe = |c: char| if c.is_ascii_alphanumeric() || matches!(c, '-' | '_') { c } else { '_' };
    let kept: String = name.trim_start_matches('-').chars().map(safe).take(LONGEST / 2).collect();
    let kept = if kept.is_empty() { "name".to_owned() } else { kept };
    let digest = Sha256::digest(name.as_bytes());
    let suffix: String = digest.iter().take(5).map(|byte| format!("{byte:02x}")).collect();
    format!("{kept}-{suffix}")
}

fn is_plain(name: &str) -> bool {
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    let stem = name.split('.').next().unwrap_or_default().to_ascii_lowercase();
    (1..=LONGEST).contains(&name.len())
        && name.chars().all(plain)
        && !name.starts_with(['.', '-'])
        && !name.ends_with('.')
        && !name.contains("..")
        && !TAKEN.contains(&stem.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_names_stay() {
        for name in ["base", "qwen3-30b-a3b_v1.5", "A"] {
            assert_eq!(file_name(name), name);
        }
    }

    #[test]
    fn nothing_leads_out_of_the_folder() {
        let long = "x".repeat(300);
        for name in [
            "",
            ".",
            "..",
            "../../etc/passwd",
            "/abs",
            "a/b",
            "a\\b",
            "c:d",
            "run.db",
            "NUL",
            "a\0b",
            &long,
        ] {
            let file = file_name(name);
            assert!(is_plain(&file), "{name:?} became {file:?}");
            assert_eq!(Path::new(&file).components().count(), 1);
        }
    }

    #[test]
    fn names_that_look_alike_once_safe_stay_apart() {
        let files = ["a/b", "a:b", "a_b", "שלום", "עולם"].map(file_name);
        let distinct: std::collections::HashSet<_> = files.iter().collect();
        assert_eq!(distinct.len(), files.len());
    }
}
