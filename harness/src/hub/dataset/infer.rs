use std::collections::BTreeSet;

use super::lack::Lack;

/// The files of a split where the card names none, after the datasets library (`data_files.py`): shards
/// `data/<split>-00000-of-00003.…` first; else files in folders, else files with names, that hold one of the words
/// for the split; else, if no file holds such a word, all of them for `train`.
pub(super) fn infer(files: &[&str], split: &str) -> Result<Vec<String>, Lack> {
    let rules: [Rule; 3] = [shard_split, by_folder, by_name];
    let marked = rules.iter().map(|rule| mark(files, *rule)).find(|marked| !marked.is_empty());
    match marked {
        Some(marked) => of_split(&marked, split),
        None if files.is_empty() => Err(Lack::Config { known: Vec::new() }),
        None if split == "train" => Ok(files.iter().map(|&file| file.to_owned()).collect()),
        None => Err(Lack::Split { known: vec!["train".to_owned()] }),
    }
}

/// The split that a file's name tells.
type Rule = fn(&str) -> Option<&str>;

fn mark<'a>(files: &[&'a str], rule: Rule) -> Vec<(&'a str, &'a str)> {
    files.iter().filter_map(|file| Some((rule(file)?, *file))).collect()
}

fn of_split(marked: &[(&str, &str)], split: &str) -> Result<Vec<String>, Lack> {
    let ours = marked.iter().filter(|(known, _)| *known == split);
    let ours: Vec<String> = ours.map(|(_, file)| (*file).to_owned()).collect();
    if ours.is_empty() {
        let known: BTreeSet<&str> = marked.iter().map(|(split, _)| *split).collect();
        return Err(Lack::Split { known: known.into_iter().map(str::to_owned).collect() });
    }
    Ok(ours)
}

/// `test` of `data/test-00000-of-00003-0123abcd.parquet`.
fn shard_split(file: &str) -> Option<&str> {
    let name = file.strip_prefix("data/")?;
    let (before, after) = name.split_once("-of-")?;
    let (split, number) = before.rsplit_once('-')?;
    let digits = |text: &str| text.len() == 5 && text.bytes().all(|byte| byte.is_ascii_digit());
    (digits(number) && digits(after.get(..5)?) && !name.contains('/')).then_some(split)
}

fn by_folder(file: &str) -> Option<&str> {
    let (folders, _) = file.rsplit_once('/')?;
    folders.split('/').find_map(split_named)
}

fn by_name(file: &str) -> Option<&str> {
    let name = file.rsplit('/').next()?;
    let words = name.split(|c: char| matches!(c, '-' | '.' | '_' | ' ') || c.is_ascii_digit());
    words.filter_map(split_named).next()
}

fn split_named(word: &str) -> Option<&'static str> {
    match word {
        "train" | "training" => Some("train"),
        "validation" | "valid" | "dev" | "val" => Some("validation"),
        "test" | "testing" | "eval" | "evaluation" => Some("test"),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn known(splits: &[&str]) -> Result<Vec<String>, Lack> {
        Err(Lack::Split { known: splits.iter().map(|&split| split.to_owned()).collect() })
    }

    #[test]
    fn shards_may_have_any_split_name() {
        let files =
            ["data/odd-00000-of-00002.parquet", "data/odd-00001-of-00002.parquet", "test.csv"];
        assert_eq!(infer(&files, "odd").unwrap(), &files[..2]);
        assert_eq!(infer(&files, "test"), known(&["odd"]));
    }

    #[test]
    fn words_in_folders_then_in_names() {
        let files = ["a/dev/x.jsonl", "a/test/test.jsonl", "train.jsonl"];
        assert_eq!(infer(&files, "validation").unwrap(), ["a/dev/x.jsonl"]);
        assert_eq!(infer(&files, "train"), known(&["test", "validation"]));
        let files = ["heq_test_v1.jsonl", "heq-val.jsonl", "latest.jsonl"];
        assert_eq!(infer(&files, "test").unwrap(), ["heq_test_v1.jsonl"]);
        assert_eq!(infer(&files, "validation").unwrap(), ["heq-val.jsonl"]);
    }

    #[test]
    fn files_without_any_word_are_training_data() {
        assert_eq!(infer(&["a.csv", "b.csv"], "train").unwrap(), ["a.csv", "b.csv"]);
        assert_eq!(infer(&["a.csv"], "test"), known(&["train"]));
        assert_eq!(infer(&[], "train"), Err(Lack::Config { known: Vec::new() }));
    }
}
