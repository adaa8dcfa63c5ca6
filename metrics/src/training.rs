//! What a training run's losses say about how it went.

use crate::scores::stderr::mean;

/// The largest rise over the lowest loss before: how high the worst spike is.
#[must_use]
pub fn largest_rise(losses: &[f64]) -> f64 {
    let mut lowest = f64::INFINITY;
    losses.iter().fold(0.0, |rise: f64, &loss| {
        lowest = lowest.min(loss);
        rise.max(loss - lowest)
    })
}

/// Mean loss of the first and of the last tenth, at least one loss each; `None` of no losses.
#[must_use]
pub fn first_and_last(losses: &[f64]) -> Option<(f64, f64)> {
    let tenth = losses.len().div_ceil(10);
    Some((mean(&losses[..tenth])?, mean(&losses[losses.len() - tenth..])?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spikes_are_measured_from_the_lowest_point_before() {
        let losses = [3.0, 1.0, 2.5, 0.5, 1.0];
        assert_eq!((first_and_last(&losses), largest_rise(&losses)), (Some((3.0, 1.0)), 1.5));
        assert_eq!((first_and_last(&[]), largest_rise(&[])), (None, 0.0));
        assert_eq!(first_and_last(&[9.0, 1.0]).map(|(_, last)| last), Some(1.0));
    }
}
