use harness_models::{Architecture, ComputeDtype};

use super::error::EvalError;

/// What a token of the budget may cost beside the weights: activations, cached keys and values, routing counts.
/// `benches/memory.py` measures that it costs less.
const BYTES_PER_BUDGET_TOKEN: u64 = (64 << 20) / 1000;

/// Tokens a batch where there is memory enough: more do not make products faster.
const LARGEST_DEFAULT: usize = 4096;
/// Tokens a batch below which the default does not go.
const SMALLEST_DEFAULT: usize = 256;

/// The budget where none is asked for: what half of the machine's memory leaves beside the largest model, within
/// bounds.
///
/// The memory that the machine has counts, not what is free at the moment: windows depend on the budget, and the same
/// command must find its own record again.
pub fn default_batch_tokens<'a>(
    architectures: impl Iterator<Item = &'a Architecture>,
    dtype: ComputeDtype,
) -> usize {
    let meminfo = std::fs::read_to_string("/proc/meminfo").unwrap_or_default();
    let weights = architectures.map(|architecture| architecture.weight_bytes(dtype)).max();
    default_within(stated(&meminfo, "MemTotal:"), weights.unwrap_or_default())
}

fn default_within(total: Option<u64>, weights: u64) -> usize {
    let Some(total) = total else { return LARGEST_DEFAULT };
    let tokens = (total / 2).saturating_sub(weights) / BYTES_PER_BUDGET_TOKEN;
    usize::try_from(tokens).unwrap_or(usize::MAX).clamp(SMALLEST_DEFAULT, LARGEST_DEFAULT)
}

/// Refuses a model that cannot fit, before anything of it is read.
///
/// # Errors
/// [`EvalError::Memory`] with the need, what is available, and the largest budget that would fit.
pub fn check(
    alias: &str,
    architecture: &Architecture,
    dtype: ComputeDtype,
    batch_tokens: usize,
) -> Result<(), EvalError> {
    let meminfo = std::fs::read_to_string("/proc/meminfo").unwrap_or_default();
    match stated(&meminfo, "MemAvailable:") {
        Some(available) => fits(alias, architecture.weight_bytes(dtype), batch_tokens, available),
        None => Ok(()),
    }
}

/// Bytes that the system states under a key; `None` where it does not say (no Linux).
fn stated(meminfo: &str, key: &str) -> Option<u64> {
    let line = meminfo.lines().find_map(|line| line.strip_prefix(key))?;
    Some(line.split_whitespace().next()?.parse::<u64>().ok()? * 1024)
}

fn fits(alias: &str, weights: u64, batch_tokens: usize, available: u64) -> Result<(), EvalError> {
    let budget = BYTES_PER_BUDGET_TOKEN.saturating_mul(batch_tokens as u64);
    if weights.saturating_add(budget) <= available {
        return Ok(());
    }
    let gib = |bytes: u64| bytes as f64 / f64::from(1 << 30);
    let largest = available.saturating_sub(weights) / BYTES_PER_BUDGET_TOKEN;
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_cannot_fit_is_refused_with_the_largest_budget() {
        let gib = 1 << 30;
        assert!(fits("m", gib, 4096, 2 * gib).is_ok());
        let error = fits("m", gib, 100_000, 2 * gib).unwrap_err().to_string();
        assert!(error.contains("--batch-tokens 16"), "{error}");
        let error = fits("m", 3 * gib, 1, 2 * gib).unwrap_err().to_string();
        assert!(error.contains("the weights alone do not fit"), "{error}");
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
        let gib = 1 << 30;
        assert_eq!(default_within(Some(64 * gib), gib), LARGEST_DEFAULT);
        assert_eq!(default_within(None, gib), LARGEST_DEFAULT);
        assert_eq!(default_within(Some(2 * gib), 2 * gib), SMALLEST_DEFAULT);
        let small = default_within(Some(2 * gib), gib - (100 << 20));
        assert!((1500..1600).contains(&small), "{small}");
    }
}
