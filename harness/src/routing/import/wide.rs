//! The wide tables: `Layer,Language,Expert_0,…,Expert_N`, one row a (language, layer).

use std::path::{Path, PathBuf};

use harness_reports::manifest::{Capture, RouterManifest};
use harness_reports::routing::{Imported, ImportedLanguages, ImportedRates};
use indexmap::IndexMap;

use super::row::File;
use super::{ImportError, stem, tag};

/// One wide table: for each language, in the file's order, `[layers][experts]`.
#[derive(Clone, PartialEq, Debug)]
pub struct Wide {
    /// Rows by language, as the file spells it.
    pub languages: IndexMap<String, Vec<Vec<f64>>>,
    /// What every row sums to, as a whole number: top-k for activation rates, 1 for mean scores.
    pub sum: usize,
}

/// A table of activation rates with its table of mean scores, as one imported text.
pub(super) fn imported(path: &Path, scores: Option<&Path>) -> Result<Imported, ImportError> {
    let table = read_wide(path)?;
    let scores_path = scores.map(Path::to_owned).or_else(|| beside(path));
    let scores = scores_path.as_deref().map(read_wide).transpose()?;
    if let (Some(scores), Some(path)) = (&scores, &scores_path) {
        matching(&table, scores, path)?;
    }
    let first = &table.languages[0];
    let router = RouterManifest {
        score_function: "not in the table".to_owned(),
        experts: first.first().map_or(0, Vec::len),
        top_k: table.sum,
        shared_experts: 0,
        moe_layers: (0..first.len()).collect(),
        capture: Capture::Ids,
    };
    let rates = |(language, activation): (&String, &Vec<Vec<f64>>)| ImportedRates {
        language: tag(language).to_owned(),
        tokens: 0,
        activation: activation.clone(),
        mean_scores: scores.as_ref().and_then(|scores| scores.languages.get(language).cloned()),
    };
    Ok(Imported {
        model: stem(path).trim_end_matches("_avg_activation").to_owned(),
        corpus: "imported rates".to_owned(),
        languages: ImportedLanguages::Rates(table.languages.iter().map(rates).collect()),
        notes: vec![notes(path, &router, scores_path.as_deref())],
        router,
    })
}

fn notes(path: &Path, router: &RouterManifest, scores: Option<&Path>) -> String {
    let scores = match scores {
        Some(scores) => format!("mean scores from {}", scores.display()),
        None => "no mean scores".to_owned(),
    };
    format!(
        "{}: rates, so there are no intervals and no controls; top-{} by the rows' sums; layers as the table numbers \
         them; {scores}.",
        path.display(),
        router.top_k
    )
}

/// The table of scores beside a table of rates, if there is one.
fn beside(path: &Path) -> Option<PathBuf> {
    let name = path.file_name()?.to_str()?;
    let other = path.with_file_name(name.replace("_avg_activation", "_avg_dist"));
    (name.contains("_avg_activation") && other.is_file()).then_some(other)
}

fn matching(rates: &Wide, scores: &Wide, path: &Path) -> Result<(), ImportError> {
    let shape = |wide: &Wide| -> Vec<(String, usize, usize)> {
        let shape = |(language, rows): (&String, &Vec<Vec<f64>>)| {
            (language.clone(), rows.len(), rows.first().map_or(0, Vec::len))
        };
        wide.languages.iter().map(shape).collect()
    };
    if shape(rates) == shape(scores) {
        return Ok(());
    }
    Err(ImportError::Content {
        path: path.to_owned(),
        place: "the table".to_owned(),
        problem: "its languages, layers or experts are not those of the table of rates".to_owned(),
    })
}

/// Reads a wide table.
///
/// # Errors
/// [`ImportError`] with row and column: a header that is not the layout, a cell that is no non-negative number, a
/// row whose sum is further than 0.5 % from a whole number or from the other rows', a layer that is missing, twice or
/// in one language only, fewer than two languages.
pub fn read_wide(path: &Path) -> Result<Wide, ImportError> {
    let mut reader = csv::ReaderBuilder::new()
        .flexible(true)
        .from_path(path)
        .map_err(|error| unreadable(path, error))?;
    let header = reader.headers().map_err(|error| unreadable(path, error))?.clone();
    let file = File { path, experts: check_header(path, &header)? };
    let mut sum = None;
    let mut languages: IndexMap<String, Vec<Vec<f64>>> = IndexMap::new();
    for (number, record) in reader.records().enumerate() {
        let record = record.map_err(|error| unreadable(path, error))?;
        // The header is line 1.
        let line = number + 2;
        let row = file.row(line, &record)?;
        let whole = *sum.get_or_insert(row.sum);
        if whole != row.sum {
            return Err(file.wrong(
                line,
                "the row",
                format!("sums to {}, other rows to {whole}", row.sum),
            ));
        }
        let rows = languages.entry(row.language.clone()).or_default();
        if rows.len() != row.layer {
            let problem = format!(
                "layer {} of {} where layer {} is expected",
                row.layer,
                row.language,
                rows.len()
            );
            return Err(file.wrong(line, "column Layer", problem));
        }
        rows.push(row.rates);
    }
    check_languages(path, &languages)?;
    Ok(Wide { languages, sum: sum.unwrap_or_default() })
}

