use std::fmt;

use hf_hub::{Repo, RepoType};

use super::HubError;
use super::path::is_inside;

/// What a repository holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Model,
    Dataset,
}

/// A repository of the hub at a revision.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Repository {
    pub(super) kind: Kind,
    /// `owner/name`; old datasets have no owner.
    pub(super) id: String,
    /// A branch, a tag or a commit, if the user named one.
    pub(super) revision: Option<String>,
}

impl Repository {
    /// A checkpoint: `owner/name` or `owner/name@revision`.
    pub(super) fn model(source: &str) -> Result<Self, HubError> {
        let (id, revision) = match source.split_once('@') {
            Some((id, revision)) => (id, Some(revision)),
            None => (source, None),
        };
        let repository = Self::new(Kind::Model, id, revision)?;
        if id.contains('/') {
            Ok(repository)
        } else {
            Err(name_error(source, "it needs an owner, as in `owner/name`"))
        }
    }

    /// A dataset: `owner/name`, or `name` for the hub's oldest ones.
    pub(super) fn dataset(id: &str, revision: Option<&str>) -> Result<Self, HubError> {
        Self::new(Kind::Dataset, id, revision)
    }

    fn new(kind: Kind, id: &str, revision: Option<&str>) -> Result<Self, HubError> {
        let parts: Vec<&str> = id.split('/').collect();
        if parts.len() > 2 || !parts.iter().all(|part| is_name(part)) {
            return Err(name_error(
                id,
                "expected `owner/name` of letters, digits, `-`, `_` and `.`",
            ));
        }
        if revision.is_some_and(|revision| !is_revision(revision)) {
            return Err(name_error(revision.unwrap_or_default(), "not a branch, tag or commit"));
        }
        Ok(Self { kind, id: id.to_owned(), revision: revision.map(str::to_owned) })
    }

    /// The same repository at another revision.
    pub(super) fn at(&self, revision: &str) -> Self {
        Self { revision: Some(revision.to_owned()), ..self.clone() }
    }

    /// The revision that is asked for.
    pub(super) fn revision(&self) -> &str {
        self.revision.as_deref().unwrap_or("main")
    }

    /// hf-hub's name for it, which knows the cache's folder names.
    pub(super) fn cached_as(&self) -> Repo {
        let kind = match self.kind {
            Kind::Model => RepoType::Model,
            Kind::Dataset => RepoType::Dataset,
        };
        Repo::with_revision(self.id.clone(), kind, self.revision().to_owned())
    }

    /// The path of the hub's description of it, below the endpoint.
    pub(super) fn description_path(&self) -> String {
        format!("api/{}", self.cached_as().api_url())
    }

    /// The path of one of its files at a commit, below the endpoint.
    pub(super) fn file_path(&self, commit: &str, file: &str) -> String {
        let file = super::path::percent_encoded(file);
        format!("{}/resolve/{commit}/{file}", self.cached_as().url())
    }

    /// The command that downloads `what` into the cache.
    pub(super) fn download_command(&self, what: &str) -> String {
        let mut command = format!("hf download {}", self.id);
        if self.kind == Kind::Dataset {
            command.push_str(" --repo-type dataset");
        }
        if let Some(revision) = &self.revision {
            command.push_str(" --revision ");
            command.push_str(revision);
        }
        if !what.is_empty() {
            command.push(' ');
            command.push_str(what);
        }
        command
    }
}

impl fmt::Display for Repository {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.id)?;
        let revision = self.revision.as_ref();
        revision.map_or(Ok(()), |revision| write!(f, "@{revision}"))
    }
}

/// Whether a text is a full commit id.
pub(super) fn is_commit(text: &str) -> bool {
    text.len() == 40 && text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
}

fn name_error(name: &str, reason: &'static str) -> HubError {
    HubError::Name { name: name.to_owned(), reason }
}

fn is_name(part: &str) -> bool {
    let allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    !part.is_empty()
        && part.len() <= 96
        && !part.starts_with('.')
        && !part.contains("--")
        && part.chars().all(allowed)
}

/// git's own rules are wider; these suffice for what the hub hands out and are safe as a path and on a command line.
fn is_revision(text: &str) -> bool {
    let allowed = |c: char| c.is_ascii_alphanumeric() || "-_./+=".contains(c);
    is_inside(text) && !text.starts_with('-') && text.chars().all(allowed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_revisions() {
        let repository = Repository::model("Qwen/Qwen3-30B-A3B@refs/pr/1").unwrap();
        assert_eq!(repository.revision(), "refs/pr/1");
        assert_eq!(
            repository.description_path(),
            "api/models/Qwen/Qwen3-30B-A3B/revision/refs%2Fpr%2F1"
        );
        assert_eq!(
            repository.download_command("config.json"),
            "hf download Qwen/Qwen3-30B-A3B --revision refs/pr/1 config.json"
        );
        let dataset = Repository::dataset("gsm8k", None).unwrap();
        assert_eq!(
            dataset.file_path("c0", "a b/ש.csv"),
            "datasets/gsm8k/resolve/c0/a%20b/%D7%A9.csv"
        );
        assert_eq!(dataset.download_command(""), "hf download gsm8k --repo-type dataset");
    }

    #[test]
    fn what_is_no_name_is_refused() {
        let names = [
            "gpt2", "a/b/c", "../x", "a/..", "a/b@../x", "a/b@", "a/b@/x", "a b/c", "a/b--c", "",
            "a/b@--x",
        ];
        for name in names {
            assert!(matches!(Repository::model(name), Err(HubError::Name { .. })), "{name}");
        }
    }
}
