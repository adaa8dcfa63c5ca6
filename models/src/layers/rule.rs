//! How families choose experts and weigh them.

use crate::ScoreFunction;
use crate::kernels::vector;

/// From logits to experts and weights.
#[derive(Clone, Debug)]
pub(crate) struct Rule {
    /// Logits to scores.
    pub(crate) score_function: ScoreFunction,
    /// Experts chosen for a token.
    pub(crate) top_k: usize,
    /// Choose inside the best groups of experts only.
    pub(crate) groups: Option<Groups>,
    pub(crate) weighing: Weighing,
}

/// Limits the choice to a few groups of consecutive experts (DeepSeek-V2, arXiv:2405.04434).
#[derive(Clone, Copy, Debug)]
pub(crate) struct Groups {
    /// Groups that the experts form.
    pub(crate) count: usize,
    /// Groups whose experts may be chosen: the strongest.
    pub(crate) kept: usize,
    /// A group is as strong as the sum of so many of its best experts.
    pub(crate) best: usize,
}

/// How the chosen experts are weighed.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Weighing {
    /// By their scores, divided and then multiplied.
    Scores {
        /// What they are divided by.
        divisor: Divisor,
        /// What they are multiplied with at the end.
        scale: f32,
    },
    /// Each by a softmax of its own over the experts not yet chosen whose logits come near the best
    /// of them (SparseMixer-v2, arXiv:2409.12136).
    SparseMixer {
        /// Half of how far a logit may fall behind, relative to the larger of it and the best.
        jitter: f32,
    },
}

/// What chosen scores are divided by.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Divisor {
    /// Nothing.
    One,
    /// Their sum.
    Sum {
        /// Added to it.
        plus: f32,
        /// Its least value.
        at_least: f32,
    },
}

impl Divisor {
    /// The sum as it is, or nothing.
    pub(crate) fn sum_if(normalise: bool) -> Self {
        if normalise { Self::Sum { plus: 0.0, at_least: 0.0 } } else { Self::One }
    }

    fn of(self, chosen: impl Iterator<Item = f32>) -> f32 {
        match self {
            Divisor::One => 1.0,
            Divisor::Sum { plus, at_least } => {
                let sum = chosen.sum::<f32>() + plus;
                if sum < at_least { at_least } else { sum }
            }
        }
    }
}

impl Rule {
    /// Softmax over all experts, the best k of it, weighed by their scores or by shares of them.
    ///
    /// A softmax over the chosen logits alone is the same as shares of the scores.
    pub(crate) fn softmax(top_k: usize, normalise: bool) -> Self {
        let weighing = Weighing::Scores { divisor: Divisor::sum_if(normalise), scale: 1.0 };
        Self { score_function: ScoreFunction::Softmax, top_k, groups: None, weighing }
    }

    pub(crate) fn score(&self, row: &mut [f32]) {
        match self.score_function {
            ScoreFunction::Softmax => vector::softmax(row),
            ScoreFunction::Sigmoid => vector::sigmoid(row),
        }
    }

    /// Ids and weights of one token's experts.
    pub(crate) fn choose(&self, logits: &[f32], scores: &[f32], choice: &[f32]) -> Vec<(u32, f32)> {
        let ids = top_k(choice, self.top_k);
        let weights: Vec<f32> = match self.weighing {
            Weighing::SparseMixer { jitter } => sparse_mixer(logits, &ids, jitter),
            Weighing::Scores { divisor, scale } => {
                let chosen = ids.iter().map(|&id| scores[id as usize]);
                let divisor = divisor.of(chosen.clone());
                chosen.map(|score| score / divisor * scale).collect()
            }
        };
        ids.into_iter().zip(weights).collect()
    }
}

/// Weights of experts chosen one after the other, best first.
fn sparse_mixer(logits: &[f32], ids: &[u32], jitter: f32) -> Vec<f32> {
    let weight = |rank: usize| {
        let best = logits[ids[rank] as usize];
        let free = |&(id, _): &(usize, &f32)| !ids[..rank].contains(&(id as u32));
        let near = |&(_, &l): &(usize, &f32)| (best - l) / l.abs().max(best) <= 2.0 * jitter;
        let rivals = logits.iter().enumerate().filter(free).filter(near);
        1.0 / rivals.map(|(_, l)| (l - best).exp()).sum::<f32>()
    };
    (0..ids.len()).map(weight).collect()
}

