//! Winograd schemas, whose rows come in twins.

use serde_json::Value;

use crate::doc::Doc;
use crate::functions::{Draw, FunctionError};
use crate::random::Random;

/// The first rows with different pairs of options, none of which is the
/// document's own: a twin among the shots would give the answer away.
pub(in crate::functions) fn winograd_shots(
    draw: &Draw,
    _: &mut Random,
) -> Result<Vec<usize>, FunctionError> {
    let mut seen = vec![options(draw.doc)];
    let mut chosen = Vec::with_capacity(draw.shots);
    for (at, doc) in draw.pool.iter().enumerate() {
        if chosen.len() < draw.shots && !seen.contains(&options(doc)) {
            seen.push(options(doc));
            chosen.push(at);
        }
    }
    Ok(chosen)
}

/// Both options, in an order of their own.
fn options(doc: &Doc) -> [String; 2] {
    let mut options =
        ["option1", "option2"].map(|name| doc.get(name).map(Value::to_string).unwrap_or_default());
    options.sort();
    options
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn twins_are_left_out() {
        let rows = [("a", "b"), ("b", "a"), ("c", "d"), ("d", "c"), ("e", "f")];
        let fields = |(one, two): &(&str, &str)| {
            json!({"option1": one, "option2": two}).as_object().unwrap().clone()
        };
        let pool: Vec<_> = rows.iter().map(fields).map(|fields| Doc::new(0, fields)).collect();
        let draw = |doc, shots| Draw {
            pool: &pool,
            docs: pool.len(),
            labels: &[],
            shots,
            doc: &pool[doc],
            seed: 0,
        };
        let random = &mut Random::new(0);
        assert_eq!(winograd_shots(&draw(1, 2), random).unwrap(), [2, 4]);
        assert_eq!(winograd_shots(&draw(4, 2), random).unwrap(), [0, 2]);
    }
}
