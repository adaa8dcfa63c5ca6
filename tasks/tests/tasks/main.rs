//! The crate as its users see it.

#![expect(clippy::unwrap_used, reason = "a test's helpers stop where they fail, as tests do")]
#![expect(clippy::print_stdout, reason = "tests tell what they skipped")]

// Prompts, hashes and targets against records of lm-evaluation-harness.
mod parity;
// Filters, metrics and aggregates against the same records.
mod scores;
// BLEU, chrF and TER against sacreBLEU.
mod sacrebleu;
// Their intervals and paired tests against sacreBLEU's.
mod sacrebleu_paired;
// Words of Japanese against MeCab.
mod mecab;
// Every task of the library: its card, its fixture, its exact prompts.
mod library;
// Every task of the library, answered right and wrong.
mod gold;
// Every task of the library on the benchmarks themselves.
mod benchmarks;
// Files that other programs wrote.
mod formats;
// Data that are not as they should be.
mod broken;

use std::path::{Path, PathBuf};

/// The shared folder beside the repository, if it is there.
fn shared() -> Option<PathBuf> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared");
    if path.is_dir() {
        return Some(path);
    }
    println!("skipped: ../shared is not here");
    None
}

/// Our own documents in the datasets' columns.
fn fixtures() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/data")
}
