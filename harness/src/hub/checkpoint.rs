use std::path::PathBuf;

use super::fetch::fetch;
use super::repository::Repository;
use super::snapshot::CachedRepository;
use super::weights::{INDEX, SINGLE, shards};
use super::{HubError, HubSettings};

/// What a checkpoint cannot do without, besides weights.
pub(super) const NEEDED: [&str; 2] = ["config.json", "tokenizer.json"];
/// What changes prompts or generated text where it exists.
pub(super) const OPTIONAL: [&str; 3] =
    ["generation_config.json", "tokenizer_config.json", "chat_template.jinja"];
/// Without it the tokenizer has no BOS or EOS; a cache that lacks it is not taken for complete.
const ASKED_FOR: &str = "tokenizer_config.json";

/// A checkpoint of the hub on this machine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Resolved {
    /// The folder with its files.
    pub folder: PathBuf,
    /// Its commit, 40 hexadecimal digits.
    pub revision: Option<String>,
    /// As the user named it.
    pub source: String,
}

/// Finds or downloads a checkpoint: see [`Hub::checkpoint`](super::Hub::checkpoint).
pub(super) fn resolve(settings: &HubSettings, source: &str) -> Result<Resolved, HubError> {
    let repository = Repository::model(source)?;
    let cached = CachedRepository::new(&settings.cache, &repository);
    let search = Search { settings, repository: &repository, cached: &cached };
    let commit = match search.in_cache()? {
        Some(commit) => commit,
        None => fetch(settings, &repository, &cached)?,
    };
    Ok(Resolved {
        folder: cached.snapshot(&commit),
        revision: Some(commit),
        source: source.to_owned(),
    })
}

struct Search<'a> {
    settings: &'a HubSettings,
    repository: &'a Repository,
    cached: &'a CachedRepository,
}

impl Search<'_> {
    /// The commit of a complete snapshot; when offline, why there is none.
    fn in_cache(&self) -> Result<Option<String>, HubError> {
        let newest = || self.cached.commits().into_iter().next();
        let unnamed = self.repository.revision.is_none();
        let commit = self.cached.commit().or_else(|| newest().filter(|_| unnamed));
        let missing = match &commit {
            Some(commit) => self.missing(commit)?,
            None => owned(&[&NEEDED[..], &[SINGLE]].concat()),
        };
        let complete = commit.filter(|_| missing.is_empty());
        if self.settings.offline {
            return complete.map(Some).ok_or_else(|| self.offline(missing));
        }
        Ok(complete.filter(|commit| {
            let there = self.cached.snapshot(commit).join(ASKED_FOR).exists();
            there || self.cached.is_absent(commit, ASKED_FOR)
        }))
    }

    /// The needed files that a snapshot lacks.
    fn missing(&self, commit: &str) -> Result<Vec<String>, HubError> {
        let mut needed = owned(&NEEDED);
        if self.cached.file(commit, SINGLE)?.is_none() {
            match self.cached.file(commit, INDEX)? {
                Some(index) => needed.extend(shards(&index)?),
                None => needed.push(SINGLE.to_owned()),
            }
        }
        for name in OPTIONAL {
            self.cached.file(commit, name)?;
        }
        let mut missing = Vec::new();
        for name in needed {
            if self.cached.file(commit, &name)?.is_none() {
                missing.push(name);
            }
        }
        Ok(missing)
    }

    /// Single files are asked for by name; with none of the weights here, their names are not known.
    fn offline(&self, missing: Vec<String>) -> HubError {
        let all = missing.iter().any(|name| name == SINGLE);
        let what = if all { String::new() } else { missing.join(" ") };
        HubError::Offline {
            repository: self.repository.to_string(),
            command: self.repository.download_command(&what),
            cache: self.settings.cache.clone(),
            missing,
        }
    }
}

