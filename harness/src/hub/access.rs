use super::checkpoint::resolve;
use super::{HubData, HubError, HubSettings, Resolved};

/// The hub and its cache on this machine.
#[derive(Clone)]
pub struct Hub {
    settings: HubSettings,
}

impl Hub {
    /// A hub with these settings.
    #[must_use]
    pub fn new(settings: HubSettings) -> Self {
        Self { settings }
    }

    /// The folder of a checkpoint, `owner/name[@revision]`, downloaded if the cache lacks it: config.json,
    /// tokenizer.json, model.safetensors or its index and shards, and, where they exist, generation_config.json,
    /// tokenizer_config.json and chat_template.jinja. A revision in the cache is not compared with the hub's.
    ///
    /// # Errors
    /// [`HubError`]; see [`HubError::is_temporary`].
    pub fn checkpoint(&self, source: &str) -> Result<Resolved, HubError> {
        resolve(&self.settings, source)
    }

    /// The hub's datasets.
    #[must_use]
    pub fn data(&self) -> HubData {
        HubData::new(self.settings.clone())
    }
}

/// [`Hub::checkpoint`] with the settings of this process's environment.
///
/// # Errors
/// As [`Hub::checkpoint`].
pub fn checkpoint(source: &str) -> Result<Resolved, HubError> {
    Hub::new(HubSettings::from_env()).checkpoint(source)
}
