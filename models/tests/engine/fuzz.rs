//! The fuzz targets on their seeds and on damaged copies of them: the same in every run.
//!
//! `FUZZ_ROUNDS` asks for more copies than the default; `fuzz/` searches without end.

use std::fs;
use std::path::Path;

use harness_models::fuzzing;

use crate::families::{folders, root};

/// Damaged copies of each seed.
const ROUNDS: u64 = 300;
/// Words that readers take for numbers, containers or ends of them.
const WORDS: &[&str] = &[
    "-1",
    "0",
    "1e999",
    "18446744073709551616",
    "9223372036854775807",
    "null",
    "[]",
    "{}",
    "\"\"",
    "[[",
    "NaN",
    "-Infinity",
    "\"../x\"",
    "\\u0000",
    "true",
    ",",
    ":",
    "}",
];

/// Vigna's splitmix64.
struct Random(u64);

impl Random {
    fn below(&mut self, limit: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((z ^ (z >> 31)) % limit.max(1) as u64) as usize
    }

    /// Changes a few places, most of them near the start, where headers are.
    fn damage(&mut self, bytes: &mut Vec<u8>) {
        for _ in 0..=self.below(4) {
            let reach = [bytes.len(), bytes.len().min(4000)][self.below(2)];
            let at = self.below(reach);
            match self.below(6) {
                0 => bytes.truncate(at),
                1 => bytes.insert(at, self.below(256) as u8),
                2 => drop(bytes.splice(at..at, WORDS[self.below(WORDS.len())].bytes())),
                3 => self.replace_number(bytes, at),
                4 => {
                    let end = bytes.len().min(at + self.below(64));
                    let copied = bytes[at..end].to_vec();
                    drop(bytes.splice(at..at, copied));
                }
                _ if at < bytes.len() => bytes[at] = self.below(256) as u8,
                _ => {}
            }
        }
    }

    /// Puts a word in the place of the next number, so that much of a file stays readable.
    fn replace_number(&mut self, bytes: &mut Vec<u8>, at: usize) {
        let Some(start) = bytes[at..].iter().position(u8::is_ascii_digit) else { return };
        let start = at + start;
        let length = bytes[start..].iter().take_while(|b| b.is_ascii_digit()).count();
        drop(bytes.splice(start..start + length, WORDS[self.below(WORDS.len())].bytes()));
    }
}

/// The seeds that a target keeps under `fuzz/seeds`.
fn kept(target: &str) -> Vec<Vec<u8>> {
    let folder = root().join("../fuzz/seeds").join(target);
    let mut paths: Vec<_> = fs::read_dir(folder).unwrap().map(|e| e.unwrap().path()).collect();
    paths.sort();
    paths.iter().map(|path| fs::read(path).unwrap()).collect()
}

/// A file of every family's checkpoint.
fn of_every_family(file: &str) -> Vec<Vec<u8>> {
    folders().iter().map(|dir| fs::read(dir.join(Path::new(file))).unwrap()).collect()
}

fn fuzz(target: fn(&[u8]) -> Vec<harness_models::Problem>, seeds: &[Vec<u8>]) {
    let rounds = std::env::var("FUZZ_ROUNDS").ok().and_then(|n| n.parse().ok()).unwrap_or(ROUNDS);
    let (mut good, mut bad) = (0u32, 0u32);
    for (number, seed) in seeds.iter().enumerate() {
        for round in 0..rounds {
            let mut bytes = seed.clone();
            let mut random = Random(round << 32 | number as u64);
            (round > 0).then(|| random.damage(&mut bytes));
            let problems = target(&bytes);
            let count = if problems.is_empty() { &mut good } else { &mut bad };
            *count += 1;
            assert!(fuzzing::message(problems).len() < 100_000);
        }
    }
    println!("{} seeds: {good} files without a complaint, {bad} with", seeds.len());
    assert!(bad > good / 10, "damage went unnoticed");
}

#[test]
fn damaged_weight_files_are_read_without_panic() {
    fuzz(
        fuzzing::weight_file,
        &[kept("weight_file"), of_every_family("model.safetensors")].concat(),
    );
}

#[test]
fn damaged_configs_are_read_without_panic() {
    fuzz(fuzzing::config, &[kept("config"), of_every_family("config.json")].concat());
}

#[test]
fn damaged_indexes_are_read_without_panic() {
    fuzz(fuzzing::index, &kept("index"));
}
