//! Renaming experts, reordering and splitting documents change no measure.

use harness_metrics::random::SplitMix64;
use harness_metrics::routing::{collapse, lsi, overlap, ranks, similarity, usage};
use harness_metrics::{RoutingCounts, RoutingShape};
use proptest::prelude::*;

const EXPERTS: usize = 12;

fn load() -> impl Strategy<Value = Vec<f64>> {
    prop::collection::vec((0_u32..40).prop_map(f64::from), EXPERTS).prop_map(|mut load| {
        load[0] += 1.0;
        load
    })
}

fn profile() -> impl Strategy<Value = Vec<Vec<f64>>> {
    prop::collection::vec(load(), 4..9)
}

fn renaming() -> impl Strategy<Value = Vec<usize>> {
    any::<u64>().prop_map(|seed| {
        let mut order: Vec<usize> = (0..EXPERTS).collect();
        SplitMix64::new(seed).shuffle(&mut order);
        order
    })
}

fn renamed(load: &[f64], order: &[usize]) -> Vec<f64> {
    order.iter().map(|&expert| load[expert]).collect()
}

fn close(a: Option<f64>, b: Option<f64>) -> bool {
    match (a, b) {
        (Some(a), Some(b)) => (a - b).abs() < 1e-12,
        (a, b) => a == b,
    }
}

proptest! {
    #[test]
    fn renaming_experts_changes_no_measure_of_a_layer(a in load(), b in load(), order in renaming()) {
        let (p, q) = (renamed(&a, &order), renamed(&b, &order));
        prop_assert!(close(usage::entropy_bits(&a), usage::entropy_bits(&p)));
        prop_assert!(close(usage::gini(&a), usage::gini(&p)));
        prop_assert!(close(usage::max_load_share(&a), usage::max_load_share(&p)));
        prop_assert_eq!(usage::active_experts(&a), usage::active_experts(&p));
        prop_assert_eq!(usage::loaded_experts(&a), usage::loaded_experts(&p));
        prop_assert!(close(similarity::cosine(&a, &b), similarity::cosine(&p, &q)));
        prop_assert!(close(similarity::jensen_shannon_bits(&a, &b), similarity::jensen_shannon_bits(&p, &q)));
        prop_assert!(close(ranks::spearman(&a, &b), ranks::spearman(&p, &q)));
        prop_assert!(close(ranks::kendall_tau_b(&a, &b), ranks::kendall_tau_b(&p, &q)));
    }

    #[test]
    fn renaming_experts_layer_by_layer_changes_no_class(a in profile(), order in renaming()) {
        let b: Vec<Vec<f64>> = a.iter().rev().cloned().collect();
        let classes = |a: &[Vec<f64>], b: &[Vec<f64>]| {
            lsi::classify(lsi::per_layer_expert(a, b).unwrap().iter().flatten(), lsi::THRESHOLD)
        };
        // Every second layer is renamed: what per-index indices would not survive.
        let rename = |profile: &[Vec<f64>]| -> Vec<Vec<f64>> {
            let layers = profile.iter().enumerate();
            layers.map(|(i, load)| if i % 2 == 0 { renamed(load, &order) } else { load.clone() }).collect()
        };
        prop_assert_eq!(classes(&a, &b), classes(&rename(&a), &rename(&b)));
    }

    #[test]
    fn swapping_languages_mirrors_the_classes(a in profile()) {
        let b: Vec<Vec<f64>> = a.iter().rev().cloned().collect();
        let count = |x: &[Vec<f64>], y: &[Vec<f64>]| lsi::classify(&lsi::per_index(x, y).unwrap(), 0.1);
        let (one, other) = (count(&a, &b), count(&b, &a));
        prop_assert_eq!((one.a, one.b, one.shared), (other.b, other.a, other.shared));
    }

    #[test]
    fn measures_stay_in_their_ranges(a in load(), b in load(), k in 0_usize..20) {
        let entropy = usage::entropy_bits(&a).unwrap();
        prop_assert!((0.0..=usage::entropy_ceiling_bits(EXPERTS) + 1e-12).contains(&entropy));
        prop_assert!((0.0..1.0).contains(&usage::gini(&a).unwrap()));
        let overlap = overlap::top_k(&a, &b, k).unwrap();
        prop_assert!(overlap.common <= overlap.k && overlap.k <= k.min(EXPERTS));
        prop_assert!(overlap.common >= (2 * overlap.k).saturating_sub(EXPERTS));
    }

    #[test]
    fn splitting_a_set_of_tokens_and_adding_changes_nothing(
        tokens in prop::collection::vec((0..EXPERTS, 0.0..3.0_f64), 1..60), cut in 0_usize..60,
    ) {
        let count = |tokens: &[(usize, f64)]| {
            let mut counts = RoutingCounts::zeros(RoutingShape { layers: 1, experts: EXPERTS, top_k: 1 }, false);
            for &(expert, entropy) in tokens {
                counts.tokens += 1;
                counts.selections[expert] += 1;
                counts.entropy_bits[0] += entropy;
            }
            counts
        };
        let (left, right) = tokens.split_at(cut.min(tokens.len()));
        let mut sum = count(left);
        sum.add(&count(right)).unwrap();
        let whole = count(&tokens);
        prop_assert_eq!(&sum.selections, &whole.selections);
        prop_assert_eq!(sum.tokens, whole.tokens);
        prop_assert!((sum.entropy_bits[0] - whole.entropy_bits[0]).abs() < 1e-9);
        prop_assert!(sum.check().is_ok());
    }

    #[test]
    fn adding_a_constant_to_every_layer_keeps_the_collapse_index(h in prop::collection::vec(0.0..7.0_f64, 4..60)) {
        let shifted: Vec<f64> = h.iter().map(|x| x + 2.0).collect();
        prop_assert!(close(collapse::index(&h), collapse::index(&shifted)));
    }
}
