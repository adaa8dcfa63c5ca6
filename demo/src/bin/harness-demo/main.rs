//! `harness-demo`: writes the demo's data and checkpoints.

mod results;
mod studies;
mod train;

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use clap::{Parser, Subcommand};
use harness_demo::checkpoint::{self, Shape, WeightType, random_weights};
use harness_demo::{data, tokenizer};

/// Makes the demo's data and checkpoints from a seed.
#[derive(Parser)]
#[command(version, about)]
struct Arguments {
    /// Everything is a function of this number.
    #[arg(long, global = true, default_value_t = 1)]
    seed: u64,
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Write benchmark files in the layout of the Hugging Face hub.
    Data {
        /// A folder that does not exist or is empty.
        #[arg(long)]
        out: PathBuf,
    },
    /// Write three miniature checkpoints with random weights: base, cpt and sft.
    Random {
        /// The folder that will hold them.
        #[arg(long)]
        out: PathBuf,
    },
    /// Write one tiny checkpoint with random f32 weights, for tests.
    Fixture {
        /// A folder that does not exist yet.
        #[arg(long)]
        out: PathBuf,
    },
    /// Train the demo's checkpoints from nothing; an interrupted training continues.
    Train(train::Arguments),
    /// Write RESULTS.md from a run of the harness on the trained checkpoints.
    Results(results::Arguments),
    /// Print tokens a character and a piece of the demo's tokenizer, by language.
    Fertility,
}

fn main() -> Result<()> {
    let Arguments { seed, command } = Arguments::parse();
    match command {
        Command::Data { out } => write_data(seed, &out),
        Command::Random { out } => write_random(seed, &out),
        Command::Fixture { out } => write_fixture(seed, &out),
        Command::Train(arguments) => train::run(seed, &arguments),
        Command::Results(arguments) => results::run(seed, &arguments),
        Command::Fertility => fertility(seed),
    }
}

/// Prints a line of results.
#[expect(clippy::print_stdout, reason = "the one place where results are printed")]
fn say(line: &str) {
    println!("{line}");
}

fn write_data(seed: u64, out: &Path) -> Result<()> {
    for (path, rows) in data::write(seed, out)? {
        say(&format!("{rows:5}  {path}"));
    }
    Ok(())
}

fn write_random(seed: u64, out: &Path) -> Result<()> {
    let tokenizer = tokenizer::train(seed, tokenizer::ENTRIES, tokenizer::CHARACTERS)?;
    let shape = Shape::miniature(tokenizer.get_vocab_size(true));
    for (number, name) in ["base", "cpt", "sft"].into_iter().enumerate() {
        let weights = random_weights(&shape, seed + number as u64);
        let folder = out.join(name);
        checkpoint::write(&folder, &shape, &weights, WeightType::Bf16, &tokenizer)?;
        say(&format!("{}: random weights", folder.display()));
    }
    Ok(())
}

fn write_fixture(seed: u64, out: &Path) -> Result<()> {
    let tokenizer = tokenizer::train(seed, 1024, 400_000)?;
    let shape = Shape::fixture(tokenizer.get_vocab_size(true));
    let weights = random_weights(&shape, seed);
    checkpoint::write(out, &shape, &weights, WeightType::F32, &tokenizer)
        .with_context(|| format!("writing {}", out.display()))
}

fn fertility(seed: u64) -> Result<()> {
    let tokenizer = tokenizer::train(seed, tokenizer::ENTRIES, tokenizer::CHARACTERS)?;
    say(&format!("{} entries", tokenizer.get_vocab_size(true)));
    let measured = tokenizer::fertility(&tokenizer, seed)?;
    for (language, (by_character, by_piece)) in ["en", "he", "ja"].iter().zip(measured) {
        say(&format!("{language}: {by_character:.3} tokens a character, {by_piece:.3} a piece"));
    }
    Ok(())
}
