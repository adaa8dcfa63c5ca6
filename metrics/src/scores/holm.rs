//! Many tests at once.

/// p-values adjusted by Holm's step-down method (Holm 1979), in the order given: the chance of
/// any false positive among them is at most the level at which they are read.
#[must_use]
pub fn adjust(p_values: &[f64]) -> Vec<f64> {
    let mut order: Vec<usize> = (0..p_values.len()).collect();
    order.sort_by(|&i, &j| p_values[i].total_cmp(&p_values[j]));
    let mut adjusted = vec![0.0; p_values.len()];
    let mut highest = 0.0_f64;
    for (step, &i) in order.iter().enumerate() {
        highest = highest.max(p_values[i] * (p_values.len() - step) as f64).min(1.0);
        adjusted[i] = highest;
    }
    adjusted
}

#[cfg(test)]
mod tests {
    use super::*;

    /// statsmodels 0.15 `multipletests(method="holm")`.
    #[test]
    fn agrees_with_statsmodels() {
        let found = adjust(&[0.01, 0.04, 0.03, 0.005, 0.5]);
        let expected = [0.04, 0.09, 0.09, 0.025, 0.5];
        assert!(found.iter().zip(expected).all(|(a, b)| (a - b).abs() < 1e-12), "{found:?}");
        assert_eq!(adjust(&[0.7, 0.9]), [1.0, 1.0]);
        assert!(adjust(&[]).is_empty());
    }
}
