//! How alike two loads of the same layer are.

use super::usage::{entropy_bits, total};

/// Cosine of the angle between two loads, 0 (no common expert) to 1. The paper takes it of
/// activation rates; the value does not depend on either load's sum. `None` when lengths differ
/// or a load is all zero.
#[must_use]
pub fn cosine(a: &[f64], b: &[f64]) -> Option<f64> {
    total(a)?;
    total(b)?;
    (a.len() == b.len())
        .then(|| (dot(a, b) / (dot(a, a).sqrt() * dot(b, b).sqrt())).clamp(0.0, 1.0))
}

/// Jensen-Shannon divergence in bits, equal weights, of two loads divided by their sums: 0
/// (alike) to 1 (no common expert). Not its square root (Lin 1991). It equals the mutual
/// information of language and expert when both languages are equally likely. `None` as for
/// [`cosine`].
///
/// Two halves of one language never reach 0: compare with a same-language split.
#[must_use]
pub fn jensen_shannon_bits(a: &[f64], b: &[f64]) -> Option<f64> {
    if a.len() != b.len() {
        return None;
    }
    let (total_a, total_b) = (total(a)?, total(b)?);
    let middle: Vec<f64> =
        a.iter().zip(b).map(|(x, y)| (x / total_a + y / total_b) / 2.0).collect();
    let divergence = entropy_bits(&middle)? - (entropy_bits(a)? + entropy_bits(b)?) / 2.0;
    Some(divergence.clamp(0.0, 1.0))
}

/// A measure of two loads, layer by layer. `None` when the profiles have different numbers of
/// layers or one layer has no value.
#[must_use]
pub fn by_layer(
    a: &[Vec<f64>],
    b: &[Vec<f64>],
    measure: impl Fn(&[f64], &[f64]) -> Option<f64>,
) -> Option<Vec<f64>> {
    if a.len() != b.len() {
        return None;
    }
    a.iter().zip(b).map(|(x, y)| measure(x, y)).collect()
}

fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(x, y)| x * y).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_loads_are_one_and_disjoint_loads_zero() {
        let (a, b) = ([1.0, 3.0, 0.0, 0.0], [0.0, 0.0, 2.0, 2.0]);
        assert!((cosine(&a, &a).unwrap() - 1.0).abs() < 1e-15);
        assert_eq!(cosine(&a, &b), Some(0.0));
        assert_eq!(jensen_shannon_bits(&a, &a), Some(0.0));
        assert!((jensen_shannon_bits(&a, &b).unwrap() - 1.0).abs() < 1e-15);
    }

    #[test]
    fn closed_forms() {
        assert!((cosine(&[1.0, 0.0], &[1.0, 1.0]).unwrap() - 0.5_f64.sqrt()).abs() < 1e-15);
        // H(3/4, 1/4) - (0 + 1) / 2.
        let expected = 0.75 * (4.0_f64 / 3.0).log2() + 0.25 * 2.0 - 0.5;
        assert!((jensen_shannon_bits(&[1.0, 0.0], &[1.0, 1.0]).unwrap() - expected).abs() < 1e-15);
    }

    #[test]
    fn sums_do_not_matter_and_emptiness_has_no_value() {
        let (a, b) = ([1.0, 2.0, 3.0], [30.0, 10.0, 5.0]);
        let scaled = a.map(|x| x * 8.0);
        assert!((cosine(&a, &b).unwrap() - cosine(&scaled, &b).unwrap()).abs() < 1e-12);
        assert_eq!(cosine(&a, &[0.0; 3]), None);
        assert_eq!(jensen_shannon_bits(&a, &[1.0]), None);
        assert_eq!(by_layer(&[a.to_vec()], &[], cosine), None);
    }
}
