use std::path::PathBuf;

use super::super::client::Client;
use super::super::description::Description;
use super::super::download::Download;
use super::super::repository::{Kind, Repository};
use super::super::snapshot::CachedRepository;
use super::super::{HubError, HubSettings};
use super::card::Card;
use super::converted::{BRANCH, converted};
use super::lack::Lack;
use super::original::original;

const CARD: &str = "README.md";

/// How a repository's files are laid out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Layout {
    /// As the hub's converter does.
    Converted,
    /// As the owner likes.
    Original,
}

/// The search for one split.
pub(super) struct Search<'a> {
    settings: &'a HubSettings,
    repository: Repository,
    config: Option<&'a str>,
    split: &'a str,
}

impl<'a> Search<'a> {
    /// A search in the dataset `path`, `owner/name`.
    pub(super) fn new(
        settings: &'a HubSettings,
        path: &str,
        revision: Option<&str>,
        config: Option<&'a str>,
        split: &'a str,
    ) -> Result<Self, HubError> {
        let repository = Repository::dataset(path, revision)?;
        Ok(Self { settings, repository, config, split })
    }

    /// The split's files: from the cache, else from the hub.
    pub(super) fn files(&self) -> Result<Vec<PathBuf>, HubError> {
        if let Some(files) = self.in_cache()? {
            return Ok(files);
        }
        if self.settings.offline { Err(self.offline()) } else { self.on_hub() }
    }

    /// The converter follows the newest revision only: a pinned one is read in its own layout.
    fn branches(&self) -> Vec<(Repository, Layout)> {
        let own = (self.repository.clone(), Layout::Original);
        match self.repository.revision.as_deref() {
            None => vec![(self.repository.at(BRANCH), Layout::Converted), own],
            Some(BRANCH) => vec![(self.repository.clone(), Layout::Converted)],
            Some(_) => vec![own],
        }
    }

    fn in_cache(&self) -> Result<Option<Vec<PathBuf>>, HubError> {
        let mut refs = 0;
        for (repository, layout) in self.branches() {
            let cached = CachedRepository::new(&self.settings.cache, &repository);
            let Some(commit) = cached.commit() else { continue };
            refs += 1;
            if let Some(files) = self.of_snapshot(&cached, &commit, layout)? {
                return Ok(Some(files));
            }
        }
        if refs > 0 || self.repository.revision.is_some() {
            return Ok(None);
        }
        self.in_any_snapshot()
    }

    /// The datasets library asks for commits, so that what it downloads has no ref.
    fn in_any_snapshot(&self) -> Result<Option<Vec<PathBuf>>, HubError> {
        let cached = CachedRepository::new(&self.settings.cache, &self.repository);
        for commit in cached.commits() {
            for layout in [Layout::Converted, Layout::Original] {
                if let Some(files) = self.of_snapshot(&cached, &commit, layout)? {
                    return Ok(Some(files));
                }
            }
        }
        Ok(None)
    }

    fn of_snapshot(
        &self,
        cached: &CachedRepository,
        commit: &str,
        layout: Layout,
    ) -> Result<Option<Vec<PathBuf>>, HubError> {
        let names = cached.names(commit);
        let card = std::fs::read_to_string(cached.snapshot(commit).join(CARD));
        let Ok(chosen) = self.choose(&names, layout, &card.unwrap_or_default()) else {
            return Ok(None);
        };
        chosen.iter().map(|name| cached.file(commit, name)).collect()
    }

    fn choose(&self, names: &[String], layout: Layout, card: &str) -> Result<Vec<String>, Lack> {
        match layout {
            Layout::Converted => converted(names, self.config, self.split),
            Layout::Original => original(names, &Card::parse(card)?, self.config, self.split),
        }
    }

    /// What the converter does not have is looked for in the dataset's own files.
    fn on_hub(&self) -> Result<Vec<PathBuf>, HubError> {
        let client = Client::new(self.settings)?;
        for (repository, layout) in self.branches() {
            match self.of_branch(&client, &repository, layout) {
                Err(HubError::NotFound { .. } | HubError::Unusable { .. })
                    if layout == Layout::Converted && self.repository.revision.is_none() => {}
                result => return result,
            }
        }
        Err(self.offline())
    }

    fn of_branch(
        &self,
        client: &Client,
        repository: &Repository,
        layout: Layout,
    ) -> Result<Vec<PathBuf>, HubError> {
        let hub = Description::fetch(client, repository)?;
        let cached = CachedRepository::new(&self.settings.cache, repository);
        let download = Download {
            client,
            settings: self.settings,
            repository,
            cached: &cached,
            commit: &hub.commit,
        };
        let card = match layout {
            Layout::Original if hub.has(CARD) => {
                let path = download.file(CARD)?;
                std::fs::read_to_string(&path).map_err(HubError::io(path))?
            }
            _ => String::new(),
        };
        let chosen = self
            .choose(&hub.names, layout, &card)
            .map_err(|lack| lack.error(repository, self.config, self.split))?;
        let files = download.files(&chosen)?;
        cached.set_commit(&hub.commit)?;
        Ok(files)
    }

    /// Which files there are is known to the hub only; the converter's branch is the most likely to have them.
    fn offline(&self) -> HubError {
        let (repository, layout) = self.branches().swap_remove(0);
        debug_assert_eq!(repository.kind, Kind::Dataset);
        let config = self.config.unwrap_or("default");
        let what = match layout {
            Layout::Converted => format!("--include '{config}/{}/*'", self.split),
            Layout::Original => String::new(),
        };
        HubError::Offline {
            repository: self.repository.to_string(),
            missing: vec![format!("split {:?} of config {config:?}", self.split)],
            cache: self.settings.cache.clone(),
            command: repository.download_command(&what),
        }
    }
}
