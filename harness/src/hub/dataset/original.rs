use std::collections::{BTreeMap, BTreeSet};

use glob::{MatchOptions, Pattern};
use harness_tasks::data::EXTENSIONS;

use super::card::{Card, Config};
use super::infer::infer;
use super::lack::Lack;

/// The files of a split among the sorted names of a dataset's own repository, as its card describes them.
pub(super) fn original(
    names: &[String],
    card: &Card,
    config: Option<&str>,
    split: &str,
) -> Result<Vec<String>, Lack> {
    let files = match card.config(config)? {
        Some(entry) if entry.files.is_empty() => {
            infer(&data(names, entry.folder.as_deref().unwrap_or_default()), split)?
        }
        Some(entry) => described(names, entry, split)?,
        None => without_card(names, config, split)?,
    };
    whole(&files)?;
    Ok(files)
}

/// A repository whose card lists no configs has one, `default`; some keep several in folders of their names.
fn without_card(names: &[String], config: Option<&str>, split: &str) -> Result<Vec<String>, Lack> {
    match config.filter(|config| *config != "default") {
        None => infer(&data(names, ""), split),
        Some(config) => match data(names, config).as_slice() {
            [] => Err(Lack::Config { known: folders(names) }),
            files => infer(files, split),
        },
    }
}

/// Names that hold rows, below a folder.
fn data<'a>(names: &'a [String], folder: &str) -> Vec<&'a str> {
    let folder = folder.trim_matches('/');
    let below = |name: &str| {
        folder.is_empty() || name.strip_prefix(folder).is_some_and(|rest| rest.starts_with('/'))
    };
    let hidden = |name: &str| name.split('/').any(|part| part.starts_with(['.', '_']));
    let names = names.iter().map(String::as_str);
    names.filter(|name| below(name) && !hidden(name) && is_read(name)).collect()
}

fn folders(names: &[String]) -> Vec<String> {
    let folders = data(names, "").into_iter().filter_map(|name| name.split_once('/'));
    let mut folders: Vec<String> = folders.map(|(folder, _)| folder.to_owned()).collect();
    folders.dedup();
    if folders.is_empty() && !data(names, "").is_empty() {
        folders.push("default".to_owned());
    }
    folders
}

fn is_read(name: &str) -> bool {
    let extension = name.rsplit_once('.').map(|(_, extension)| extension);
    extension.is_some_and(|extension| EXTENSIONS.contains(&extension))
}

fn described(names: &[String], config: &Config, split: &str) -> Result<Vec<String>, Lack> {
    let Some((_, patterns)) = config.files.iter().find(|(known, _)| known == split) else {
        let known = config.files.iter().map(|(split, _)| split.clone()).collect();
        return Err(Lack::Split { known });
    };
    let mut files: Vec<String> = Vec::new();
    for pattern in patterns {
        for name in matching(names, config, pattern)? {
            if !files.contains(name) {
                files.push(name.clone());
            }
        }
    }
    match files.iter().find(|name| !is_read(name)) {
        Some(file) => Err(Lack::Format { file: file.clone() }),
        None => Ok(files),
    }
}

/// The names that a pattern of the card stands for; at least one.
fn matching<'a>(
    names: &'a [String],
    config: &Config,
    pattern: &str,
) -> Result<Vec<&'a String>, Lack> {
    let pattern = pattern.trim_start_matches("./");
    let pattern = match &config.folder {
        Some(folder) => format!("{}/{pattern}", folder.trim_matches('/')),
        None => pattern.to_owned(),
    };
    let compiled = Pattern::new(&pattern)
        .map_err(|error| Lack::Card { reason: format!("pattern {pattern:?}: {error}") })?;
    let options = MatchOptions { require_literal_separator: true, ..MatchOptions::new() };
    let found = names.iter().filter(|name| compiled.matches_with(name, options));
    let found: Vec<&String> = found.collect();
    if found.is_empty() { Err(Lack::Files { missing: vec![pattern] }) } else { Ok(found) }
}

