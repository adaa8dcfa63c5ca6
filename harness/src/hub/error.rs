use std::path::PathBuf;

/// A checkpoint or dataset of the hub cannot be had.
#[derive(Debug, thiserror::Error)]
pub enum HubError {
    /// Not a repository's name.
    #[error("{name:?} is not a name on the hub: {reason}")]
    Name {
        /// As given.
        name: String,
        /// What is wrong, and what would be right.
        reason: &'static str,
    },
    /// An environment variable cannot be used. Its value is not shown: it may be a secret.
    #[error("{variable} {reason}")]
    Setting {
        /// The variable.
        variable: &'static str,
        /// What is wrong, and what would be right.
        reason: String,
    },
    /// The hub has no such repository, revision or file.
    #[error("{what} is not on the hub: {advice}")]
    NotFound {
        /// What was asked for.
        what: String,
        /// What to do.
        advice: String,
    },
    /// The hub wants a token, another token, or consent to a licence (401 and 403).
    #[error("{repository} is gated or private (the hub answered {status}): {advice}")]
    Gated {
        /// The repository.
        repository: String,
        /// 401 or 403.
        status: u16,
        /// What to do.
        advice: String,
    },
    /// Requests are forbidden and the cache lacks something.
    #[error(
        "offline, and the cache {} lacks {} of {repository}; fetch it with `{command}`, or unset HF_HUB_OFFLINE",
        cache.display(), missing.join(", ")
    )]
    Offline {
        /// The repository.
        repository: String,
        /// What the cache lacks.
        missing: Vec<String>,
        /// The cache.
        cache: PathBuf,
        /// The command that fetches it.
        command: String,
    },
    /// A temporary failure that outlasted every retry: the program ends with exit code 75.
    #[error(
        "{url} cannot be reached after {attempts} attempts: {reason}; try again later, or set HF_ENDPOINT to a mirror"
    )]
    Unreachable {
        /// What was asked for, without query and credentials.
        url: String,
        /// Why the last attempt failed.
        reason: String,
        /// Attempts made.
        attempts: u32,
    },
    /// What arrived is not what the hub announced, twice.
    #[error(
        "{file}: the hub announced {expected}, but {got} arrived; nothing was kept, try again or set HF_ENDPOINT to another mirror"
    )]
    Integrity {
        /// `owner/name/file`.
        file: String,
        /// Announced digest or size.
        expected: String,
        /// Of what arrived.
        got: String,
    },
    /// Something that a well-meant repository does not do: a path that leaves the cache, a redirect to plain http.
    #[error("refused: {what} {reason}")]
    Refused {
        /// The offending path or address.
        what: String,
        /// What is wrong with it.
        reason: &'static str,
    },
    /// The repository exists but holds nothing that can be evaluated.
    #[error("{repository}: {reason}")]
    Unusable {
        /// The repository.
        repository: String,
        /// What is missing or wrong, and what to do.
        reason: String,
    },
    /// The disk refused.
    #[error("{}: {source}", path.display())]
    Io {
        /// The file or folder.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
}

impl HubError {
    /// Whether trying again later may help (exit code 75 rather than 6).
    #[must_use]
    pub fn is_temporary(&self) -> bool {
        matches!(self, Self::Unreachable { .. })
    }

    /// Attaches a path to an I/O error.
    pub(super) fn io(path: impl Into<PathBuf>) -> impl FnOnce(std::io::Error) -> Self {
        let path = path.into();
        move |source| Self::Io { path, source }
    }
}
