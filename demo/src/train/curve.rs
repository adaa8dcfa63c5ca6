//! What a loss curve says about stability.

use std::path::Path;

/// The losses of a `loss.csv`; empty when there is none.
pub fn read(path: &Path) -> Vec<f64> {
    let text = std::fs::read_to_string(path).unwrap_or_default();
    let loss = |line: &str| line.split(',').nth(2).and_then(|loss| loss.parse().ok());
    text.lines().skip(1).filter_map(loss).collect()
}

/// The largest rise of a curve over its running minimum: how high its worst spike is.
pub fn largest_rise(losses: &[f64]) -> f64 {
    let mut lowest = f64::INFINITY;
    losses.iter().fold(0.0, |rise: f64, &loss| {
        lowest = lowest.min(loss);
        rise.max(loss - lowest)
    })
}

/// The mean of the last tenth of a curve, at least one value; `None` when it is empty.
pub fn final_loss(losses: &[f64]) -> Option<f64> {
    let last = &losses[losses.len() - losses.len().div_ceil(10)..];
    (!last.is_empty()).then(|| last.iter().sum::<f64>() / last.len() as f64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spikes_are_measured_from_the_lowest_point_before() {
        assert_eq!(largest_rise(&[3.0, 1.0, 2.5, 0.5, 1.0]), 1.5);
        assert_eq!(largest_rise(&[]), 0.0);
        assert_eq!(final_loss(&[9.0, 1.0]), Some(1.0));
        assert_eq!(final_loss(&[]), None);
    }
}
