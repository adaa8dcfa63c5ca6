//! Sums on the device against those that [`crate::GroupCounter`] forms in host memory.

use super::super::emulator::needs_emulator;
use super::super::route;
use super::super::testing::{device, numbers, random};
use super::*;
use crate::layers::Rule;
use crate::{Batch, GroupCounter, MoeLayer, RouterDecision, RoutingObserver, Segment, UNCOUNTED};

/// The decision that the device made, as the CPU's observers take it.
fn decision(
    logits: &[f32],
    correction: &[f32],
    routed: &Routed,
    rule: &Rule,
) -> Result<RouterDecision> {
    let (tokens, experts) = routed.scores.dims2()?;
    let scores: Vec<f32> = routed.scores.flatten_all()?.to_vec1()?;
    let choice = scores.iter().enumerate().map(|(i, s)| s + correction[i % experts]).collect();
    Ok(RouterDecision {
        tokens,
        experts,
        top_k: rule.top_k,
        logits: logits.to_vec(),
        scores,
        choice: Some(choice),
        ids: routed.ids.flatten_all()?.to_vec1()?,
        weights: routed.weights.flatten_all()?.to_vec1()?,
        score_function: rule.score_function,
    })
}

/// A batch whose one segment has these groups.
fn batch(group_of: Vec<u32>, groups: usize) -> Batch {
    let tokens = vec![0; group_of.len()];
    Batch { segments: vec![Segment { tokens, groups: group_of, ..Segment::default() }], groups }
}

#[test]
fn sums_of_passes_are_those_of_the_counter_in_host_memory() -> Result<()> {
    needs_emulator!();
    let (experts, layers, rule) = (40, 3, Rule::softmax(4, true));
    let mut correction = numbers(experts, 9).iter().map(|x| x * 0.01).collect::<Vec<_>>();
    correction[10..20].fill(0.05);
    let added = Tensor::from_slice(&correction, experts, &device())?;
    let [mut ours, mut host] = [(); 2].map(|()| GroupCounter::of(layers, experts));
    // Runs of groups that come back and tokens that no group counts, then the same again; more groups
    // than there was room for, some of them without tokens; a token of each of a few.
    let runs = |token: u32| [0, 1, 2, UNCOUNTED, 4][token as usize / 11 % 5];
    let passes = [
        (150, 5, runs as fn(u32) -> u32),
        (150, 5, runs),
        (40, 20, |token| 3 * (token / 7)),
        (7, 6, |token| token),
    ];
    for (pass, (tokens, groups, group_of)) in passes.into_iter().enumerate() {
        let batch = batch((0..tokens).map(group_of).collect(), groups);
        [&mut ours, &mut host].into_iter().for_each(|counter| counter.begin(&batch));
        let tokens = tokens as usize;
        for index in 0..layers {
            let layer = MoeLayer { index, layer: index };
            let mut logits = numbers(tokens * experts, (pass * layers + index) as u32);
            logits[..experts].fill(0.25); // the choice among ten experts is a tie
            if (pass, index) == (0, 1) {
                logits[45 * experts + 5] = f32::NAN; // spoils group 4, in later passes too
            }
            let tensor = Tensor::from_slice(&logits, (tokens, experts), &device())?;
            let routed = route(&tensor, Some(&added), &rule)?;
            ours.add(layer, &routed)?;
            host.observe(layer, &decision(&logits, &correction, &routed, &rule)?);
        }
    }
    let [ours, expected] = [ours, host].map(|mut counter| counter.take().expect("sums are read"));
    assert_eq!(ours.tokens, expected.tokens);
    assert_eq!(ours.selections, expected.selections);
    assert_eq!((ours.near_ties, ours.invalid), (expected.near_ties, expected.invalid));
    assert!(ours.near_ties >= 4 * layers as u64 && ours.invalid == 1);
    assert!(ours.tokens[4] == 0 && ours.tokens[0] > 60 && ours.tokens.len() == 20);
    // A token's score is rounded to 2⁻⁴⁰, its entropy is formed in f32.
    let near = |a: &[f64], b: &[f64], each: f64| {
        a.len() == b.len() && a.iter().zip(b).all(|(a, b)| (a - b).abs() < each * 350.0)
    };
    assert!(near(&ours.scores, &expected.scores, 1e-12));
    assert!(near(&ours.entropy_bits, &expected.entropy_bits, 2e-6));
    Ok(())
}

#[test]
fn a_counter_begins_anew_when_its_sums_are_taken() -> Result<()> {
    needs_emulator!();
    let routed = route(&random(&[6, 8], 1)?, None, &Rule::softmax(2, true))?;
    let layer = MoeLayer { index: 0, layer: 0 };
    let mut counter = GroupCounter::of(1, 8);
    for groups in [2, 1] {
        counter.begin(&batch(vec![0; 6], groups));
        counter.add(layer, &routed)?;
        let sums = counter.take().expect("sums are read");
        assert_eq!((sums.tokens[0], sums.tokens.len()), (6, groups));
        assert_eq!(sums.selections.iter().sum::<u32>(), 12);
    }
    assert!(counter.take().expect("there is nothing to read").selections.is_empty());
    Ok(())
}

#[test]
fn decisions_of_another_pass_or_model_are_refused() -> Result<()> {
    needs_emulator!();
    let routed = route(&random(&[6, 8], 1)?, None, &Rule::softmax(2, true))?;
    let layer = |index| MoeLayer { index, layer: index };
    let mut counter = GroupCounter::of(1, 8);
    assert!(counter.add(layer(0), &routed).is_err(), "the pass did not begin");
    counter.begin(&batch(vec![0; 6], 1));
    assert!(counter.add(layer(1), &routed).is_err());
    let mut other = GroupCounter::of(1, 9);
    other.begin(&batch(vec![0; 6], 1));
    assert!(other.add(layer(0), &routed).is_err());
    Ok(())
}

#[test]
fn a_pass_without_groups_has_no_sums() -> Result<()> {
    needs_emulator!();
    let routed = route(&random(&[3, 8], 1)?, None, &Rule::softmax(2, true))?;
    let mut counter = GroupCounter::of(2, 8);
    counter.begin(&batch(vec![UNCOUNTED; 3], 0));
    counter.add(MoeLayer { index: 0, layer: 0 }, &routed)?;
    assert!(counter.take().expect("there is nothing to read").selections.is_empty());
    Ok(())
}
