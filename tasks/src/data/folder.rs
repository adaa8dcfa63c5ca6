//! Datasets in a folder.

use std::path::{Path, PathBuf};

use super::read::{EXTENSIONS, moses};
use super::{DataError, DatasetRef, Locate};

/// Dataset paths that are file formats, with `data_files` beside them.
const GENERIC: [&str; 4] = ["json", "csv", "parquet", "text"];

/// Datasets in a folder laid out as
/// `<root>/<owner>/<name>/<config>/<split>.{jsonl,json,csv,tsv,parquet}`.
///
/// A dataset without a configuration has `default`; a split in several files
/// has `<split>-00000-of-00003.parquet` and so on. Where a split is there in
/// several formats, the first of that list is read. A configuration of languages (`en-he`) may lie
/// there as plain text, a file a language (`test.en` beside `test.he`, or OPUS's own names).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Folder {
    root: PathBuf,
}

impl Folder {
    /// The folder at `root`.
    #[must_use]
    pub fn new(root: impl Into<PathBuf>) -> Self {
        Self { root: root.into() }
    }

    fn shards(
        &self,
        dataset: &DatasetRef,
        split: &str,
        folder: &Path,
    ) -> Result<Vec<PathBuf>, DataError> {
        let names = names_in(folder);
        for extension in EXTENSIONS {
            let Some(count) = names.iter().find_map(|name| shard_count(name, split, extension))
            else {
                continue;
            };
            let shard = |at: usize| format!("{split}-{at:05}-of-{count:05}.{extension}");
            let missing: Vec<_> =
                (0..count).map(shard).filter(|name| !names.contains(name)).collect();
            if missing.is_empty() {
                return Ok((0..count).map(|at| folder.join(shard(at))).collect());
            }
            return Err(DataError::Shards {
                dataset: dataset.to_string(),
                split: split.to_owned(),
                missing,
            });
        }
        let parallel = moses::parallel_files(folder, &names, dataset.config(), split);
        if !parallel.is_empty() {
            return Ok(parallel);
        }
        Err(self.missing(dataset, split, &folder.join(format!("{split}.*"))))
    }

    fn missing(&self, dataset: &DatasetRef, split: &str, looked: &Path) -> DataError {
        let advice = format!(
            "put the split there as one of {} with the dataset's own column names",
            EXTENSIONS.map(|extension| format!("{split}.{extension}")).join(", ")
        );
        DataError::Missing {
            dataset: dataset.to_string(),
            split: split.to_owned(),
            looked: vec![looked.display().to_string()],
            advice,
        }
    }

    /// The files that a task file names itself: beside the task file, in
    /// this folder, or where the program runs.
    fn named(&self, dataset: &DatasetRef, split: &str) -> Result<Vec<PathBuf>, DataError> {
        let files = dataset.files_of(split).unwrap_or_default();
        let found: Option<Vec<_>> =
            files.iter().map(|file| self.named_file(dataset, file)).collect();
        match found {
            Some(paths) if !paths.is_empty() => Ok(paths),
            _ => Err(DataError::Missing {
                dataset: format!("{dataset} with data_files"),
                split: split.to_owned(),
                looked: files.to_vec(),
                advice: "name the split's files in `dataset_kwargs.data_files`, beside the task file or in the data folder".to_owned(),
            }),
        }
    }

    fn named_file(&self, dataset: &DatasetRef, file: &str) -> Option<PathBuf> {
        let base = dataset.base.clone().unwrap_or_default();
        [base.join(file), self.root.join(file), PathBuf::from(file)]
            .into_iter()
            .find(|path| path.is_file())
    }
}

impl Locate for Folder {
    fn locate(&self, dataset: &DatasetRef, split: &str) -> Result<Vec<PathBuf>, DataError> {
        if GENERIC.contains(&dataset.path.as_str()) || dataset.files_of(split).is_some() {
            return self.named(dataset, split);
        }
        let mut folder = self.root.clone();
        for part in dataset.path.split('/').chain([dataset.config(), split]) {
            check_name(part)?;
        }
        folder.extend(dataset.path.split('/'));
        folder.push(dataset.config());
        let single = EXTENSIONS.map(|extension| folder.join(format!("{split}.{extension}")));
        match single.into_iter().find(|path| path.is_file()) {
            Some(path) => Ok(vec![path]),
            None => self.shards(dataset, split, &folder),
        }
    }
}

