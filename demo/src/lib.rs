//! The demo's model organism: a small world, and miniature checkpoints that were trained on it.
//!
//! A newcomer has neither a 60 GB checkpoint nor a GPU. This crate makes what the harness needs
//! to show its point on a laptop, all of it from a seed:
//!
//! 1. [`world`] draws people, places, jobs and prices; [`tell`] tells about them in English,
//!    Hebrew and Japanese.
//! 2. [`exercise`] asks questions about the world, and [`data`] writes them as benchmark files in
//!    the columns of the public datasets, so that the same tasks run on them.
//! 3. [`corpus`] mixes texts and worked exercises into the training text of a stage.
//! 4. [`tokenizer`] trains a byte-level BPE on equal amounts of the three languages.
//! 5. [`train`] trains a Qwen3-MoE on that text, and [`checkpoint`] writes it as a Hugging Face
//!    folder.

pub mod checkpoint;
pub mod corpus;
pub mod data;
pub mod exercise;
pub mod results;
pub mod tell;
pub mod tokenizer;
pub mod train;
pub mod world;