/// Files numbered `-00000-of-00003` must be all there.
fn whole(files: &[String]) -> Result<(), Lack> {
    let mut series: BTreeMap<(&str, usize), BTreeSet<usize>> = BTreeMap::new();
    for (before, number, count) in files.iter().filter_map(|file| numbered(file)) {
        series.entry((before, count)).or_default().insert(number);
    }
    let lost = |(before, count), there: BTreeSet<usize>| {
        let absent = (0..count).filter(move |number| !there.contains(number));
        absent.map(move |number| format!("{before}-{number:05}-of-{count:05}"))
    };
    let missing: Vec<String> =
        series.into_iter().flat_map(|(series, there)| lost(series, there)).collect();
    if missing.is_empty() { Ok(()) } else { Err(Lack::Files { missing }) }
}

/// `a/test`, 0 and 3 of `a/test-00000-of-00003-0123abcd.parquet`.
fn numbered(file: &str) -> Option<(&str, usize, usize)> {
    let (before, after) = file.split_once("-of-")?;
    let (before, number) = before.rsplit_once('-')?;
    let digits = |text: &str| {
        let plain = text.len() == 5 && text.bytes().all(|byte| byte.is_ascii_digit());
        plain.then(|| text.parse().ok())?
    };
    Some((before, digits(number)?, digits(after.get(..5)?)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    const CARD: &str = "---
configs:
- config_name: he
  data_files:
  - {split: test, path: he/test-*}
  - {split: dev, path: [he/a.jsonl, 'he/**/b.jsonl']}
  - {split: old, path: he/x.arrow}
- config_name: ja
  data_dir: ja
---
";

    fn files(
        names: &[&str],
        card: &str,
        config: Option<&str>,
        split: &str,
    ) -> Result<Vec<String>, Lack> {
        let names: Vec<String> = names.iter().map(|&name| name.to_owned()).collect();
        original(&names, &Card::parse(card).unwrap(), config, split)
    }

    fn missing(names: &[&str]) -> Result<Vec<String>, Lack> {
        Err(Lack::Files { missing: names.iter().map(|&name| name.to_owned()).collect() })
    }

    #[test]
    fn the_card_names_the_files() {
        let names = [
            "README.md",
            "he/a.jsonl",
            "he/deep/b.jsonl",
            "he/test-00000-of-00001.parquet",
            "he/x.arrow",
            "ja/test.csv",
            "test.csv",
        ];
        let chosen = |config, split| files(&names, CARD, Some(config), split);
        assert_eq!(chosen("he", "test").unwrap(), ["he/test-00000-of-00001.parquet"]);
        assert_eq!(chosen("he", "dev").unwrap(), ["he/a.jsonl", "he/deep/b.jsonl"]);
        assert_eq!(chosen("ja", "test").unwrap(), ["ja/test.csv"]);
        let file = "he/x.arrow".to_owned();
        assert_eq!(chosen("he", "old"), Err(Lack::Format { file }));
        assert!(matches!(chosen("he", "train"), Err(Lack::Split { known }) if known.len() == 3));
        assert!(matches!(chosen("fr", "test"), Err(Lack::Config { .. })));
    }

    #[test]
    fn a_split_that_is_not_whole_is_none() {
        assert_eq!(files(&[], CARD, Some("he"), "test"), missing(&["he/test-*"]));
        let names = ["he/test-00000-of-00003-abc.parquet", "he/test-00002-of-00003-def.parquet"];
        assert_eq!(files(&names, CARD, Some("he"), "test"), missing(&["he/test-00001-of-00003"]));
    }

    #[test]
    fn without_a_card_names_tell() {
        let names = [".x/test.csv", "README.md", "he/test.csv", "ja/test.csv"];
        assert_eq!(files(&names, "", Some("ja"), "test").unwrap(), ["ja/test.csv"]);
        assert_eq!(files(&names, "", None, "test").unwrap(), ["he/test.csv", "ja/test.csv"]);
        let known = vec!["he".to_owned(), "ja".to_owned()];
        assert_eq!(files(&names, "", Some("fr"), "test"), Err(Lack::Config { known }));
    }
}
