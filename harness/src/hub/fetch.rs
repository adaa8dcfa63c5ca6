use super::checkpoint::{NEEDED, OPTIONAL};
use super::client::Client;
use super::description::Description;
use super::download::Download;
use super::repository::Repository;
use super::snapshot::CachedRepository;
use super::weights::{INDEX, SINGLE, no_weights, shards};
use super::{HubError, HubSettings};

/// Downloads what the cache lacks of a checkpoint, the weights last, and tells its commit. The ref that says so is
/// written when everything is there.
pub(super) fn fetch(
    settings: &HubSettings,
    repository: &Repository,
    cached: &CachedRepository,
) -> Result<String, HubError> {
    let client = Client::new(settings)?;
    let hub = Description::fetch(&client, repository)?;
    check(&hub, repository)?;
    let download = Download { client: &client, settings, repository, cached, commit: &hub.commit };
    for name in NEEDED.iter().chain(&OPTIONAL) {
        if hub.has(name) {
            download.file(name)?;
        } else {
            cached.set_absent(&hub.commit, name);
        }
    }
    weights(&download, &hub)?;
    cached.set_commit(&hub.commit)?;
    Ok(hub.commit)
}

/// Whether the repository is a checkpoint at all, before anything large is downloaded.
fn check(hub: &Description, repository: &Repository) -> Result<(), HubError> {
    if let Some(name) = NEEDED.iter().find(|name| !hub.has(name)) {
        let reason = format!(
            "has no {name}; a checkpoint needs config.json, tokenizer.json (of a fast tokenizer) and safetensors"
        );
        return Err(unusable(repository, reason));
    }
    if !hub.has(SINGLE) && !hub.has(INDEX) {
        return Err(unusable(repository, no_weights(&hub.names)));
    }
    Ok(())
}

fn weights(download: &Download<'_>, hub: &Description) -> Result<(), HubError> {
    if hub.has(SINGLE) {
        return download.file(SINGLE).map(|_| ());
    }
    let shards = shards(&download.file(INDEX)?)?;
    let lost: Vec<&str> = shards.iter().filter(|name| !hub.has(name)).map(String::as_str).collect();
    if !lost.is_empty() {
        let reason = format!("{INDEX} lists shards that are not there: {}", lost.join(", "));
        return Err(unusable(download.repository, reason));
    }
    shards.iter().try_for_each(|name| download.file(name).map(|_| ()))
}

fn unusable(repository: &Repository, reason: String) -> HubError {
    HubError::Unusable { repository: repository.to_string(), reason }
}
