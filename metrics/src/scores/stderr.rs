//! Means and standard errors, as lm-evaluation-harness computes them (`lm_eval/api/metrics.py`).

use super::Clusters;

/// Plain mean; `None` of nothing.
#[must_use]
pub fn mean(values: &[f64]) -> Option<f64> {
    (!values.is_empty()).then(|| values.iter().sum::<f64>() / values.len() as f64)
}

/// Sample standard deviation, divisor n − 1; `None` below two values.
#[must_use]
pub fn sample_sd(values: &[f64]) -> Option<f64> {
    let mean = mean(values).filter(|_| values.len() > 1)?;
    let squares: f64 = values.iter().map(|x| (x - mean).powi(2)).sum();
    Some((squares / (values.len() - 1) as f64).sqrt())
}

/// Standard error of the mean of independent values, sample sd / √n; `None` below two values.
#[must_use]
pub fn of_mean(values: &[f64]) -> Option<f64> {
    Some(sample_sd(values)? / (values.len() as f64).sqrt())
}

/// Standard error of the mean when documents of a cluster belong together: the sandwich
/// estimate √(C/(C−1) · Σ (S_c − n_c·mean)²) / n over C clusters of n_c documents with sums S_c.
/// Equals [`of_mean`] for singletons. `None` below two clusters.
#[must_use]
pub fn of_mean_clustered(values: &[f64], clusters: &Clusters) -> Option<f64> {
    let (mean, count) = (mean(values)?, clusters.len() as f64);
    if clusters.len() < 2 {
        return None;
    }
    let residuals = clusters.sums(values).into_iter().zip(clusters.sizes());
    let squares: f64 = residuals.map(|(sum, size)| (sum - size * mean).powi(2)).sum();
    Some((squares * count / (count - 1.0)).sqrt() / values.len() as f64)
}

/// Standard error that the mean of paired differences has when there is no difference: √(Σ S_c²)/n
/// over clusters with sums S_c. For 0/1 scores of singletons it is √(discordant documents)/n. `None`
/// without documents.
#[must_use]
pub fn of_no_difference(differences: &[f64], clusters: &Clusters) -> Option<f64> {
    let squares: f64 = clusters.sums(differences).into_iter().map(|sum| sum * sum).sum();
    (!differences.is_empty()).then(|| squares.sqrt() / differences.len() as f64)
}

/// Pooled standard error of a group of tasks with sizes nᵢ and errors seᵢ, lm-eval's
/// `pooled_sample_stderr`: √( [Σ (nᵢ − 1)·seᵢ²·nᵢ / (Σ nᵢ − k)] / Σ nᵢ ). lm-eval uses it whether
/// or not the group's mean is weighted by size. `None` without tasks or with one document a task.
#[must_use]
pub fn pooled(sizes: &[usize], errors: &[f64]) -> Option<f64> {
    let total: usize = sizes.iter().sum();
    if sizes.len() != errors.len() || total <= sizes.len() {
        return None;
    }
    let term = |(&n, se): (&usize, &f64)| n.saturating_sub(1) as f64 * se * se * n as f64;
    let variance = sizes.iter().zip(errors).map(term).sum::<f64>() / (total - sizes.len()) as f64;
    Some((variance / total as f64).sqrt())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn closed_forms() {
        assert_eq!(sample_sd(&[1.0, 3.0]), Some(2.0_f64.sqrt()));
        assert_eq!(of_mean(&[1.0, 3.0]), Some(1.0));
        // Six right of forty: √(p(1−p)/(n−1)).
        let values: Vec<f64> = (0..40).map(|i| f64::from(i < 6)).collect();
        let expected = (0.15 * 0.85 / 39.0_f64).sqrt();
        assert!((of_mean(&values).unwrap() - expected).abs() < 1e-15);
    }

    #[test]
    fn clusters_of_equal_answers_count_once() {
        let values = [1.0, 1.0, 0.0, 0.0, 1.0, 1.0];
        let clustered =
            of_mean_clustered(&values, &Clusters::from_labels(["a", "a", "b", "b", "c", "c"]));
        assert!((clustered.unwrap() - of_mean(&[1.0, 0.0, 1.0]).unwrap()).abs() < 1e-15);
        let apart = of_mean_clustered(&values, &Clusters::singletons(6));
        assert!((apart.unwrap() - of_mean(&values).unwrap()).abs() < 1e-15);
    }

    #[test]
    fn under_no_difference_the_sums_themselves_spread() {
        let apart = of_no_difference(&[1.0, 0.0, -1.0, 0.0], &Clusters::singletons(4)).unwrap();
        assert!((apart - 2.0_f64.sqrt() / 4.0).abs() < 1e-15);
        let twins = Clusters::from_labels(["a", "b", "a", "b"]);
        assert_eq!(of_no_difference(&[1.0, 0.0, 1.0, 0.0], &twins), Some(0.5));
        assert_eq!(of_no_difference(&[], &Clusters::singletons(0)), None);
    }

    /// lm-eval's `pooled_sample_stderr([0.05, 0.1], [40, 10])`.
    #[test]
    fn pooled_errors() {
        let expected = ((39.0 * 0.0025 * 40.0 + 9.0 * 0.01 * 10.0) / 48.0 / 50.0_f64).sqrt();
        assert!((pooled(&[40, 10], &[0.05, 0.1]).unwrap() - expected).abs() < 1e-15);
    }

    #[test]
    fn too_little_has_no_error() {
        assert_eq!((mean(&[]), sample_sd(&[1.0]), of_mean(&[1.0])), (None, None, None));
        assert_eq!(of_mean_clustered(&[1.0, 0.0], &Clusters::from_labels(["a", "a"])), None);
        assert_eq!((pooled(&[], &[]), pooled(&[1, 1], &[0.0, 0.0])), (None, None));
    }
}