/// A name that stays inside the folder.
fn check_name(name: &str) -> Result<(), DataError> {
    let inside = !matches!(name, "" | "." | "..") && !name.contains(['\\', '\0', ':']);
    if inside {
        return Ok(());
    }
    let advice = "write `owner/name`, without `..`, backslashes or colons";
    Err(DataError::Name { name: name.to_owned(), advice })
}

fn names_in(folder: &Path) -> Vec<String> {
    let Ok(entries) = folder.read_dir() else { return Vec::new() };
    entries.flatten().filter_map(|entry| entry.file_name().into_string().ok()).collect()
}

/// The `3` of `test-00000-of-00003.parquet`.
fn shard_count(name: &str, split: &str, extension: &str) -> Option<usize> {
    let rest = name.strip_prefix(split)?.strip_prefix('-')?;
    let rest = rest.strip_suffix(extension)?.strip_suffix('.')?;
    let (at, count) = rest.split_once("-of-")?;
    let five = |digits: &str| digits.len() == 5 && digits.bytes().all(|b| b.is_ascii_digit());
    (five(at) && five(count)).then(|| count.parse().ok()).flatten()
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    fn reference(path: &str, name: Option<&str>) -> DatasetRef {
        DatasetRef { path: path.into(), name: name.map(Into::into), ..DatasetRef::default() }
    }

    fn folder(files: &[&str]) -> (tempfile::TempDir, Folder) {
        let root = tempfile::tempdir().unwrap();
        for file in files {
            let path = root.path().join(file);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, "{}\n").unwrap();
        }
        let folder = Folder::new(root.path());
        (root, folder)
    }

    #[test]
    fn finds_default_configs_and_formats_in_order() {
        let (root, folder) =
            folder(&["o/d/default/test.csv", "o/d/default/test.jsonl", "o/d/ja/test.tsv"]);
        let plain = folder.locate(&reference("o/d", None), "test").unwrap();
        assert_eq!(plain, [root.path().join("o/d/default/test.jsonl")]);
        let named = folder.locate(&reference("o/d", Some("ja")), "test").unwrap();
        assert_eq!(named, [root.path().join("o/d/ja/test.tsv")]);
    }

    #[test]
    fn finds_all_shards_or_names_the_missing() {
        let (_root, folder) = folder(&[
            "o/d/default/a-00000-of-00002.parquet",
            "o/d/default/a-00001-of-00002.parquet",
            "o/d/default/b-00001-of-00003.jsonl",
        ]);
        assert_eq!(folder.locate(&reference("o/d", None), "a").unwrap().len(), 2);
        let error = folder.locate(&reference("o/d", None), "b").unwrap_err();
        assert_eq!(
            error.to_string(),
            "o/d, split b: shards are missing: b-00000-of-00003.jsonl, b-00002-of-00003.jsonl"
        );
    }

    #[test]
    fn says_what_is_missing_and_where_it_looked() {
        let (_root, folder) = folder(&[]);
        let error = folder.locate(&reference("o/d", Some("ja")), "test").unwrap_err();
        assert!(error.is_missing());
        let text = error.to_string();
        assert!(
            text.contains("o/d, config ja, split test") && text.contains("test.parquet"),
            "{text}"
        );
    }

    #[test]
    fn names_cannot_leave_the_folder() {
        let (_root, folder) = folder(&[]);
        for path in ["../secret", "/etc/passwd", "o/..", "o\\d", ""] {
            let error = folder.locate(&reference(path, None), "test").unwrap_err();
            assert!(matches!(error, DataError::Name { .. }), "{path}: {error}");
        }
    }

    #[test]
    fn named_files_stand_beside_the_task() {
        let (root, folder) = folder(&["mine/questions.jsonl"]);
        let mut dataset = reference("json", None);
        dataset.data_files = vec![("test".into(), vec!["questions.jsonl".into()])];
        dataset.base = Some(root.path().join("mine"));
        let found = folder.locate(&dataset, "test").unwrap();
        assert_eq!(found, [root.path().join("mine/questions.jsonl")]);
        assert!(folder.locate(&dataset, "train").unwrap_err().is_missing());
    }
}
