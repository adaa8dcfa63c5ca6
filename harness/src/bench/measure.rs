use std::collections::HashSet;

use harness_models::{Architecture, Model};
use serde::Serialize;

use super::machine::{Peak, Spent, peak_memory};
use super::workload::Workload;
use crate::encode::{Pass, TextEncoder};
use crate::plan::Forest;
use crate::run::{Budget, Executor, HELD_SUMS, Interrupt, PassAnswer, RunError, WindowOutcome};

/// What a workload came to.
#[derive(Debug, Clone, Serialize)]
pub struct Measurement {
    /// The workload.
    pub workload: Workload,
    /// Tokens of all sequences, as a program without sharing would feed them.
    pub tokens_naive: usize,
    /// Distinct token positions of their forest.
    pub tokens_distinct: usize,
    /// Tokens that went through the model, generated ones included.
    pub tokens_computed: usize,
    /// Predictions that were asked for.
    pub rows: usize,
    /// 10⁹ floating-point operations of all products with weights; attention's are not counted.
    pub gflop: f64,
    /// Seconds with routing capture: the median of the runs.
    pub seconds: f64,
    /// Seconds without it.
    pub seconds_without_capture: f64,
    /// Seconds of processor time with routing capture: the median of the runs.
    pub cpu_seconds: Option<f64>,
    /// Computed tokens a second.
    pub tokens_per_second: f64,
    /// `gflop` a second.
    pub gflops: f64,
    /// Rate a second of processor time, by that of large products (0 to 1); by the clock where processor time is
    /// not told.
    pub share_of_peak: f64,
    /// Time with capture by time without it, minus 1: the median over pairs of runs.
    pub capture_overhead: f64,
    /// The most memory that the process has had so far, in bytes; making the weights is part of it.
    pub peak_memory_bytes: Option<u64>,
}

/// How a workload is measured.
#[derive(Debug, Clone, Copy)]
pub struct Settings {
    /// Tokens a batch.
    pub batch_tokens: usize,
    /// Pairs of runs: with and without routing capture.
    pub repeat: u32,
}

/// Runs a workload.
///
/// # Errors
/// [`RunError`], also when a signal came.
pub fn measure(
    workload: Workload,
    model: &dyn Model,
    encoder: &TextEncoder,
    peak: Peak,
    settings: Settings,
    interrupt: &Interrupt,
) -> Result<Measurement, RunError> {
    let passes = workload.passes(model.architecture().vocab_size);
    let passes: Vec<(usize, &Pass)> =
        passes.iter().map(|(document, pass)| (*document, pass)).collect();
    let budget = Budget::new(settings.batch_tokens);
    let run = |routing: bool| -> Result<(Spent, WindowOutcome), RunError> {
        let executor = Executor {
            model,
            encoder,
            ends: HashSet::new(),
            budget: &budget,
            routing,
            keep_cell_scores: false,
            held_sums: HELD_SUMS,
            trace: false,
            interrupt,
        };
        let (mut spent, outcome) = Spent::by(|| executor.run(&passes, &mut |_| {}));
        // On an accelerator the processor only waits.
        spent.cpu_seconds = spent.cpu_seconds.filter(|_| peak.threads > 0);
        Ok((spent, outcome?))
    };
    let (_, outcome) = run(true)?; // the first run touches memory for the first time
    let mut pairs = Vec::new();
    for _ in 0..settings.repeat {
        pairs.push((run(true)?.0, run(false)?.0));
    }
    let forest = Forest::new(&passes, settings.batch_tokens);
    let rows = rows(&forest, &outcome);
    Ok(summary(workload, &passes, (&forest, rows), &outcome, &pairs, model.architecture(), peak))
}

/// Scored rows of the forest, and the tokens that were generated.
fn rows(forest: &Forest, outcome: &WindowOutcome) -> usize {
    let generated = |answer: &PassAnswer| match answer {
        PassAnswer::Generated { tokens, .. } => *tokens - 1,
        _ => 0,
    };
    let wanted: usize = forest.nodes.iter().map(|node| node.wants.len()).sum();
    wanted + outcome.answers.iter().map(generated).sum::<usize>()
}

fn summary(
    workload: Workload,
    passes: &[(usize, &Pass)],
    (forest, rows): (&Forest, usize),
    outcome: &WindowOutcome,
    pairs: &[(Spent, Spent)],
    architecture: &Architecture,
    peak: Peak,
) -> Measurement {
    let seconds = median(pairs.iter().map(|(with, _)| with.seconds));
    let cpu: Option<Vec<f64>> = pairs.iter().map(|(with, _)| with.cpu_seconds).collect();
    let cpu_seconds = cpu.map(|cpu| median(cpu.into_iter()));
    let gflop = gflop(architecture, outcome.computed_tokens, rows);
    let share_of_peak = match (cpu_seconds, peak.gflop_per_cpu_second) {
        (Some(cpu), Some(peak)) => gflop / cpu / peak,
        _ => gflop / seconds / peak.gflops,
    };
    Measurement {
        workload,
        tokens_naive: passes.iter().map(|(_, pass)| pass.tokens.len()).sum(),
        tokens_distinct: forest.tokens(),
        tokens_computed: outcome.computed_tokens,
        rows,
        gflop,
        seconds,
        seconds_without_capture: median(pairs.iter().map(|(_, without)| without.seconds)),
        cpu_seconds,
        tokens_per_second: outcome.computed_tokens as f64 / seconds,
        gflops: gflop / seconds,
        share_of_peak,
        capture_overhead: median(pairs.iter().map(overhead)),
        peak_memory_bytes: peak_memory(),
    }
}

/// Two operations for each parameter that a token meets; the vocabulary's only for the rows that are predicted.
fn gflop(architecture: &Architecture, tokens: usize, rows: usize) -> f64 {
    let vocabulary = architecture.vocab_size as f64 * architecture.hidden_size as f64;
    let outer = if architecture.tied_head { vocabulary } else { 2.0 * vocabulary };
    let inner = architecture.parameters_active as f64 - outer;
    2.0 * (inner * tokens as f64 + vocabulary * rows as f64) / 1e9
}

fn overhead((with, without): &(Spent, Spent)) -> f64 {
    match (with.cpu_seconds, without.cpu_seconds) {
        (Some(with), Some(without)) if without > 0.0 => with / without - 1.0,
        _ => with.seconds / without.seconds - 1.0,
    }
}

fn median(numbers: impl Iterator<Item = f64>) -> f64 {
    let mut numbers: Vec<f64> = numbers.collect();
    numbers.sort_by(f64::total_cmp);
    match numbers.len() {
        0 => f64::NAN,
        n if n % 2 == 1 => numbers[n / 2],
        n => f64::midpoint(numbers[n / 2 - 1], numbers[n / 2]),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn operations_count_the_head_only_where_it_is_asked() {
        let architecture = Architecture {
            vocab_size: 1000,
            hidden_size: 10,
            parameters_active: 10_500,
            tied_head: true,
            ..Architecture::default()
        };
        assert!((gflop(&architecture, 4, 1) * 1e9 - 2.0 * (500.0 * 4.0 + 10_000.0)).abs() < 1e-6);
        assert_eq!(median([3.0, 1.0, 2.0].into_iter()), 2.0);
        assert_eq!(median([3.0, 1.0].into_iter()), 2.0);
    }
}
