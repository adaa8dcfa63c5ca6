use std::time::Instant;

use harness_models::{ComputeDevice, LoadError, LoadOptions, Problem, device_matmul, matmul};
use serde::Serialize;

/// Rows and columns of the matrices that the machine's rate is measured with.
const SIZE: usize = 1536;
/// Products, of which the fastest counts.
const PRODUCTS: usize = 5;
/// The same on an accelerator, which is slow on smaller matrices and warms up.
const DEVICE_SIZE: usize = 8192;
const DEVICE_PRODUCTS: usize = 20;

/// Wall-clock time and processor time that something took.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Spent {
    pub(super) seconds: f64,
    /// Over all threads; `None` where the system does not tell.
    pub(super) cpu_seconds: Option<f64>,
}

impl Spent {
    /// What `work` takes, with what it returns.
    pub(super) fn by<T>(work: impl FnOnce() -> T) -> (Self, T) {
        let (clock, cpu) = (Instant::now(), cpu_seconds());
        let result = work();
        let cpu_seconds = cpu.zip(cpu_seconds()).map(|(before, after)| after - before);
        (Self { seconds: clock.elapsed().as_secs_f64(), cpu_seconds }, result)
    }
}

/// The rate at which the machine multiplies large matrices, in 10⁹ floating-point operations.
#[derive(Debug, Clone, Copy, Serialize)]
pub struct Peak {
    /// A second, on all threads: the fastest product seen.
    pub gflops: f64,
    /// A second of processor time, over all products; does not suffer from other programs on the machine.
    pub gflop_per_cpu_second: Option<f64>,
    /// Threads of the pool; 0 on an accelerator.
    pub threads: usize,
}

/// Measures the machine, or the device that is to run the models.
///
/// # Errors
/// If the device cannot be opened, or fails.
pub fn peak(options: &LoadOptions) -> Result<Peak, LoadError> {
    match options.device {
        ComputeDevice::Cpu => Ok(cpu_peak()),
        device => device_peak(options).map_err(|problem| LoadError {
            dir: device.to_string().into(),
            problems: vec![problem],
        }),
    }
}

fn device_peak(options: &LoadOptions) -> Result<Peak, Problem> {
    let mut fastest = f64::INFINITY;
    let operations = device_matmul(options, DEVICE_SIZE, &mut |product| {
        for _ in 0..DEVICE_PRODUCTS {
            let (spent, result) = Spent::by(product);
            result?;
            fastest = fastest.min(spent.seconds);
        }
        Ok(())
    })?;
    Ok(Peak { gflops: operations as f64 / 1e9 / fastest, gflop_per_cpu_second: None, threads: 0 })
}

fn cpu_peak() -> Peak {
    let mut fastest = f64::INFINITY;
    let mut cpu = None;
    let operations = matmul(SIZE, &mut |product| {
        let one = || fastest = fastest.min(Spent::by(product).0.seconds);
        cpu = Spent::by(|| std::iter::repeat_with(one).take(PRODUCTS).for_each(drop)).0.cpu_seconds;
    });
    let giga = operations as f64 / 1e9;
    Peak {
        gflops: giga / fastest,
        gflop_per_cpu_second: cpu.map(|cpu| giga * PRODUCTS as f64 / cpu.max(0.01)),
        threads: rayon::current_num_threads(),
    }
}

/// Processor time of this process so far, where Linux tells it (in hundredths of a second).
fn cpu_seconds() -> Option<f64> {
    let stat = std::fs::read_to_string("/proc/self/stat").ok()?;
    // The command's name comes second, in brackets, and may hold anything.
    let fields: Vec<&str> = stat.rsplit_once(')')?.1.split_whitespace().collect();
    let ticks = |index: usize| fields.get(index)?.parse::<f64>().ok();
    Some((ticks(11)? + ticks(12)?) / 100.0)
}

/// The most memory that this process has had, in bytes, where Linux tells it.
pub(super) fn peak_memory() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    Some(line.split_whitespace().next()?.parse::<u64>().ok()? * 1024)
}
