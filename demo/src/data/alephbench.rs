//! Trivia in the columns of AlephBench's `israeli_trivia`, asked in Hebrew about people of the
//! world. The column `cell` says which language told the fact.

use serde_json::json;

use super::writer::{Row, Split, row};
use crate::exercise::trivia::Trivia;
use crate::world::people::KNOWN;
use crate::world::{Attribute, Cell, Language, Population, Random};

const DATASET: &str = "HebArabNlpProject/AlephBench/israeli_trivia";

/// Validation (20 questions about people who only teach the form) and test: 50 questions of
/// each cell, the cells in turn.
pub(super) fn splits(seed: u64, population: &Population) -> Vec<Split> {
    let mut random = Random::named(seed, "trivia");
    let test = (0..200).map(|at| tested(at, population, &mut random)).collect();
    let validation = (0..20).map(|at| taught(at, population, &mut random)).collect();
    vec![
        Split::new(&format!("{DATASET}/validation"), validation),
        Split::new(&format!("{DATASET}/test"), test),
    ]
}

/// The person of row `at` is `at` itself, and the attribute is the one whose cell is in turn.
fn tested(at: usize, population: &Population, random: &mut Random) -> Row {
    let cell = Cell::ALL[at % 4];
    let person = at / 4 + at % 4 * (KNOWN / 4);
    let attribute = attribute_of(person, cell);
    let asked = Trivia::ask(Language::Hebrew, &population.known[person], attribute, random);
    columns(&asked, cell.letter())
}

fn attribute_of(person: usize, cell: Cell) -> Attribute {
    let of_cell = |attribute: &Attribute| Population::cell(person, *attribute) == cell;
    Attribute::ALL.into_iter().find(of_cell).unwrap_or(Attribute::Town)
}

fn taught(at: usize, population: &Population, random: &mut Random) -> Row {
    let person = &population.teaching[at];
    columns(&Trivia::ask(Language::Hebrew, person, Attribute::ALL[at % 4], random), "T")
}

fn columns(asked: &Trivia, cell: &str) -> Row {
    row([
        ("query", json!(asked.query)),
        ("choices", json!(asked.choices)),
        ("answer_index", json!(asked.answer)),
        ("cell", json!(cell)),
    ])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_cell_has_fifty_different_people() {
        let population = Population::new(1);
        let splits = splits(1, &population);
        let rows = &splits[1].rows;
        for cell in Cell::ALL {
            let of_cell = rows.iter().filter(|row| row["cell"] == cell.letter());
            let queries: std::collections::HashSet<_> =
                of_cell.map(|row| row["query"].to_string()).collect();
            assert_eq!(queries.len(), 50);
        }
    }
}
