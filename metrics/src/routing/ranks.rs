//! Whether two loads order the experts alike.

/// Spearman's rank correlation with average ranks for ties, −1 to 1. `None` when lengths differ,
/// are below 2, or one side is constant.
#[must_use]
pub fn spearman(a: &[f64], b: &[f64]) -> Option<f64> {
    (a.len() == b.len()).then(|| pearson(&average_ranks(a), &average_ranks(b))).flatten()
}

/// Pearson's correlation, −1 to 1. `None` as for [`spearman`].
#[must_use]
pub fn pearson(a: &[f64], b: &[f64]) -> Option<f64> {
    if a.len() != b.len() || a.len() < 2 {
        return None;
    }
    let (a, b) = (centred(a), centred(b));
    let product = |x: &[f64], y: &[f64]| x.iter().zip(y).map(|(p, q)| p * q).sum::<f64>();
    let scale = (product(&a, &a) * product(&b, &b)).sqrt();
    (scale > 0.0).then(|| (product(&a, &b) / scale).clamp(-1.0, 1.0))
}

/// Kendall's τ-b (Kendall 1945), −1 to 1: (concordant − discordant) over the geometric mean of
/// the pairs that are untied on either side. `None` as for [`spearman`].
#[must_use]
pub fn kendall_tau_b(a: &[f64], b: &[f64]) -> Option<f64> {
    if a.len() != b.len() {
        return None;
    }
    let (mut balance, mut untied_a, mut untied_b) = (0_i64, 0_i64, 0_i64);
    for i in 0..a.len() {
        for j in 0..i {
            let (x, y) = (order(a[i], a[j]), order(b[i], b[j]));
            balance += x * y;
            untied_a += x * x;
            untied_b += y * y;
        }
    }
    let scale = (untied_a as f64).sqrt() * (untied_b as f64).sqrt();
    (scale > 0.0).then(|| (balance as f64 / scale).clamp(-1.0, 1.0))
}

/// Ranks from 1; equal values share the mean of their ranks.
#[must_use]
pub fn average_ranks(values: &[f64]) -> Vec<f64> {
    let mut order: Vec<usize> = (0..values.len()).collect();
    order.sort_by(|&i, &j| values[i].total_cmp(&values[j]));
    let mut ranks = vec![0.0; values.len()];
    let mut below = 0;
    for tied in order.chunk_by(|&i, &j| values[i] == values[j]) {
        let rank = below as f64 + (tied.len() as f64 + 1.0) / 2.0;
        tied.iter().for_each(|&i| ranks[i] = rank);
        below += tied.len();
    }
    ranks
}

fn centred(values: &[f64]) -> Vec<f64> {
    let mean = values.iter().sum::<f64>() / values.len() as f64;
    values.iter().map(|x| x - mean).collect()
}

fn order(x: f64, y: f64) -> i64 {
    i64::from(x > y) - i64::from(x < y)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_and_reversed_orders_are_the_ends() {
        let (up, down) = ([1.0, 2.0, 3.0, 9.0], [4.0, 3.0, 1.0, 0.0]);
        assert_eq!((spearman(&up, &up), spearman(&up, &down)), (Some(1.0), Some(-1.0)));
        assert_eq!((kendall_tau_b(&up, &up), kendall_tau_b(&up, &down)), (Some(1.0), Some(-1.0)));
    }

    #[test]
    fn ties_share_their_mean_rank() {
        assert_eq!(average_ranks(&[5.0, 1.0, 5.0, 0.0]), [3.5, 2.0, 3.5, 1.0]);
    }

    /// Ten and eleven pairs by hand: a has one tied pair, b has one other.
    #[test]
    fn ties_by_hand() {
        let (a, b) = ([1.0, 2.0, 2.0, 3.0], [1.0, 3.0, 2.0, 2.0]);
        // Pairs (a, b): ++ ++ ++ 0- +- +0 -> concordant 3, discordant 1; untied 5 and 5.
        assert!((kendall_tau_b(&a, &b).unwrap() - 2.0 / 5.0).abs() < 1e-15);
        // Ranks 1, 2.5, 2.5, 4 against 1, 4, 2.5, 2.5: Σ of products of deviations 2.25 over 4.5.
        assert!((spearman(&a, &b).unwrap() - 0.5).abs() < 1e-15);
    }

    #[test]
    fn constants_have_no_correlation() {
        assert_eq!(spearman(&[1.0, 1.0], &[1.0, 2.0]), None);
        assert_eq!(kendall_tau_b(&[1.0, 1.0], &[1.0, 2.0]), None);
        assert_eq!(kendall_tau_b(&[1.0], &[1.0]), None);
        assert_eq!(pearson(&[1.0], &[1.0]), None);
    }
}
