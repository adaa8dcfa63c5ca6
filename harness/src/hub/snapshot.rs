use std::path::{Path, PathBuf};
use std::time::SystemTime;

use hf_hub::{Cache, CacheRepo};

use super::HubError;
use super::repository::{Repository, is_commit};

/// Files that one snapshot is expected to stay below.
const MOST_FILES: usize = 100_000;

/// A repository's folder in the cache, laid out as huggingface_hub does:
/// `refs/<revision>` holds a commit, `snapshots/<commit>/<file>` links to `blobs/<etag>`, and an empty
/// `.no_exist/<commit>/<file>` says that the hub has no such file.
pub(super) struct CachedRepository {
    folder: PathBuf,
    locks: PathBuf,
    layout: CacheRepo,
    revision: String,
}

impl CachedRepository {
    /// The folder of a repository, whether or not it exists.
    pub(super) fn new(cache: &Path, repository: &Repository) -> Self {
        let name = repository.cached_as().folder_name();
        Self {
            folder: cache.join(&name),
            locks: cache.join(".locks").join(name),
            layout: Cache::new(cache.to_owned()).repo(repository.cached_as()),
            revision: repository.revision().to_owned(),
        }
    }

    /// The commit that the repository's revision had when it was last downloaded.
    pub(super) fn commit(&self) -> Option<String> {
        if is_commit(&self.revision) {
            return Some(self.revision.clone());
        }
        let path = self.folder.join("refs").join(&self.revision);
        let text = std::fs::read_to_string(path).ok()?;
        Some(text.trim().to_owned()).filter(|commit| is_commit(commit))
    }

    /// Every commit with a snapshot, the newest download first: programs that ask for a commit leave no ref.
    pub(super) fn commits(&self) -> Vec<String> {
        let entries = std::fs::read_dir(self.folder.join("snapshots"));
        let mut found: Vec<(SystemTime, String)> = entries
            .into_iter()
            .flatten()
            .filter_map(|entry| {
                let entry = entry.ok()?;
                let name = entry.file_name().into_string().ok()?;
                let time = entry.metadata().ok()?.modified().ok()?;
                is_commit(&name).then_some((time, name))
            })
            .collect();
        found.sort();
        found.into_iter().rev().map(|(_, commit)| commit).collect()
    }

    /// The folder of a commit's files.
    pub(super) fn snapshot(&self, commit: &str) -> PathBuf {
        self.layout.pointer_path(commit)
    }

    /// A file of a commit, if it is here.
    ///
    /// # Errors
    /// [`HubError::Refused`] if it is a link that leads out of the repository's folder.
    pub(super) fn file(&self, commit: &str, name: &str) -> Result<Option<PathBuf>, HubError> {
        let path = self.snapshot(commit).join(name);
        let Ok(target) = path.canonicalize() else {
            return Ok(None);
        };
        let home = self.folder.canonicalize().map_err(HubError::io(&self.folder))?;
        if target.starts_with(home) {
            Ok(Some(path))
        } else {
            Err(HubError::Refused {
                what: format!("{} is a link that", path.display()),
                reason: "leads out of the cache",
            })
        }
    }

    /// The names of a commit's files that are here, sorted.
    pub(super) fn names(&self, commit: &str) -> Vec<String> {
        let mut names = Vec::new();
        collect(&self.snapshot(commit), "", &mut names);
        names.sort();
        names
    }

    /// Where the content with this ETag is kept.
    pub(super) fn blob(&self, etag: &str) -> PathBuf {
        self.layout.blob_path(etag)
    }

    /// The file whose lock says who downloads the content with this ETag.
    pub(super) fn lock(&self, etag: &str) -> PathBuf {
        self.locks.join(format!("{etag}.lock"))
    }

    /// Makes a blob a file of a commit.
    ///
    /// # Errors
    /// [`HubError::Io`].
    pub(super) fn link(&self, commit: &str, name: &str, etag: &str) -> Result<PathBuf, HubError> {
        let path = self.snapshot(commit).join(name);
        make_parent(&path)?;
        let up = "../".repeat(name.matches('/').count() + 2);
        let target = format!("{up}blobs/{etag}");
        if path.symlink_metadata().is_ok() {
            std::fs::remove_file(&path).map_err(HubError::io(&path))?;
        }
        link(Path::new(&target), &self.blob(etag), &path).map_err(HubError::io(&path))?;
        Ok(path)
    }

    /// Notes which commit the revision stands for.
    ///
    /// # Errors
    /// [`HubError::Io`].
    pub(super) fn set_commit(&self, commit: &str) -> Result<(), HubError> {
        if is_commit(&self.revision) || self.commit().as_deref() == Some(commit) {
            return Ok(());
        }
        let written = self.layout.create_ref(commit);
        written.map_err(HubError::io(self.folder.join("refs")))
    }

    /// Whether it is known that the hub has no such file.
    pub(super) fn is_absent(&self, commit: &str, name: &str) -> bool {
        self.absent(commit, name).exists()
    }

