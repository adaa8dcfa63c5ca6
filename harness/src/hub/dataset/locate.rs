use std::borrow::Cow;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};

use harness_tasks::data::{DataError, DatasetRef, Locate};

use super::super::{HubError, HubSettings};
use super::search::Search;

/// Datasets of the hub and its cache, as a place that tasks find their documents in.
///
/// A split is looked for in the cache; then in the branch that the hub converts to parquet; then among the files
/// that the dataset's card names. A dataset without a named config has `default`, or the only one there is.
pub struct HubData {
    settings: HubSettings,
    unreachable: AtomicBool,
}

impl HubData {
    /// The hub with these settings.
    #[must_use]
    pub fn new(settings: HubSettings) -> Self {
        Self { settings, unreachable: AtomicBool::new(false) }
    }

    /// The hub with the settings of this process's environment.
    #[must_use]
    pub fn from_env() -> Self {
        Self::new(HubSettings::from_env())
    }

    /// The files of a split, in order.
    ///
    /// # Errors
    /// [`HubError`].
    pub fn files(&self, dataset: &DatasetRef, split: &str) -> Result<Vec<PathBuf>, HubError> {
        let (revision, config) = (dataset.revision.as_deref(), dataset.name.as_deref());
        let settings = self.settings_now();
        let search = Search::new(&settings, &dataset.path, revision, config, split)?;
        let found = search.files();
        if found.as_ref().is_err_and(HubError::is_temporary) {
            self.unreachable.store(true, Ordering::Relaxed);
        }
        found
    }

    /// Whether a search failed because the hub could not be reached: the same command may succeed later.
    #[must_use]
    pub fn was_unreachable(&self) -> bool {
        self.unreachable.load(Ordering::Relaxed)
    }

    /// Once the hub could not be reached, only the cache is searched: every further dataset would wait as long again.
    fn settings_now(&self) -> Cow<'_, HubSettings> {
        if self.was_unreachable() {
            Cow::Owned(HubSettings { offline: true, ..self.settings.clone() })
        } else {
            Cow::Borrowed(&self.settings)
        }
    }

    fn place(&self) -> Vec<String> {
        let cache = self.settings.cache.display().to_string();
        if self.settings.offline {
            vec![cache]
        } else {
            vec![cache, self.settings.shown_endpoint()]
        }
    }
}

