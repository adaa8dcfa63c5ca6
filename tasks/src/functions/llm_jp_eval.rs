//! The splits of llm-jp-eval 1.3.0
//! (`src/llm_jp_eval/datasets` in swallow-llm/swallow-evaluation).

use super::FunctionError;
use crate::doc::Doc;
use crate::random::Random;

/// The seed of its shuffles.
const SEED: u64 = 42;

/// Shuffled, the first nine tenths: what it takes shots from.
pub(super) fn train_part(docs: Vec<Doc>) -> Result<Vec<Doc>, FunctionError> {
    let mut docs = shuffled(docs);
    docs.truncate(docs.len() * 9 / 10);
    Ok(docs)
}

/// Shuffled, the second half: what is asked of a set without a train split.
pub(super) fn test_half(docs: Vec<Doc>) -> Result<Vec<Doc>, FunctionError> {
    let mut docs = shuffled(docs);
    Ok(docs.split_off(docs.len() / 2))
}

/// Shuffled, the first half: where such a set's shots come from.
pub(super) fn shot_half(docs: Vec<Doc>) -> Result<Vec<Doc>, FunctionError> {
    let mut docs = shuffled(docs);
    docs.truncate(docs.len() / 2);
    Ok(docs)
}

fn shuffled(mut docs: Vec<Doc>) -> Vec<Doc> {
    Random::new(SEED).shuffle(&mut docs);
    docs
}

#[cfg(test)]
mod tests {
    use super::*;

    fn docs(count: usize) -> Vec<Doc> {
        (0..count).map(|id| Doc::new(id, serde_json::Map::new())).collect()
    }

    fn ids(docs: &[Doc]) -> Vec<usize> {
        docs.iter().map(|doc| doc.id).collect()
    }

    #[test]
    fn the_four_shots_of_jcommonsenseqa() {
        let part = train_part(docs(8939)).unwrap();
        assert_eq!(part.len(), 8045);
        assert_eq!(ids(&part[..4]), [1011, 4986, 4239, 1005]);
    }

    #[test]
    fn halves_share_no_row() {
        let (asked, shots) = (test_half(docs(151)).unwrap(), shot_half(docs(151)).unwrap());
        assert_eq!((asked.len(), shots.len()), (76, 75));
        assert!(ids(&asked).iter().all(|id| !ids(&shots).contains(id)));
    }
}
