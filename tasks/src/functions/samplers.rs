//! Samplers that are not one task's own.

use super::{Draw, FunctionError};
use crate::random::Random;

/// As many shots of every answer as of any other, shuffled, and the same for
/// every document.
///
/// Answers are taken in the order in which the pool first has them; each
/// gives `random.sample` of its rows, the first ones one more where the shots
/// do not divide evenly. `random.Random(seed)` is made anew for each call.
pub(super) fn balanced(draw: &Draw, _: &mut Random) -> Result<Vec<usize>, FunctionError> {
    let mut random = Random::new(draw.seed);
    let classes = classes(draw);
    let mut chosen = Vec::with_capacity(draw.shots);
    for (at, rows) in classes.iter().enumerate() {
        let more = usize::from(at < draw.shots % classes.len());
        let wanted = draw.shots / classes.len() + more;
        let sample =
            random.sample(rows.len(), wanted).ok_or_else(|| too_few(draw, wanted, rows))?;
        chosen.extend(sample.into_iter().map(|index| rows[index]));
    }
    random.shuffle(&mut chosen);
    Ok(chosen)
}

/// The first shots of the document's own `subject`, as lm-evaluation-harness
/// has them in its one task a subject.
pub(super) fn same_subject(draw: &Draw, _: &mut Random) -> Result<Vec<usize>, FunctionError> {
    let subject = draw.doc.get("subject");
    let rows = draw.pool.iter().enumerate().filter(|(_, shot)| shot.get("subject") == subject);
    Ok(rows.map(|(row, _)| row).take(draw.shots).collect())
}

/// The rows of every answer, answers in the order of their first row.
fn classes(draw: &Draw) -> Vec<Vec<usize>> {
    let mut classes: indexmap::IndexMap<&str, Vec<usize>> = indexmap::IndexMap::new();
    for (row, label) in draw.labels.iter().enumerate() {
        classes.entry(label).or_default().push(row);
    }
    classes.into_values().collect()
}

fn too_few(draw: &Draw, wanted: usize, rows: &[usize]) -> FunctionError {
    let answer = rows.first().map_or("", |row| draw.labels[*row].as_str());
    let reason = format!(
        "{wanted} shots are wanted with the answer `{answer}`, but there are {}",
        rows.len()
    );
    FunctionError::new(draw.doc, reason)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::doc::Doc;

    fn draw(labels: &[&str], shots: usize) -> Result<Vec<usize>, FunctionError> {
        let labels: Vec<String> = labels.iter().map(ToString::to_string).collect();
        let pool: Vec<Doc> =
            (0..labels.len()).map(|id| Doc::new(id, serde_json::Map::new())).collect();
        let draw = Draw {
            pool: &pool,
            docs: pool.len(),
            labels: &labels,
            shots,
            doc: &pool[0],
            seed: 1234,
        };
        balanced(&draw, &mut Random::new(0))
    }

    #[test]
    fn every_answer_gets_its_share() {
        let labels = ["a", "b", "a", "c", "a", "b", "c", "a"];
        let chosen = draw(&labels, 6).unwrap();
        let mut answers: Vec<_> = chosen.iter().map(|row| labels[*row]).collect();
        answers.sort_unstable();
        assert_eq!(answers, ["a", "a", "b", "b", "c", "c"]);
        assert_eq!(chosen, draw(&labels, 6).unwrap());
    }

    #[test]
    fn shots_keep_to_the_subject() {
        let fields =
            |subject: &str| serde_json::Map::from_iter([("subject".to_owned(), subject.into())]);
        let pool: Vec<Doc> =
            ["a", "b", "a", "a"].iter().map(|name| Doc::new(0, fields(name))).collect();
        let draw =
            Draw { pool: &pool, docs: pool.len(), labels: &[], shots: 2, doc: &pool[3], seed: 0 };
        assert_eq!(same_subject(&draw, &mut Random::new(0)).unwrap(), [0, 2]);
    }

    #[test]
    fn too_few_rows_of_an_answer_are_an_error() {
        let error = draw(&["a", "a", "b"], 4).unwrap_err();
        assert!(error.reason.contains("answer `b`, but there are 1"), "{error}");
    }
}