impl Groups {
    /// Puts the experts of all but the strongest groups out of the question.
    pub(crate) fn mask(self, choice: &mut [f32]) {
        let width = choice.len() / self.count;
        let strength =
            |group: &[f32]| top_k(group, self.best).iter().map(|&i| group[i as usize]).sum();
        let strength: Vec<f32> = choice.chunks(width).map(strength).collect();
        let kept = top_k(&strength, self.kept);
        for (index, group) in choice.chunks_mut(width).enumerate() {
            if !kept.contains(&(index as u32)) {
                group.fill(f32::NEG_INFINITY);
            }
        }
    }
}

/// Indices of the k largest, best first; of equals the lower index first, NaN last.
pub(crate) fn top_k(choice: &[f32], k: usize) -> Vec<u32> {
    let mut best: Vec<u32> = Vec::with_capacity(k + 1);
    let value = |&id: &u32| choice[id as usize];
    let above = |a: f32, b: f32| a > b || (b.is_nan() && !a.is_nan());
    for (id, &candidate) in choice.iter().enumerate() {
        if best.len() == k && !best.last().is_some_and(|last| above(candidate, value(last))) {
            continue;
        }
        let place = best.partition_point(|other| !above(candidate, value(other)));
        best.insert(place, id as u32);
        best.truncate(k);
    }
    best
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_best_come_first_and_ties_go_to_the_lower_index() {
        assert_eq!(top_k(&[0.1, 0.4, 0.4, 0.3, 0.4], 3), [1, 2, 4]);
        assert_eq!(top_k(&[0.5, 0.5], 1), [0]);
        assert_eq!(top_k(&[f32::NAN, 0.1, 0.2], 2), [2, 1]);
        assert_eq!(top_k(&[f32::NAN, f32::NAN], 1), [0]);
    }

    #[test]
    fn weights_follow_the_rule_and_ignore_the_correction() {
        let rule = Rule {
            weighing: Weighing::Scores { divisor: Divisor::sum_if(true), scale: 2.0 },
            ..Rule::softmax(2, true)
        };
        let (scores, corrected) = ([0.1, 0.3, 0.6], [0.9, 0.3, 0.6]);
        let sum = 0.6 + 0.3;
        let expected = [(2, 0.6 / sum * 2.0), (1, 0.3 / sum * 2.0)];
        assert_eq!(rule.choose(&scores, &scores, &scores), expected);
        let plain = Rule::softmax(2, false);
        assert_eq!(plain.choose(&scores, &scores, &corrected), [(0, 0.1), (2, 0.6)]);
        let floor = Divisor::Sum { plus: 0.0, at_least: 2.0 };
        assert_eq!(floor.of([0.5, 1.0].into_iter()), 2.0);
    }

    #[test]
    fn only_the_strongest_groups_stay() {
        let mut choice = [0.9, 0.0, 0.5, 0.5, 0.1, 0.2];
        Groups { count: 3, kept: 1, best: 2 }.mask(&mut choice);
        assert_eq!(top_k(&choice, 2), [2, 3]);
        assert_eq!(choice[0], f32::NEG_INFINITY);
        let mut choice = [0.9, 0.0, 0.5, 0.5, 0.1, 0.2];
        Groups { count: 3, kept: 1, best: 1 }.mask(&mut choice);
        assert_eq!(top_k(&choice, 2), [0, 1]);
    }

    #[test]
    fn a_sparse_mixer_weighs_against_near_rivals_only() {
        // Of 2.0, 1.9 and −5.0 with a jitter of 0.1 the first two are near; then 1.9 stands alone.
        let weights = sparse_mixer(&[1.9, -5.0, 2.0], &[2, 0], 0.1);
        let first = 1.0 / (1.0 + (-0.1f32).exp());
        assert!((weights[0] - first).abs() < 1e-6 && weights[1] == 1.0, "{weights:?}");
    }
}
