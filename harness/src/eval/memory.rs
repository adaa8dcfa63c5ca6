use harness_models::{Architecture, ComputeDevice, ComputeDtype};

use super::error::EvalError;

/// What a token of the budget may cost beside the weights: activations, cached keys and values, routing counts.
/// `benches/memory.py` measures that it costs less.
const BYTES_PER_BUDGET_TOKEN: u64 = (64 << 20) / 1000;
/// The same on an accelerator, for models of 30 B parameters: 12 GiB for 16,384 tokens.
const DEVICE_BYTES_PER_BUDGET_TOKEN: u64 = (12 << 30) / 16_384;

/// Tokens a batch where there is memory enough: more do not make products faster.
const LARGEST_DEFAULT: usize = 4096;
/// The same on an accelerator, where each of 128 experts should meet a thousand rows.
const DEVICE_LARGEST_DEFAULT: usize = 16_384;
/// Tokens a batch below which the default does not go.
const SMALLEST_DEFAULT: usize = 256;

/// The memory that a model has to share with its batches.
struct Memory {
    total: Option<u64>,
    available: Option<u64>,
    per_token: u64,
    most_tokens: usize,
}

impl Memory {
    /// The accelerator's own, else the machine's as the system states it (only Linux does).
    fn of(device: ComputeDevice) -> Self {
        if let Some(memory) = device.memory() {
            return Self {
                total: Some(memory.total),
                available: Some(memory.free),
                per_token: DEVICE_BYTES_PER_BUDGET_TOKEN,
                most_tokens: DEVICE_LARGEST_DEFAULT,
            };
        }
        let meminfo = std::fs::read_to_string("/proc/meminfo").unwrap_or_default();
        Self {
            total: stated(&meminfo, "MemTotal:").map(|total| total / 2),
            available: stated(&meminfo, "MemAvailable:"),
            per_token: BYTES_PER_BUDGET_TOKEN,
            most_tokens: LARGEST_DEFAULT,
        }
    }

    fn default_tokens(&self, weights: u64) -> usize {
        let Some(total) = self.total else { return self.most_tokens };
        let tokens = total.saturating_sub(weights) / self.per_token;
        usize::try_from(tokens).unwrap_or(usize::MAX).clamp(SMALLEST_DEFAULT, self.most_tokens)
    }

    fn fits(&self, alias: &str, weights: u64, batch_tokens: usize) -> Result<(), EvalError> {
        let Some(available) = self.available else { return Ok(()) };
        let budget = self.per_token.saturating_mul(batch_tokens as u64);
        if weights.saturating_add(budget) <= available {
            return Ok(());
        }
        let gib = |bytes: u64| bytes as f64 / f64::from(1 << 30);
        let largest = available.saturating_sub(weights) / self.per_token;
        let advice = if largest == 0 {
            "the weights alone do not fit; take a machine with more memory".to_owned()
        } else {
            format!("--batch-tokens {largest} is the largest budget that fits")
        };
        Err(EvalError::Memory(format!(
            "model `{alias}` needs {:.1} GiB (weights {:.1} GiB, {batch_tokens} tokens a batch), but {:.1} GiB are \
             available: {advice}",
            gib(weights.saturating_add(budget)),
            gib(weights),
            gib(available),
        )))
    }
}

/// The budget where none is asked for: what half of the machine's memory, or all of an accelerator's, leaves beside
/// the largest model, within bounds.
///
/// The memory that the machine has counts, not what is free at the moment: windows depend on the budget, and the same
/// command must find its own record again.
pub fn default_batch_tokens<'a>(
    architectures: impl Iterator<Item = &'a Architecture>,
    dtype: ComputeDtype,
    device: ComputeDevice,
) -> usize {
    let weights = architectures.map(|architecture| architecture.weight_bytes(dtype)).max();
    Memory::of(device).default_tokens(weights.unwrap_or_default())
}

/// Refuses a model that cannot fit, before anything of it is read.
///
/// # Errors
/// [`EvalError::Memory`] with the need, what is available, and the largest budget that would fit.
pub fn check(
    alias: &str,
    architecture: &Architecture,
    dtype: ComputeDtype,
    device: ComputeDevice,
    batch_tokens: usize,
) -> Result<(), EvalError> {
    Memory::of(device).fits(alias, architecture.weight_bytes(dtype), batch_tokens)
}

/// Bytes that the system states under a key; `None` where it does not say (no Linux).
fn stated(meminfo: &str, key: &str) -> Option<u64> {
    let line = meminfo.lines().find_map(|line| line.strip_prefix(key))?;
    Some(line.split_whitespace().next()?.parse::<u64>().ok()? * 1024)
}

#[cfg(test)]
mod tests {
    use super::*;

    const GIB: u64 = 1 << 30;

    fn machine(total: Option<u64>, available: u64) -> Memory {
        let (per_token, most_tokens) = (BYTES_PER_BUDGET_TOKEN, LARGEST_DEFAULT);
        Memory { total: total.map(|t| t / 2), available: Some(available), per_token, most_tokens }
    }

    fn card(total: u64) -> Memory {
        let (per_token, most_tokens) = (DEVICE_BYTES_PER_BUDGET_TOKEN, DEVICE_LARGEST_DEFAULT);
        Memory { total: Some(total), available: Some(total), per_token, most_tokens }
    }

    #[test]
    fn what_cannot_fit_is_refused_with_the_largest_budget() {
        let memory = machine(None, 2 * GIB);
        assert!(memory.fits("m", GIB, 4096).is_ok());
        let error = memory.fits("m", GIB, 100_000).unwrap_err().to_string();
        assert!(error.contains("--batch-tokens 16"), "{error}");
        let error = memory.fits("m", 3 * GIB, 1).unwrap_err().to_string();
        assert!(error.contains("the weights alone do not fit"), "{error}");
    }

    #[test]
    fn a_card_of_80_gb_holds_a_model_of_30_b_and_its_largest_batches() {
        let (memory, weights) = (card(79 * GIB), 61_100_000_000);
        assert_eq!(memory.default_tokens(weights), DEVICE_LARGEST_DEFAULT);
        assert!(memory.fits("m", weights, DEVICE_LARGEST_DEFAULT).is_ok());
        assert!(card(64 * GIB).default_tokens(weights) < DEVICE_LARGEST_DEFAULT);
        let error =
            card(64 * GIB).fits("m", weights, DEVICE_LARGEST_DEFAULT).unwrap_err().to_string();
        assert!(error.contains("is the largest budget that fits"), "{error}");
    }

    #[test]
    fn the_kernel_says_what_is_available() {
        let meminfo = "MemTotal: 9 kB\nMemAvailable:   12 kB\n";
        assert_eq!(stated(meminfo, "MemAvailable:"), Some(12 * 1024));
        assert_eq!(stated(meminfo, "MemTotal:"), Some(9 * 1024));
        assert_eq!(stated("", "MemTotal:"), None);
    }

    #[test]
    fn the_default_budget_leaves_half_of_the_memory_alone() {
        assert_eq!(machine(Some(64 * GIB), 0).default_tokens(GIB), LARGEST_DEFAULT);
        assert_eq!(machine(None, 0).default_tokens(GIB), LARGEST_DEFAULT);
        assert_eq!(machine(Some(2 * GIB), 0).default_tokens(2 * GIB), SMALLEST_DEFAULT);
        let small = machine(Some(2 * GIB), 0).default_tokens(GIB - (100 << 20));
        assert!((1500..1600).contains(&small), "{small}");
    }
}
