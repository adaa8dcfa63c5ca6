//! Parallel text as Moses and OPUS write it: a plain file a language, line n of each beside line n
//! of the others.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde_json::{Map, Value};

use super::{EXTENSIONS, file_name, unreadable};
use crate::data::budget::MAX_BYTES;
use crate::data::{DataError, Row};
use crate::doc::Origin;

/// The language of a plain file, which is its extension: `he` of `NeuLab-TedTalks.en-he.he`.
fn language(path: &Path) -> Option<&str> {
    let extension = path.extension()?.to_str()?;
    (!EXTENSIONS.contains(&extension)).then_some(extension)
}

/// Whether two files are one text in two languages.
pub(crate) fn beside(a: &Path, b: &Path) -> bool {
    language(a).is_some() && language(b).is_some() && a.with_extension("") == b.with_extension("")
}

/// The files of a folder that are one text in the languages of a configuration such as `en-he`:
/// `<split>.en` and `<split>.he`, else every pair of files that differ in that extension only, by
/// name. Languages come in the configuration's order; empty where there are none.
pub(crate) fn parallel_files(
    folder: &Path,
    names: &[String],
    config: &str,
    split: &str,
) -> Vec<PathBuf> {
    let languages: Vec<&str> = config.split('-').collect();
    let is_tag =
        |tag: &&str| (2..=3).contains(&tag.len()) && tag.bytes().all(|b| b.is_ascii_lowercase());
    if languages.len() < 2 || !languages.iter().all(is_tag) {
        return Vec::new();
    }
    let has = |stem: &str, tag: &str| names.iter().any(|name| *name == format!("{stem}.{tag}"));
    let whole = |stem: &str| languages.iter().all(|tag| has(stem, tag));
    let mut stems: Vec<&str> = names
        .iter()
        .filter_map(|name| name.strip_suffix(languages[0])?.strip_suffix('.'))
        .filter(|stem| whole(stem))
        .collect();
    stems.sort_unstable();
    if whole(split) {
        stems = vec![split];
    }
    let files =
        stems.iter().flat_map(|stem| languages.iter().map(move |tag| format!("{stem}.{tag}")));
    files.map(|name| folder.join(name)).collect()
}

/// Rows of one text: a column a language, a row a line. Lines are kept as they are, empty ones
/// too, without their line ends.
///
/// # Errors
/// When a file cannot be read or is not UTF-8, or the files have different numbers of lines.
pub(crate) fn read(paths: &[PathBuf]) -> Result<Vec<Row>, DataError> {
    let texts: Vec<(&str, String)> =
        paths.iter().map(|path| read_one(path)).collect::<Result<_, _>>()?;
    let lines: Vec<Vec<&str>> = texts.iter().map(|(_, text)| text.lines().collect()).collect();
    let first = lines.first().map_or(0, Vec::len);
    if let Some(other) = lines.iter().position(|lines| lines.len() != first) {
        let reason = format!(
            "has {} lines and {} has {first}: line n of each must be the same sentence",
            lines[other].len(),
            paths[0].display()
        );
        return Err(unreadable(&paths[other], &reason));
    }
    let name: Arc<str> = paths.first().map_or_else(|| "".into(), |path| file_name(path));
    let row = |number: usize| {
        let cells = texts.iter().zip(&lines);
        let cell = |((language, _), lines): (&(&str, String), &Vec<&str>)| {
            ((*language).to_owned(), Value::from(lines[number]))
        };
        let fields: Map<String, Value> = cells.map(cell).collect();
        Row { fields, origin: Origin { file: Arc::clone(&name), row: number + 1 } }
    };
    Ok((0..first).map(row).collect())
}

fn read_one(path: &Path) -> Result<(&str, String), DataError> {
    let wrong = |reason: &str| unreadable(path, reason);
    let language = language(path).ok_or_else(|| wrong("its extension names no language"))?;
    let length = std::fs::metadata(path).map_err(|error| wrong(&error.to_string()))?.len();
    if length > MAX_BYTES {
        return Err(DataError::TooLarge { path: path.to_owned(), what: "bytes", limit: MAX_BYTES });
    }
    let text = std::fs::read_to_string(path).map_err(|error| wrong(&error.to_string()))?;
    Ok((language, text.strip_prefix('\u{feff}').map(str::to_owned).unwrap_or(text)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn files(texts: &[(&str, &str)]) -> (tempfile::TempDir, Vec<PathBuf>) {
        let folder = tempfile::tempdir().unwrap();
        let write = |(name, text): &(&str, &str)| {
            let path = folder.path().join(name);
            std::fs::write(&path, text).unwrap();
            path
        };
        let paths = texts.iter().map(write).collect();
        (folder, paths)
    }

    #[test]
    fn lines_stand_beside_each_other() {
        let (_folder, paths) =
            files(&[("t.en", "one\n\nthree\n"), ("t.he", "אחת\r\nשתיים\r\n\r\n")]);
        assert!(beside(&paths[0], &paths[1]));
        let rows = read(&paths).unwrap();
        assert_eq!(rows.len(), 3);
        assert_eq!(
            (rows[1].fields["en"].as_str(), rows[1].fields["he"].as_str()),
            (Some(""), Some("שתיים"))
        );
        assert_eq!(rows[2].origin.row, 3);
    }

    #[test]
    fn uneven_files_are_refused() {
        let (_folder, paths) = files(&[("t.en", "one\ntwo\n"), ("t.he", "אחת\n")]);
        let error = read(&paths).unwrap_err().to_string();
        assert!(error.contains("t.he") && error.contains("has 1 lines"), "{error}");
    }

    #[test]
    fn corpora_of_opus_are_found_in_order() {
        let names = [
            "TED2020.en-he.he",
            "NeuLab-TedTalks.en-he.en",
            "TED2020.en-he.en",
            "NeuLab-TedTalks.en-he.he",
            "x.en",
            "README",
        ];
        let names = names.map(str::to_owned);
        let found = |names: &[String], config| -> Vec<String> {
            let files = parallel_files(Path::new("f"), names, config, "test");
            files.iter().map(|path| path.display().to_string()).collect()
        };
        let expected = [
            "f/NeuLab-TedTalks.en-he.en",
            "f/NeuLab-TedTalks.en-he.he",
            "f/TED2020.en-he.en",
            "f/TED2020.en-he.he",
        ];
        assert_eq!(found(&names, "en-he"), expected);
        assert!(found(&names, "en-ja").is_empty() && found(&names, "default").is_empty());
        let named = ["test.en", "test.he", "other.en", "other.he"].map(str::to_owned);
        assert_eq!(found(&named, "en-he"), ["f/test.en", "f/test.he"]);
    }
}
