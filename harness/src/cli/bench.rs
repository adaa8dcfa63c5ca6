use std::path::Path;

use clap::ValueEnum;
use comfy_table::{CellAlignment, Table, presets};
use harness_models::LoadOptions;
use harness_models::synthetic::{DiskDtype, RandomCheckpoint, SyntheticOptions};
use serde_json::json;

use super::args::BenchArgs;
use super::error::CommandError;
use super::output;
use crate::bench::{Measurement, Peak, Settings, Workload, measure, number_tokenizer, peak};
use crate::eval::{EvalError, check_memory};
use crate::exit::Exit;
use crate::run::Interrupt;

/// The model that is made where none is named.
const DEFAULT_CONFIG: &str = include_str!("../../../benches/configs/qwen3_moe_312m.json");

/// Makes a model, runs workloads on it, prints what they took.
pub(super) fn run(args: &BenchArgs) -> Result<Exit, CommandError> {
    if args.batch_tokens == 0 {
        return Err(CommandError::usage("--batch-tokens is at least 1"));
    }
    let interrupt = Interrupt::listen()?;
    let checkpoint = checkpoint(args)?;
    let architecture = checkpoint.architecture();
    let device = args.device;
    let options = LoadOptions { dtype: device.resolve(args.dtype.into()), device };
    check_memory("random", architecture, options.dtype, device, args.batch_tokens)?;
    let peak = peak(&options).map_err(EvalError::from)?;
    let encoder = number_tokenizer(architecture.vocab_size).map_err(EvalError::from)?;
    let model = checkpoint.load(&options).map_err(EvalError::from)?;
    let settings = Settings { batch_tokens: args.batch_tokens, repeat: args.repeat };
    let chosen = if args.workload.is_empty() { &Workload::DEFAULT[..] } else { &args.workload };
    let mut measured = Vec::new();
    for &workload in chosen {
        let one = measure(workload, model.as_ref(), &encoder, peak, settings, &interrupt);
        measured.push(one.map_err(EvalError::from)?);
    }
    if args.json {
        output::print_json(&json!({"peak": peak, "workloads": measured}))?;
    } else {
        output::print(&text(peak, &measured))?;
    }
    Ok(Exit::Success)
}

fn checkpoint(args: &BenchArgs) -> Result<RandomCheckpoint, CommandError> {
    let (file, config) = match &args.config {
        Some(path) => {
            (path.clone(), std::fs::read_to_string(path).map_err(|error| unreadable(path, &error))?)
        }
        None => ("config.json".into(), DEFAULT_CONFIG.to_owned()),
    };
    let dtype = if args.weights == "bf16" { DiskDtype::Bf16 } else { DiskDtype::F32 };
    let options = SyntheticOptions { dtype, ..SyntheticOptions::default() };
    Ok(RandomCheckpoint::new(&file, &config, options).map_err(EvalError::from)?)
}

fn unreadable(path: &Path, error: &std::io::Error) -> CommandError {
    CommandError::usage(format!("{}: {error}", path.display()))
}

fn text(peak: Peak, measured: &[Measurement]) -> String {
    let mut table = Table::new();
    table.load_style(presets::NOTHING);
    table.set_header([
        "workload", "naive", "distinct", "computed", "tokens/s", "GFLOP/s", "of peak", "capture",
        "peak MiB",
    ]);
    for one in measured {
        table.add_row(cells(one));
    }
    for column in table.column_iter_mut().skip(1) {
        column.set_cell_alignment(CellAlignment::Right);
    }
    format!("{table}\n{}\n", rate(peak))
}

/// What the machine itself does, which shares are of.
fn rate(peak: Peak) -> String {
    let Peak { gflops, gflop_per_cpu_second, threads } = peak;
    if threads == 0 {
        return format!("Large products on the device: {gflops:.0} GFLOP/s.");
    }
    let cpu = gflop_per_cpu_second.map(|rate| format!(", {rate:.0} a second of processor time"));
    format!(
        "Large f32 products: {gflops:.0} GFLOP/s on {threads} threads{}. Shares and capture overhead are of processor \
         time.",
        cpu.unwrap_or_default(),
    )
}

fn cells(one: &Measurement) -> [String; 9] {
    let memory = |bytes: u64| format!("{:.0}", bytes as f64 / f64::from(1 << 20));
    [
        one.workload
            .to_possible_value()
            .map_or_else(String::new, |name| name.get_name().to_owned()),
        one.tokens_naive.to_string(),
        one.tokens_distinct.to_string(),
        one.tokens_computed.to_string(),
        format!("{:.0}", one.tokens_per_second),
        format!("{:.0}", one.gflops),
        format!("{:.0} %", 100.0 * one.share_of_peak),
        format!("{:+.1} %", 100.0 * one.capture_overhead),
        one.peak_memory_bytes.map_or_else(|| "?".to_owned(), memory),
    ]
}
