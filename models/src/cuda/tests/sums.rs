//! Sums on the device against [`crate::GroupCounter`].

use super::super::emulator::needs_emulator;
use super::super::route;
use super::super::testing::{device, numbers};
use super::*;
use crate::layers::Rule;
use crate::{GroupCounter, MoeLayer, RouterDecision, RoutingObserver};

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

#[test]
fn sums_are_those_of_the_counter() -> Result<()> {
    needs_emulator!();
    let (tokens, experts, layers, groups, rule) = (150, 40, 3, 5, Rule::softmax(4, true));
    // Runs of groups that come back, tokens that no group counts, a group without tokens.
    let group_of: Vec<u32> = (0..tokens as u32)
        .map(|token| match token / 11 % 5 {
            3 => UNCOUNTED,
            other => other,
        })
        .collect();
    let mut correction = numbers(experts, 9).iter().map(|x| x * 0.01).collect::<Vec<_>>();
    correction[10..20].fill(0.05);
    let added = Tensor::from_slice(&correction, experts, &device())?;
    let mut counter = GroupCounter::of(group_of.clone(), groups, layers, experts);
    let mut sums = DeviceSums::of(group_of, groups, layers, experts, &device())?;
    for layer in 0..layers {
        let mut logits = numbers(tokens * experts, layer as u32);
        logits[..experts].fill(0.25); // the choice among ten experts is a tie
        if layer == 1 {
            logits[45 * experts + 5] = f32::NAN; // spoils group 4
        }
        let tensor = Tensor::from_slice(&logits, (tokens, experts), &device())?;
        let routed = route(&tensor, Some(&added), &rule)?;
        sums.add(layer, &routed)?;
        let index = MoeLayer { index: layer, layer };
        counter.observe(index, &decision(&logits, &correction, &routed, &rule)?);
    }
    let (ours, expected) = (sums.finish()?, counter.finish());
    assert_eq!(ours.tokens, expected.tokens);
    assert_eq!(ours.selections, expected.selections);
    assert_eq!((ours.near_ties, ours.invalid), (expected.near_ties, expected.invalid));
    assert!(ours.near_ties >= layers as u64 && ours.invalid == 1);
    assert!(ours.tokens[4] == 0 && ours.tokens[0] > 0);
    // A token's score is rounded to 2⁻⁴⁰, its entropy is formed in f32.
    let near = |a: &[f64], b: &[f64], each: f64| {
        a.iter().zip(b).all(|(a, b)| (a - b).abs() < each * tokens as f64)
    };
    assert!(near(&ours.scores, &expected.scores, 1e-12));
    assert!(near(&ours.entropy_bits, &expected.entropy_bits, 2e-6));
    Ok(())
}

#[test]
fn a_pass_without_groups_has_no_sums() -> Result<()> {
    needs_emulator!();
    let sums = DeviceSums::of(vec![UNCOUNTED; 3], 0, 2, 8, &device())?;
    assert!(sums.finish()?.selections.is_empty());
    Ok(())
}
