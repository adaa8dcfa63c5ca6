//! Breadth of a single document's routing, and how to keep its length out of it.
//!
//! The plug-in entropy of twenty tokens reads lower than that of three hundred of the same kind,
//! so as a predictor it is a length meter. Safe are measures that are linear in the counts
//! ([`cross_entropy_bits`]), that compare two different tokens ([`collision_entropy_bits`]), or
//! that look at a fixed number of tokens ([`rarefied_entropy_bits`]). An expert is chosen at most
//! once a token, so all three are exact from counts: no trace of tokens is needed.
//!
//! Each takes one layer's selections `[experts]`, the number of tokens, and top-k, which must fit
//! each other: Σ selections = tokens · top-k, no selection above tokens.

use super::usage::entropy_bits;

/// Expected usage entropy, in bits, of `sample` tokens drawn without replacement from the
/// document's: Σₑ Σⱼ Hyp(j; n, cₑ, m) f(j / (k m)) with f(x) = −x log₂ x (rarefaction, Hurlbert
/// 1971). `None` when the document has fewer tokens than `sample`, or for 0.
#[must_use]
pub fn rarefied_entropy_bits(
    selections: &[u64],
    tokens: u64,
    top_k: usize,
    sample: u64,
) -> Option<f64> {
    if sample == 0 || sample > tokens || !fits(selections, tokens, top_k) {
        return None;
    }
    let share = |chosen: u64| {
        let p = chosen as f64 / (top_k as f64 * sample as f64);
        if p > 0.0 { -p * p.log2() } else { 0.0 }
    };
    let expected = |&count: &u64| -> f64 {
        hypergeometric(tokens, count, sample).map(|(chosen, p)| p * share(chosen)).sum()
    };
    Some(selections.iter().filter(|&&count| count > 0).map(expected).sum())
}

/// −log₂ of the probability that two selections of two different tokens of the document fall on
/// the same expert: Σₑ cₑ(cₑ − 1) / (k² n(n − 1)); Rényi's entropy of order 2, without a bias from
/// length. `None` below two tokens, or when no two tokens share an expert (it is infinite then).
#[must_use]
pub fn collision_entropy_bits(selections: &[u64], tokens: u64, top_k: usize) -> Option<f64> {
    if tokens < 2 || !fits(selections, tokens, top_k) {
        return None;
    }
    let pairs: f64 = selections.iter().map(|&c| c as f64 * (c as f64 - 1.0)).sum();
    let (n, k) = (tokens as f64, top_k as f64);
    (pairs > 0.0).then(|| -(pairs / (k * k * n * (n - 1.0))).log2())
}

/// Mean over the document's selections of −log₂ q, where q is the share of the chosen expert in
/// the rest of the task, `rest` (the task's counts without the document's cluster) plus ½ an
/// expert: how unusual the document's experts are, in bits. Linear in the document's counts.
/// `None` without selections or when the lengths differ.
#[must_use]
pub fn cross_entropy_bits(selections: &[u64], rest: &[u64]) -> Option<f64> {
    let total: u64 = selections.iter().sum();
    if total == 0 || selections.len() != rest.len() {
        return None;
    }
    let rest_total = rest.iter().sum::<u64>() as f64 + 0.5 * rest.len() as f64;
    let bits = |(&count, &other): (&u64, &u64)| {
        -(count as f64) * ((other as f64 + 0.5) / rest_total).log2()
    };
    Some(selections.iter().zip(rest).map(bits).sum::<f64>() / total as f64)
}

/// The plug-in usage entropy, in bits, plus the Miller-Madow correction (S − 1)/(2 N ln 2) for S
/// used experts and N selections (Miller 1955). Shown beside plug-in entropies of few tokens; it
/// takes selections for independent, which repeated words are not. `None` without selections.
#[must_use]
pub fn miller_madow_entropy_bits(selections: &[u64]) -> Option<f64> {
    let load: Vec<f64> = selections.iter().map(|&count| count as f64).collect();
    let total: u64 = selections.iter().sum();
    let used = selections.iter().filter(|&&count| count > 0).count();
    Some(entropy_bits(&load)? + (used as f64 - 1.0) / (2.0 * total as f64 * std::f64::consts::LN_2))
}

fn fits(selections: &[u64], tokens: u64, top_k: usize) -> bool {
    let expected = tokens.checked_mul(top_k as u64);
    expected == Some(selections.iter().sum()) && selections.iter().all(|&count| count <= tokens)
}

