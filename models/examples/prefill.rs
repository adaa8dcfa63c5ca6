//! Prefills a checkpoint with pseudo-random tokens and prints seconds as JSON, one line a round.
//!
//! `cargo run --release -p harness-models --example prefill -- CHECKPOINT [SEQUENCES TOKENS ROUNDS]`.
//! `benches/families.py` compares it with transformers. Routing is counted, as an evaluation does.

#![expect(clippy::print_stdout, reason = "what it measures is its output")]

use std::path::Path;
use std::time::Instant;

use harness_models::{Batch, GroupCounter, LoadOptions, Model, Segment, load};

type Failure = Box<dyn std::error::Error>;

fn main() -> Result<(), Failure> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let checkpoint = arguments.first().ok_or("name a checkpoint folder")?;
    let number = |at: usize, default| arguments.get(at).map_or(Ok(default), |n| n.parse::<usize>());
    let (sequences, tokens, rounds) = (number(1, 8)?, number(2, 512)?, number(3, 3)?);
    let model = load(Path::new(checkpoint), &LoadOptions::default())?;
    let batch = batch(sequences, tokens, model.architecture().vocab_size as u32);
    run(model.as_ref(), &batch)?; // the first pass sets things up
    for _ in 0..rounds {
        let (clock, cpu) = (Instant::now(), processor_seconds());
        run(model.as_ref(), &batch)?;
        let seconds = clock.elapsed().as_secs_f64();
        println!(
            "{{\"seconds\": {seconds:.3}, \"cpu_seconds\": {:.2}}}",
            processor_seconds() - cpu
        );
    }
    Ok(())
}

fn run(model: &dyn Model, batch: &Batch) -> Result<(), Failure> {
    let mut counter = GroupCounter::new(model.architecture());
    model.forward(batch, &mut model.new_cache(), &mut counter)?;
    drop(counter.take()?);
    Ok(())
}

fn batch(sequences: usize, tokens: usize, vocab: u32) -> Batch {
    let segment = |node: usize| Segment {
        node: node as u64,
        tokens: (0..tokens).map(|i| (i * i * 31 + node * 7919) as u32 % vocab).collect(),
        groups: vec![0; tokens],
        ..Segment::default()
    };
    Batch { segments: (0..sequences).map(segment).collect(), groups: 1 }
}

/// Processor time of this process so far: fields 14 and 15 of `/proc/self/stat`, in hundredths; 0
/// where there is no such file.
fn processor_seconds() -> f64 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let after_name = stat.rsplit(')').next().unwrap_or_default();
    let fields: Vec<&str> = after_name.split_whitespace().collect();
    let ticks = |at: usize| fields.get(at).and_then(|f| f.parse::<f64>().ok()).unwrap_or(0.0);
    (ticks(11) + ticks(12)) / 100.0
}