    /// Notes that the hub has no such file. A cache that cannot be written to just asks again the next time.
    pub(super) fn set_absent(&self, commit: &str, name: &str) {
        let path = self.absent(commit, name);
        if make_parent(&path).is_ok() {
            let _ = std::fs::write(path, "");
        }
    }

    fn absent(&self, commit: &str, name: &str) -> PathBuf {
        self.folder.join(".no_exist").join(commit).join(name)
    }
}

/// Creates the folder that a file goes into.
///
/// # Errors
/// [`HubError::Io`].
pub(super) fn make_parent(path: &Path) -> Result<(), HubError> {
    let parent = path.parent().unwrap_or(Path::new("."));
    std::fs::create_dir_all(parent).map_err(HubError::io(parent))
}

#[cfg(unix)]
fn link(target: &Path, _blob: &Path, path: &Path) -> std::io::Result<()> {
    std::os::unix::fs::symlink(target, path)
}

/// Where links need a privilege, huggingface_hub moves the file; a second hard name keeps the blob as well.
#[cfg(not(unix))]
fn link(_target: &Path, blob: &Path, path: &Path) -> std::io::Result<()> {
    std::fs::hard_link(blob, path).or_else(|_| std::fs::copy(blob, path).map(|_| ()))
}

/// Folders are walked, links to folders are not.
fn collect(folder: &Path, prefix: &str, names: &mut Vec<String>) {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    for entry in entries {
        let Ok(name) = entry.file_name().into_string() else {
            continue;
        };
        let name = format!("{prefix}{name}");
        let is_folder = entry.file_type().is_ok_and(|kind| kind.is_dir());
        if is_folder {
            collect(&entry.path(), &format!("{name}/"), names);
        } else if names.len() < MOST_FILES && entry.path().is_file() {
            names.push(name);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::COMMIT;
    use super::*;

    fn repository(cache: &Path, revision: Option<&str>) -> CachedRepository {
        CachedRepository::new(cache, &Repository::dataset("a/b", revision).unwrap())
    }

    fn write(path: &Path, text: &str) {
        make_parent(path).unwrap();
        std::fs::write(path, text).unwrap();
    }

    #[test]
    fn blobs_become_files_of_a_commit() {
        let cache = tempfile::tempdir().unwrap();
        let here = repository(cache.path(), None);
        assert_eq!(here.commit(), None);
        write(&here.blob("e1"), "content");
        let path = here.link(COMMIT, "x/y/z.csv", "e1").unwrap();
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "content");
        assert_eq!(here.file(COMMIT, "x/y/z.csv").unwrap(), Some(path));
        assert!(here.file(COMMIT, "x/y").unwrap().is_some());
        assert_eq!(here.names(COMMIT), ["x/y/z.csv"]);
        assert_eq!(here.commits(), [COMMIT]);
        here.set_commit(COMMIT).unwrap();
        assert_eq!(here.commit().as_deref(), Some(COMMIT));
        let ref_file = cache.path().join("datasets--a--b/refs/main");
        assert_eq!(std::fs::read_to_string(ref_file).unwrap(), COMMIT);
    }

    #[test]
    fn a_commit_needs_no_ref() {
        let cache = tempfile::tempdir().unwrap();
        let here = repository(cache.path(), Some(COMMIT));
        here.set_commit(COMMIT).unwrap();
        assert_eq!(here.commit().as_deref(), Some(COMMIT));
        assert!(!cache.path().join("datasets--a--b/refs").exists());
    }

    #[test]
    fn a_torn_ref_is_no_ref() {
        let cache = tempfile::tempdir().unwrap();
        write(&cache.path().join("datasets--a--b/refs/main"), "../../../etc");
        assert_eq!(repository(cache.path(), None).commit(), None);
    }

    #[test]
    fn absence_is_remembered() {
        let cache = tempfile::tempdir().unwrap();
        let here = repository(cache.path(), None);
        assert!(!here.is_absent(COMMIT, "x.json"));
        here.set_absent(COMMIT, "x.json");
        assert!(here.is_absent(COMMIT, "x.json"));
    }

    #[cfg(unix)]
    #[test]
    fn links_out_of_the_repository_are_refused_and_broken_ones_replaced() {
        let cache = tempfile::tempdir().unwrap();
        let here = repository(cache.path(), None);
        let path = here.snapshot(COMMIT).join("config.json");
        write(&cache.path().join("secret"), "x");
        make_parent(&path).unwrap();
        std::os::unix::fs::symlink("../../../secret", &path).unwrap();
        let result = here.file(COMMIT, "config.json");
        assert!(matches!(result, Err(HubError::Refused { .. })), "{result:?}");
        std::fs::remove_file(cache.path().join("secret")).unwrap();
        assert_eq!(here.file(COMMIT, "config.json").unwrap(), None);
        write(&here.blob("e"), "{}");
        here.link(COMMIT, "config.json", "e").unwrap();
        assert_eq!(std::fs::read_to_string(path).unwrap(), "{}");
    }
}