fn owned(names: &[&str]) -> Vec<String> {
    names.iter().map(|&name| name.to_owned()).collect()
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::super::testing::{COMMIT, Files, TestServer, files, repository, settings};
    use super::*;

    const INDEX_TEXT: &str =
        r#"{"weight_map": {"a": "model-1-of-2.safetensors", "b": "model-2-of-2.safetensors"}}"#;

    fn single() -> Files {
        files(&[
            ("config.json", "{}"),
            ("tokenizer.json", "{ }"),
            ("tokenizer_config.json", "{  }"),
            ("model.safetensors", "weights"),
            ("pytorch_model.bin", "pickle"),
            ("README.md", ""),
        ])
    }

    fn sharded() -> Files {
        files(&[
            ("config.json", "{}"),
            ("tokenizer.json", "{}"),
            (INDEX, INDEX_TEXT),
            ("model-1-of-2.safetensors", "one"),
            ("model-2-of-2.safetensors", "two"),
        ])
    }

    fn hub(files: &Files) -> TestServer {
        TestServer::start(repository("models", "o/n", files))
    }

    fn offline(server: &TestServer, folder: &Path) -> HubSettings {
        HubSettings { offline: true, ..settings(folder, server) }
    }

    #[test]
    fn a_checkpoint_is_downloaded_once_and_then_no_request_is_made() {
        let folder = tempfile::tempdir().unwrap();
        let server = hub(&single());
        let settings = settings(folder.path(), &server);
        let resolved = resolve(&settings, "o/n").unwrap();
        assert_eq!(resolved.revision.as_deref(), Some(COMMIT));
        let read = |name: &str| std::fs::read_to_string(resolved.folder.join(name));
        assert_eq!(read("model.safetensors").unwrap(), "weights");
        assert!(read("pytorch_model.bin").is_err());
        let asked = server.asked();
        assert_eq!(asked[0], "GET /api/models/o/n/revision/main");
        assert_eq!(asked.len(), 9, "{asked:?}");
        assert_eq!(resolve(&settings, "o/n").unwrap(), resolved);
        let pinned = resolve(&settings, &format!("o/n@{COMMIT}")).unwrap();
        assert_eq!(pinned.folder, resolved.folder);
        assert_eq!(server.asked(), asked);
    }

    #[test]
    fn shards_come_from_the_index() {
        let folder = tempfile::tempdir().unwrap();
        let server = hub(&sharded());
        let settings = settings(folder.path(), &server);
        let resolved = resolve(&settings, "o/n").unwrap();
        assert!(resolved.folder.join("model-2-of-2.safetensors").is_file());
        let asked = server.asked();
        resolve(&settings, "o/n").unwrap();
        assert_eq!(server.asked(), asked);
    }

    #[test]
    fn an_interrupted_download_is_finished() {
        let folder = tempfile::tempdir().unwrap();
        let server = hub(&sharded());
        let resolved = resolve(&settings(folder.path(), &server), "o/n").unwrap();
        let shard = resolved.folder.join("model-2-of-2.safetensors");
        std::fs::remove_file(&shard).unwrap();
        let error = resolve(&offline(&server, folder.path()), "o/n").unwrap_err();
        let text = error.to_string();
        assert!(text.contains("`hf download o/n model-2-of-2.safetensors`"), "{text}");
        resolve(&settings(folder.path(), &server), "o/n").unwrap();
        assert!(shard.is_file());
    }

    #[test]
    fn offline_asks_nothing_and_says_what_to_run() {
        let folder = tempfile::tempdir().unwrap();
        let server = hub(&single());
        let error = resolve(&offline(&server, folder.path()), "o/n@v1").unwrap_err();
        let text = error.to_string();
        assert!(text.contains("config.json, tokenizer.json"), "{text}");
        assert!(text.contains("`hf download o/n --revision v1`"), "{text}");
        assert!(!error.is_temporary());
        assert_eq!(server.asked(), [""; 0]);
    }

    #[test]
    fn what_other_programs_downloaded_by_commit_is_found() {
        let folder = tempfile::tempdir().unwrap();
        let snapshot = folder.path().join("hub/models--o--n/snapshots").join(COMMIT);
        std::fs::create_dir_all(&snapshot).unwrap();
        for name in ["config.json", "tokenizer.json", "model.safetensors"] {
            std::fs::write(snapshot.join(name), "{}").unwrap();
        }
        let server = hub(&single());
        let resolved = resolve(&offline(&server, folder.path()), "o/n").unwrap();
        assert_eq!(resolved.folder, snapshot);
        assert!(resolve(&offline(&server, folder.path()), "o/n@v1").is_err());
    }

    #[test]
    fn a_shard_outside_the_repository_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let mut files = sharded();
        let key = ("main".to_owned(), INDEX.to_owned());
        let index = INDEX_TEXT.replace("model-1-of-2", "../../../../etc/x");
        files.insert(key, index.into_bytes());
        let error = resolve(&settings(folder.path(), &hub(&files)), "o/n").unwrap_err();
        assert!(matches!(error, HubError::Refused { .. }), "{error}");
    }

    #[test]
    fn repositories_that_are_no_checkpoint_are_refused_before_any_download() {
        let without = |names: &[&str]| {
            let mut files = single();
            files.retain(|(_, name), _| !names.contains(&name.as_str()));
            let folder = tempfile::tempdir().unwrap();
            let server = hub(&files);
            let error = resolve(&settings(folder.path(), &server), "o/n").unwrap_err();
            assert_eq!(server.asked().len(), 1);
            error.to_string()
        };
        let pickled = without(&["model.safetensors"]);
        assert!(pickled.contains("pickled (pytorch_model.bin)"), "{pickled}");
        assert!(without(&["tokenizer.json"]).contains("has no tokenizer.json"));
    }

    #[test]
    fn a_shard_that_the_repository_lacks_is_named() {
        let mut files = sharded();
        files.retain(|(_, name), _| name != "model-2-of-2.safetensors");
        let folder = tempfile::tempdir().unwrap();
        let error = resolve(&settings(folder.path(), &hub(&files)), "o/n").unwrap_err();
        assert!(error.to_string().ends_with("model-2-of-2.safetensors"), "{error}");
    }
}
