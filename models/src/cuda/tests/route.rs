//! The router kernel against [`Rule`].

use super::super::emulator::needs_emulator;
use super::super::testing::{close, device, numbers};
use super::*;
use crate::layers::Groups;

/// A rule with everything that a family may ask for.
fn rule(score_function: ScoreFunction, top_k: usize, groups: Option<Groups>) -> Rule {
    let divisor = Divisor::Sum { plus: 1e-20, at_least: 0.25 };
    let weighing = Weighing::Scores { divisor, scale: 2.5 };
    Rule { score_function, top_k, groups, weighing }
}

/// Routes on both sides. Scores agree to rounding; what follows from scores agrees exactly.
fn compare(logits: &[f32], experts: usize, correction: Option<&[f32]>, rule: &Rule) -> Result<()> {
    let tokens = logits.len() / experts;
    let tensor = |x: &[f32], shape: &[usize]| Tensor::from_slice(x, shape, &device());
    let added = correction.map(|c| tensor(c, &[experts])).transpose()?;
    let routed = route(&tensor(logits, &[tokens, experts])?, added.as_ref(), rule)?;
    let mut expected = logits.to_vec();
    expected.chunks_mut(experts).for_each(|row| rule.score(row));
    close(&routed.scores, &expected, 1e-6);

    let scores = routed.scores.flatten_all()?.to_vec1::<f32>()?;
    let ids = routed.ids.to_vec2::<u32>()?;
    let weights = routed.weights.to_vec2::<f32>()?;
    for (token, scores) in scores.chunks(experts).enumerate() {
        let mut choice = scores.to_vec();
        choice.iter_mut().zip(correction.unwrap_or(&[])).for_each(|(c, b)| *c += b);
        if let Some(groups) = rule.groups {
            groups.mask(&mut choice);
        }
        let chosen = rule.choose(&logits[token * experts..][..experts], scores, &choice);
        let (id, weight): (Vec<u32>, Vec<f32>) = chosen.into_iter().unzip();
        assert_eq!(ids[token], id, "token {token}");
        let bits = |w: &[f32]| w.iter().map(|w| w.to_bits()).collect::<Vec<_>>();
        if weight.iter().all(|w| !w.is_nan()) {
            assert_eq!(bits(&weights[token]), bits(&weight), "token {token}");
        }
    }
    Ok(())
}

#[test]
fn experts_are_chosen_and_weighed_as_on_the_cpu() -> Result<()> {
    needs_emulator!();
    for (tokens, experts, top_k) in [(1, 1, 1), (1, 8, 2), (9, 33, 16), (50, 128, 8), (3, 256, 6)] {
        let logits = numbers(tokens * experts, 1);
        for function in [ScoreFunction::Softmax, ScoreFunction::Sigmoid] {
            compare(&logits, experts, None, &rule(function, top_k, None))?;
            compare(&logits, experts, Some(&numbers(experts, 2)), &rule(function, top_k, None))?;
        }
        compare(&logits, experts, None, &Rule::softmax(top_k, false))?;
    }
    Ok(())
}

#[test]
fn only_the_strongest_groups_are_chosen_from() -> Result<()> {
    needs_emulator!();
    for (count, kept, best) in [(8, 4, 2), (4, 1, 1), (1, 1, 2), (40, 3, 2)] {
        let (experts, groups) = (count * 8, Groups { count, kept, best });
        let (logits, correction) = (numbers(20 * experts, 3), numbers(experts, 4));
        let rule = rule(ScoreFunction::Sigmoid, 6, Some(groups));
        compare(&logits, experts, Some(&correction), &rule)?;
        compare(&logits, experts, None, &rule)?;
    }
    Ok(())
}

#[test]
fn ties_go_to_the_lower_index_and_numbers_that_are_not_finite_are_flagged() -> Result<()> {
    needs_emulator!();
    let experts = 40;
    let mut logits = vec![0.5; 5 * experts];
    logits[3] = -0.0;
    logits[experts + 7] = f32::NAN;
    logits[2 * experts + 9] = f32::INFINITY;
    logits[3 * experts..4 * experts].fill(f32::NAN);
    logits[4 * experts..].copy_from_slice(&numbers(experts, 5));
    for function in [ScoreFunction::Softmax, ScoreFunction::Sigmoid] {
        compare(&logits, experts, None, &rule(function, 4, None))?;
        let tensor = Tensor::from_slice(&logits, (5, experts), &device())?;
        let flags = route(&tensor, None, &rule(function, 4, None))?.flags.to_vec1::<u8>()?;
        assert_eq!(flags.iter().map(|f| f & 1).collect::<Vec<_>>(), [0, 1, 1, 1, 0]);
        assert_eq!((flags[0] & 2, flags[4] & 2), (2, 0));
    }
    Ok(())
}

#[test]
fn what_no_kernel_does_is_refused() -> Result<()> {
    let logits = Tensor::zeros((1, 8), DType::F32, &device())?;
    let mixer = Rule { weighing: Weighing::SparseMixer { jitter: 0.1 }, ..Rule::softmax(2, true) };
    assert!(route(&logits, None, &mixer).is_err());
    assert!(route(&logits, None, &Rule::softmax(9, true)).is_err());
    Ok(())
}
