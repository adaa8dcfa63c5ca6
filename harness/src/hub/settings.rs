use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::address::shown;
use super::{Patience, Token};

/// How far a download is.
#[derive(Debug, Clone, Copy)]
pub struct Progress<'a> {
    /// `owner/name/file`.
    pub file: &'a str,
    /// Bytes on disk.
    pub done: u64,
    /// Bytes in all, if the hub told.
    pub total: Option<u64>,
}

/// Called after every piece of a download; `done == total` is the last call for a file.
pub type ProgressHook = Arc<dyn Fn(Progress<'_>) + Send + Sync>;

/// Where the cache is, which hub is asked, as whom, and how patiently.
#[derive(Clone)]
pub struct HubSettings {
    /// The cache in huggingface_hub's layout (`models--owner--name/snapshots/…`).
    pub cache: PathBuf,
    /// The hub, as `scheme://host[:port]` without a trailing slash.
    pub endpoint: String,
    /// Sent to the endpoint's own origin only.
    pub token: Option<Token>,
    /// Make no request at all.
    pub offline: bool,
    /// Timeouts and retries.
    pub patience: Patience,
    /// Told how far a download is.
    pub progress: Option<ProgressHook>,
}

impl HubSettings {
    /// The settings of this process's environment.
    #[must_use]
    pub fn from_env() -> Self {
        let home = std::env::home_dir().unwrap_or_default();
        Self::from_variables(&home, |name| std::env::var(name).ok())
    }

    /// The settings that huggingface_hub would read from these environment variables (its `constants.py`):
    /// `HF_HUB_CACHE`, else `HF_HOME/hub`, else `XDG_CACHE_HOME/huggingface/hub`, else `~/.cache/huggingface/hub`;
    /// `HF_TOKEN`, else the file `HF_TOKEN_PATH`, else `HF_HOME/token`; `HF_ENDPOINT`; offline if `HF_HUB_OFFLINE`,
    /// `HF_DATASETS_OFFLINE` or `TRANSFORMERS_OFFLINE` is 1, true, yes or on.
    pub fn from_variables(home: &Path, variable: impl Fn(&str) -> Option<String>) -> Self {
        let set = |name: &str| variable(name).filter(|value| !value.trim().is_empty());
        let folder = |name: &str| set(name).map(|path| expand(home, &path));
        let hf_home = folder("HF_HOME")
            .or_else(|| Some(folder("XDG_CACHE_HOME")?.join("huggingface")))
            .unwrap_or_else(|| home.join(".cache/huggingface"));
        let token_path = folder("HF_TOKEN_PATH").unwrap_or_else(|| hf_home.join("token"));
        let offline = ["HF_HUB_OFFLINE", "HF_DATASETS_OFFLINE", "TRANSFORMERS_OFFLINE"];
        Self {
            cache: folder("HF_HUB_CACHE")
                .or_else(|| folder("HUGGINGFACE_HUB_CACHE"))
                .unwrap_or_else(|| hf_home.join("hub")),
            endpoint: endpoint(set("HF_ENDPOINT").as_deref()),
            token: set("HF_TOKEN")
                .or_else(|| set("HUGGING_FACE_HUB_TOKEN"))
                .or_else(|| std::fs::read_to_string(token_path).ok())
                .and_then(|text| Token::new(&text)),
            offline: offline.iter().any(|name| set(name).is_some_and(|value| is_true(&value))),
            patience: Patience::default(),
            progress: None,
        }
    }

    /// The endpoint without credentials and query.
    pub(super) fn shown_endpoint(&self) -> String {
        let shown = self.endpoint.parse().map(|uri| shown(&uri));
        shown.map_or_else(|_| "the hub".to_owned(), |shown| shown.trim_end_matches('/').to_owned())
    }
}

fn endpoint(given: Option<&str>) -> String {
    let given = given.unwrap_or("https://huggingface.co").trim();
    given.trim_end_matches('/').to_owned()
}

fn is_true(value: &str) -> bool {
    matches!(value.to_ascii_lowercase().as_str(), "1" | "true" | "yes" | "on")
}

fn expand(home: &Path, path: &str) -> PathBuf {
    match path.strip_prefix("~/") {
        Some(rest) => home.join(rest),
        None if path == "~" => home.to_owned(),
        None => PathBuf::from(path),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings(home: &Path, variables: &[(&str, &str)]) -> HubSettings {
        let find = |name: &str| variables.iter().find(|(known, _)| *known == name);
        HubSettings::from_variables(home, |name| find(name).map(|(_, value)| (*value).to_owned()))
    }

    #[test]
    fn the_cache_follows_the_most_specific_variable() {
        let home = Path::new("/home/me");
        let cache = |variables: &[(&str, &str)]| settings(home, variables).cache;
        let all = [("HF_HUB_CACHE", "~/c"), ("HF_HOME", "/h"), ("XDG_CACHE_HOME", "/x")];
        assert_eq!(cache(&all), Path::new("/home/me/c"));
        assert_eq!(cache(&all[1..]), Path::new("/h/hub"));
        assert_eq!(cache(&all[2..]), Path::new("/x/huggingface/hub"));
        assert_eq!(cache(&[("HF_HOME", "")]), Path::new("/home/me/.cache/huggingface/hub"));
    }

    #[test]
    fn the_token_comes_from_the_variable_then_from_the_file() {
        let home = tempfile::tempdir().unwrap();
        let file = home.path().join("secret");
        std::fs::write(&file, "from file\n").unwrap();
        let path = ("HF_TOKEN_PATH", file.to_str().unwrap());
        let token = |variables: &[(&str, &str)]| settings(home.path(), variables).token;
        assert_eq!(token(&[path]), Token::new("from file"));
        assert_eq!(token(&[path, ("HF_TOKEN", "variable")]), Token::new("variable"));
        assert_eq!(token(&[]), None);
    }

    #[test]
    fn offline_has_several_names_and_spellings() {
        let offline = |name, value| settings(Path::new("/"), &[(name, value)]).offline;
        assert!(offline("HF_HUB_OFFLINE", "1"));
        assert!(offline("HF_DATASETS_OFFLINE", "True"));
        assert!(!offline("HF_HUB_OFFLINE", "0"));
        assert!(!offline("HF_HUB_OFFLINE", ""));
    }

    #[test]
    fn the_endpoint_has_no_trailing_slash() {
        let endpoint = |value| settings(Path::new("/"), &[("HF_ENDPOINT", value)]).endpoint;
        assert_eq!(endpoint("http://mirror:8080//"), "http://mirror:8080");
        assert_eq!(endpoint(""), "https://huggingface.co");
    }
}
