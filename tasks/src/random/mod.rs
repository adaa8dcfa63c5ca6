//! CPython's `random.Random`, draw for draw.
//!
//! Few-shot examples, bootstrap replicates and shuffled choices of
//! lm-evaluation-harness all come from CPython's Mersenne Twister. A prompt
//! is only the same prompt if the same shots are drawn, so the generator
//! ([`Random::random`], [`Random::getrandbits`]) and the draws built on it
//! ([`Random::sample`], [`Random::shuffle`], ...) follow CPython's
//! `Modules/_randommodule.c` and `Lib/random.py` step by step, redraws
//! included.
//!
//! ```
//! use harness_tasks::random::Random;
//!
//! let mut random = Random::new(1234);
//! assert_eq!(random.sample(8939, 3), Some(vec![7220, 1914, 122]));
//! ```

mod draw;
mod twister;
#[cfg(test)]
mod vectors;

pub use twister::Random;
