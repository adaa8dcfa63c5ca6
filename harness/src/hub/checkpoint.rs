use std::path::PathBuf;

use super::client::Client;
use super::description::Description;
use super::download::Download;
use super::repository::Repository;
use super::snapshot::CachedRepository;
use super::weights::{INDEX, SINGLE, no_weights, shards};
use super::{HubError, HubSettings};

/// What a checkpoint cannot do without, besides weights.
const NEEDED: [&str; 2] = ["config.json", "tokenizer.json"];
/// What changes prompts or generated text where it exists.
const OPTIONAL: [&str; 3] = [
    "generation_config.json",
    "tokenizer_config.json",
    "chat_template.jinja",
];
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
    let search = Search {
        settings,
        repository: &repository,
        cached: &cached,
    };
    let commit = match search.in_cache()? {
        Some(commit) => commit,
        None => search.on_hub()?,
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
        let commit = self
            .cached
            .commit()
            .or_else(|| newest().filter(|_| unnamed));
        let missing = match &commit {
            Some(commit) => self.missing(commit)?,
            None => [&NEEDED[..], &[SINGLE]].concat().map_owned(),
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
        let mut needed = NEEDED.to_vec().map_owned();
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
        let what = if all {
            String::new()
        } else {
            missing.join(" ")
        };
        HubError::Offline {
            repository: self.repository.to_string(),
            command: self.repository.download_command(&what),
            cache: self.settings.cache.clone(),
            missing,
        }
    }

    /// Downloads what is missing and tells the commit.
    fn on_hub(&self) -> Result<String, HubError> {
        let client = Client::new(self.settings)?;
        let description = Description::fetch(&client, self.repository)?;
        let download = Download {
            client: &client,
            settings: self.settings,
            repository: self.repository,
            cached: self.cached,
            commit: &description.commit,
        };
        self.check(&description)?;
        for name in NEEDED.iter().chain(&OPTIONAL) {
            if description.has(name) {
                download.file(name)?;
            } else {
                self.cached.set_absent(&description.commit, name);
            }
        }
        self.weights(&download, &description)?;
        self.cached.set_commit(&description.commit)?;
        Ok(description.commit)
    }

    /// Whether the repository is a checkpoint at all, before anything large is downloaded.
    fn check(&self, description: &Description) -> Result<(), HubError> {
        if let Some(name) = NEEDED.iter().find(|name| !description.has(name)) {
            return Err(self.unusable(format!(
                "has no {name}; a checkpoint needs config.json, tokenizer.json (of a fast tokenizer) and safetensors"
            )));
        }
        if !description.has(SINGLE) && !description.has(INDEX) {
            return Err(self.unusable(no_weights(&description.names)));
        }
        Ok(())
    }

    fn weights(&self, download: &Download<'_>, hub: &Description) -> Result<(), HubError> {
        if hub.has(SINGLE) {
            return download.file(SINGLE).map(|_| ());
        }
        let shards = shards(&download.file(INDEX)?)?;
        let lost: Vec<&str> = shards
            .iter()
            .filter(|name| !hub.has(name))
            .map(String::as_str)
            .collect();
        if !lost.is_empty() {
            let lost = lost.join(", ");
            return Err(self.unusable(format!(
                "{INDEX} lists shards that are not there: {lost}"
            )));
        }
        shards
            .iter()
            .try_for_each(|name| download.file(name).map(|_| ()))
    }

    fn unusable(&self, reason: String) -> HubError {
        HubError::Unusable {
            repository: self.repository.to_string(),
            reason,
        }
    }
}

trait MapOwned {
    fn map_owned(self) -> Vec<String>;
}

impl MapOwned for Vec<&str> {
    fn map_owned(self) -> Vec<String> {
        self.into_iter().map(str::to_owned).collect()
    }
}