fn check_header(path: &Path, header: &csv::StringRecord) -> Result<usize, ImportError> {
    let expected = |column: usize| match column {
        0 => "Layer".to_owned(),
        1 => "Language".to_owned(),
        expert => format!("Expert_{}", expert - 2),
    };
    let wrong = header.iter().enumerate().find(|(column, name)| *name != expected(*column));
    let problem = match wrong {
        Some((column, name)) => {
            format!("column {} is `{name}`, not `{}`", column + 1, expected(column))
        }
        None if header.len() < 3 => "there is no column Expert_0".to_owned(),
        None => return Ok(header.len() - 2),
    };
    Err(ImportError::Content { path: path.to_owned(), place: "line 1".to_owned(), problem })
}

fn check_languages(
    path: &Path,
    languages: &IndexMap<String, Vec<Vec<f64>>>,
) -> Result<(), ImportError> {
    let counts: Vec<String> = languages
        .iter()
        .map(|(language, rows)| format!("{language}: {} layers", rows.len()))
        .collect();
    let layers = languages.first().map_or(0, |(_, rows)| rows.len());
    let alike = languages.values().all(|rows| rows.len() == layers);
    if languages.len() > 1 && alike {
        return Ok(());
    }
    let problem = match languages.len() {
        0 => "it has no row".to_owned(),
        1 => format!("two languages are needed; there is {}", counts[0]),
        _ => format!("languages have different layers ({})", counts.join(", ")),
    };
    Err(ImportError::Content { path: path.to_owned(), place: "the table".to_owned(), problem })
}

fn unreadable(path: &Path, error: csv::Error) -> ImportError {
    let place = error
        .position()
        .map_or_else(|| "the table".to_owned(), |position| format!("line {}", position.line()));
    match error.into_kind() {
        csv::ErrorKind::Io(source) => ImportError::Read { path: path.to_owned(), source },
        kind => {
            let problem = match kind {
                csv::ErrorKind::Utf8 { .. } => "is not UTF-8".to_owned(),
                other => format!("is no CSV ({other:?})"),
            };
            ImportError::Content { path: path.to_owned(), place, problem }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Wide, String> {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("t.csv");
        std::fs::write(&path, text).unwrap();
        read_wide(&path).map_err(|error| {
            let text = error.to_string();
            text.split_once("t.csv, ").map_or(text.clone(), |(_, rest)| rest.to_owned())
        })
    }

    const HEAD: &str = "Layer,Language,Expert_0,Expert_1,Expert_2\n";

    fn error(rows: &str) -> String {
        read(&format!("{HEAD}{rows}")).unwrap_err()
    }

    #[test]
    fn rows_are_kept_by_language_and_layer() {
        let text = "0,English,1,1,0\n1,English,0.5,1,0.501\n0,Hebrew,1,0,1\n1,Hebrew,0,1,1\n";
        let table = read(&format!("{HEAD}{text}")).unwrap();
        assert_eq!(table.sum, 2);
        assert_eq!(table.languages["Hebrew"], [[1.0, 0.0, 1.0], [0.0, 1.0, 1.0]]);
        assert_eq!(table.languages.keys().collect::<Vec<_>>(), ["English", "Hebrew"]);
    }

    #[test]
    fn bad_cells_are_named_by_row_and_column() {
        let cases = [
            ("0,en,1,-1,2\n", "line 2, column Expert_1: `-1` is no finite number of 0 or more"),
            ("0,en,1,NaN,1\n", "line 2, column Expert_1: `NaN` is no finite number of 0 or more"),
            ("0,en,1,x,1\n", "line 2, column Expert_1: `x` is no finite number of 0 or more"),
            ("0,en,1,1\n", "line 2, the row: has 4 cells where the header has 5"),
            ("zero,en,1,1,0\n", "line 2, column Layer: `zero` is no layer number"),
            ("0,,1,1,0\n", "line 2, column Language: is empty"),
            (
                "0,en,1,1,0\n0,en,1,1,0\n",
                "line 3, column Layer: layer 0 of en where layer 1 is expected",
            ),
            ("0,en,1,1,0\n0,he,1,0,0\n", "line 3, the row: sums to 1, other rows to 2"),
        ];
        for (rows, expected) in cases {
            assert_eq!(error(rows), expected);
        }
        assert!(error("0,en,1,1,0.02\n").starts_with("line 2, the row: sums to 2.0200"));
        assert!(error("0,en,0,0,0\n").starts_with("line 2, the row: sums to 0.0000"));
    }

    #[test]
    fn two_languages_with_the_same_layers_are_needed() {
        assert_eq!(error(""), "the table: it has no row");
        assert_eq!(
            error("0,en,1,1,0\n"),
            "the table: two languages are needed; there is en: 1 layers"
        );
        let uneven = error("0,en,1,1,0\n1,en,1,1,0\n0,he,1,1,0\n");
        assert_eq!(
            uneven,
            "the table: languages have different layers (en: 2 layers, he: 1 layers)"
        );
        let header = read("Layer,Lang,Expert_0\n").unwrap_err();
        assert_eq!(header, "line 1: column 2 is `Lang`, not `Language`");
    }
}
