//! `take_first`, `take_first_k` and `majority_vote`.

use serde_json::Value;

use super::super::Unscored;
use super::Answers;

pub(super) fn take_first(answers: Answers) -> Result<Answers, Unscored> {
    let first = answers.into_list().into_iter().next();
    first.map(Answers::One).ok_or_else(|| Unscored::new("no response to take the first of"))
}

/// The first `k`; fewer are unscored, as lm-evaluation-harness stops there.
pub(super) fn take_first_k(k: usize, answers: Answers) -> Result<Answers, Unscored> {
    let mut values = answers.into_list();
    if values.len() < k {
        let reason =
            format!("take_first_k needs {k} responses and got {}; raise `repeats`", values.len());
        return Err(Unscored::new(reason));
    }
    values.truncate(k);
    Ok(Answers::Many(values))
}

/// The most frequent answer, the first seen of equals, as a list of one.
pub(super) fn majority_vote(answers: Answers) -> Answers {
    let mut counts: Vec<(Value, usize)> = Vec::new();
    for value in answers.into_list() {
        match counts.iter_mut().find(|(seen, _)| *seen == value) {
            Some((_, count)) => *count += 1,
            None => counts.push((value, 1)),
        }
    }
    // max_by_key gives the last of equals, so the order is turned round.
    let winner = counts.into_iter().rev().max_by_key(|&(_, count)| count);
    Answers::Many(winner.map(|(value, _)| value).into_iter().collect())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn many(values: &[&str]) -> Answers {
        Answers::Many(values.iter().map(|&value| json!(value)).collect())
    }

    #[test]
    fn ties_of_a_vote_go_to_the_first_seen() {
        assert_eq!(majority_vote(many(&["b", "a", "a", "b", "c"])), many(&["b"]));
        assert_eq!(majority_vote(many(&["c", "a", "a"])), many(&["a"]));
    }

    #[test]
    fn too_few_responses_are_unscored() {
        assert_eq!(take_first_k(2, many(&["a", "b", "c"])), Ok(many(&["a", "b"])));
        assert!(take_first_k(4, many(&["a"])).unwrap_err().0.contains("repeats"));
        assert!(take_first(many(&[])).is_err());
        assert_eq!(take_first(many(&["x", "y"])), Ok(Answers::One(json!("x"))));
    }
}