/// (j, probability) of j marked items among `sample` drawn from `population` with `marked`.
fn hypergeometric(population: u64, marked: u64, sample: u64) -> impl Iterator<Item = (u64, f64)> {
    let least = (marked + sample).saturating_sub(population);
    let most = marked.min(sample);
    let at_least = ln_choose(marked, least) + ln_choose(population - marked, sample - least)
        - ln_choose(population, sample);
    let mut p = at_least.exp();
    (least..=most).map(move |j| {
        let here = p;
        // P(j + 1) / P(j); the last factor is 0 beyond `most`.
        let up = (marked - j) as f64 * (sample - j) as f64;
        let down = (j + 1) as f64 * ((population + j + 1) as f64 - (marked + sample) as f64);
        p *= up / down;
        (j, here)
    })
}

fn ln_choose(n: u64, k: u64) -> f64 {
    statrs::function::factorial::ln_binomial(n, k)
}

#[cfg(test)]
mod tests {
    use super::*;

    const COUNTS: [u64; 4] = [4, 2, 1, 1];

    #[test]
    fn rarefied_vector() {
        let found = rarefied_entropy_bits(&COUNTS, 4, 2, 2).unwrap();
        assert!((found - 1.416_666_7).abs() < 5e-8, "{found}");
        let whole = rarefied_entropy_bits(&COUNTS, 4, 2, 4).unwrap();
        assert!((whole - 1.75).abs() < 1e-12, "all tokens are the plug-in entropy");
    }

    #[test]
    fn collision_vector() {
        let found = collision_entropy_bits(&COUNTS, 4, 2).unwrap();
        assert!(
            (found - (24.0_f64 / 7.0).log2()).abs() < 1e-12 && (found - 1.777_607_6).abs() < 5e-8
        );
    }

    #[test]
    fn collision_of_even_use_is_the_ceiling() {
        // 4 experts, top 1, many tokens: Σ c(c − 1)/(n(n − 1)) → 1/4.
        let found = collision_entropy_bits(&[25_000; 4], 100_000, 1).unwrap();
        assert!((found - 2.0).abs() < 1e-4);
        assert_eq!(collision_entropy_bits(&[1, 1], 2, 1), None);
    }

    /// What a longer document says about two tokens is the mean of what its parts say.
    #[test]
    fn rarefying_does_not_depend_on_length() {
        let tokens = [[0, 1], [0, 1], [0, 2], [0, 3]];
        let without = |left_out: usize| {
            let mut counts = [0_u64; 4];
            let kept = tokens.iter().enumerate().filter(|(token, _)| *token != left_out);
            kept.flat_map(|(_, experts)| experts).for_each(|expert| counts[*expert] += 1);
            rarefied_entropy_bits(&counts, 3, 2, 2).unwrap()
        };
        let mean = (0..4).map(without).sum::<f64>() / 4.0;
        assert!((mean - rarefied_entropy_bits(&COUNTS, 4, 2, 2).unwrap()).abs() < 1e-12);
    }

    #[test]
    fn hypergeometric_sums_to_one() {
        for (population, marked, sample) in
            [(10, 3, 4), (50, 50, 7), (9, 0, 3), (200, 150, 120), (5, 2, 5)]
        {
            let total: f64 = hypergeometric(population, marked, sample).map(|(_, p)| p).sum();
            assert!((total - 1.0).abs() < 1e-10, "{population} {marked} {sample}: {total}");
        }
    }

    #[test]
    fn cross_entropy_of_a_uniform_task() {
        assert!((cross_entropy_bits(&[3, 1, 0, 0], &[9, 9, 9, 9]).unwrap() - 2.0).abs() < 1e-12);
        // An expert that the task never used costs most: −log₂(0.5/10).
        assert!((cross_entropy_bits(&[1, 0], &[0, 9]).unwrap() - 20.0_f64.log2()).abs() < 1e-12);
        assert_eq!(cross_entropy_bits(&[0, 0], &[1, 1]), None);
    }

    #[test]
    fn miller_madow_adds_half_an_expert_a_selection() {
        let found = miller_madow_entropy_bits(&COUNTS).unwrap();
        assert!((found - (1.75 + 3.0 / (16.0 * std::f64::consts::LN_2))).abs() < 1e-12);
        assert_eq!(miller_madow_entropy_bits(&[0, 0]), None);
    }

    #[test]
    fn counts_that_do_not_fit_have_no_value() {
        assert_eq!(rarefied_entropy_bits(&[3, 1], 2, 2, 1), None, "3 selections by 2 tokens");
        assert_eq!(rarefied_entropy_bits(&[1, 1], 2, 2, 1), None, "2 selections instead of 4");
        assert_eq!(
            (rarefied_entropy_bits(&COUNTS, 4, 2, 0), rarefied_entropy_bits(&COUNTS, 4, 2, 5)),
            (None, None)
        );
        assert_eq!(collision_entropy_bits(&[2, 2], 2, 1), None);
    }
}