impl Locate for HubData {
    /// [`DataError::Missing`] unless what is there cannot be used: other tasks can run without this dataset.
    fn locate(&self, dataset: &DatasetRef, split: &str) -> Result<Vec<PathBuf>, DataError> {
        self.files(dataset, split).map_err(|error| match error {
            HubError::Name { name, reason } => DataError::Name { name, advice: reason },
            HubError::Io { path, source } => {
                DataError::Unreadable { path, reason: source.to_string() }
            }
            HubError::Integrity { .. } | HubError::Refused { .. } => DataError::Unreadable {
                path: PathBuf::from(&dataset.path),
                reason: error.to_string(),
            },
            error => DataError::Missing {
                dataset: dataset.to_string(),
                split: split.to_owned(),
                looked: self.place(),
                advice: error.to_string(),
            },
        })
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::super::super::testing::{
        COMMIT, Files, Reply, TestServer, files, files_at, repository, settings,
    };
    use super::*;

    const CARD: &str = "---
configs:
- config_name: default
  data_files:
  - {split: test, path: 'data/*.jsonl'}
---
";

    fn dataset(name: Option<&str>, revision: Option<&str>) -> DatasetRef {
        DatasetRef {
            path: "o/n".to_owned(),
            name: name.map(str::to_owned),
            revision: revision.map(str::to_owned),
            ..DatasetRef::default()
        }
    }

    fn hub(files: &Files) -> TestServer {
        TestServer::start(repository("datasets", "o/n", files))
    }

    fn both() -> Files {
        let mut both = files(&[
            ("README.md", CARD),
            ("data/a.jsonl", "{}"),
            ("data/b.jsonl", "{ }"),
            ("script.py", "import os"),
        ]);
        both.extend(files_at(
            "refs/convert/parquet",
            &[("default/test/0000.parquet", "first"), ("default/test/0001.parquet", "second")],
        ));
        both
    }

    fn read(paths: &[PathBuf]) -> Vec<String> {
        paths.iter().map(|path| std::fs::read_to_string(path).unwrap()).collect()
    }

    fn offline(folder: &Path, server: &TestServer) -> HubData {
        HubData::new(HubSettings { offline: true, ..settings(folder, server) })
    }

    #[test]
    fn converted_parquet_comes_first_and_only_once() {
        let folder = tempfile::tempdir().unwrap();
        let server = hub(&both());
        let data = HubData::new(settings(folder.path(), &server));
        let found = data.locate(&dataset(None, None), "test").unwrap();
        assert_eq!(read(&found), ["first", "second"]);
        let asked = server.asked();
        assert_eq!(asked.len(), 5, "{asked:?}");
        assert_eq!(asked[0], "GET /api/datasets/o/n/revision/refs%2Fconvert%2Fparquet");
        assert_eq!(data.locate(&dataset(None, None), "test").unwrap(), found);
        let later = offline(folder.path(), &server);
        assert_eq!(later.locate(&dataset(None, None), "test").unwrap(), found);
        assert_eq!(server.asked(), asked);
    }

    #[test]
    fn the_cards_files_come_next() {
        let folder = tempfile::tempdir().unwrap();
        let mut files = both();
        files.retain(|(revision, _), _| revision == "main");
        let server = hub(&files);
        let data = HubData::new(settings(folder.path(), &server));
        let found = data.locate(&dataset(None, None), "test").unwrap();
        assert_eq!(read(&found), ["{}", "{ }"]);
        let later = offline(folder.path(), &server);
        assert_eq!(later.locate(&dataset(Some("default"), None), "test").unwrap(), found);
    }

    #[test]
    fn a_pinned_revision_is_read_in_its_own_layout() {
        let folder = tempfile::tempdir().unwrap();
        let server = hub(&both());
        let data = HubData::new(settings(folder.path(), &server));
        let found = data.locate(&dataset(None, Some("main")), "test").unwrap();
        assert_eq!(read(&found), ["{}", "{ }"]);
    }

    #[test]
    fn what_the_datasets_library_downloaded_is_found_without_a_ref() {
        let folder = tempfile::tempdir().unwrap();
        let snapshot = folder.path().join("hub/datasets--o--n/snapshots").join(COMMIT);
        std::fs::create_dir_all(snapshot.join("data")).unwrap();
        std::fs::write(snapshot.join("README.md"), CARD).unwrap();
        std::fs::write(snapshot.join("data/a.jsonl"), "rows").unwrap();
        let server = hub(&both());
        let data = offline(folder.path(), &server);
        let found = data.locate(&dataset(None, None), "test").unwrap();
        assert_eq!(read(&found), ["rows"]);
    }

    #[test]
    fn offline_asks_nothing_and_says_what_to_run() {
        let folder = tempfile::tempdir().unwrap();
        let server = hub(&both());
        let data = offline(folder.path(), &server);
        let error = data.locate(&dataset(Some("he"), None), "test").unwrap_err();
        let command = "`hf download o/n --repo-type dataset --revision refs/convert/parquet --include 'he/test/*'`";
        assert!(error.is_missing() && error.to_string().contains(command), "{error}");
        assert_eq!(server.asked(), [""; 0]);
    }

    #[test]
    fn a_split_that_nobody_has_is_missing_and_the_others_are_named() {
        let folder = tempfile::tempdir().unwrap();
        let server = hub(&both());
        let data = HubData::new(settings(folder.path(), &server));
        let error = data.locate(&dataset(None, None), "dev").unwrap_err();
        assert!(error.is_missing() && error.to_string().contains("it has test"), "{error}");
        assert!(!data.was_unreachable());
    }

    #[test]
    fn gated_datasets_say_how_to_get_access() {
        let folder = tempfile::tempdir().unwrap();
        let server = TestServer::start(|_| Reply::status(403));
        let data = HubData::new(settings(folder.path(), &server));
        let error = data.locate(&dataset(None, None), "test").unwrap_err();
        assert!(error.is_missing() && error.to_string().contains("ask for access"), "{error}");
    }

    #[test]
    fn a_hub_that_is_down_is_remembered() {
        let folder = tempfile::tempdir().unwrap();
        let server = TestServer::start(|_| Reply::status(500));
        let data = HubData::new(settings(folder.path(), &server));
        assert!(data.locate(&dataset(None, None), "test").unwrap_err().is_missing());
        assert!(data.was_unreachable());
    }

    #[test]
    fn names_that_leave_the_cache_are_refused() {
        let folder = tempfile::tempdir().unwrap();
        let server = hub(&both());
        let data = HubData::new(settings(folder.path(), &server));
        let escaping = DatasetRef { path: "../x".to_owned(), ..DatasetRef::default() };
        let error = data.locate(&escaping, "test").unwrap_err();
        assert!(matches!(error, DataError::Name { .. }), "{error}");
    }

    #[test]
    fn a_listing_that_leaves_the_repository_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let name = "data/../../../../../x.jsonl";
        let card = CARD.replace("data/*.jsonl", "**/*.jsonl");
        let files = files(&[("README.md", &card), ("data/a.jsonl", ""), (name, "")]);
        let server = hub(&files);
        let data = HubData::new(settings(folder.path(), &server));
        let error = data.locate(&dataset(None, None), "test").unwrap_err();
        assert!(matches!(error, DataError::Unreadable { .. }), "{error}");
    }
}
