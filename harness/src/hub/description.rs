use serde::Deserialize;

use super::client::{Client, Method};
use super::patience::Failure;
use super::repository::{Repository, is_commit};
use super::{HubError, answer};

/// The longest description that is read; a repository of 100,000 files has about 10 MB.
const LONGEST: u64 = 64 * 1024 * 1024;

/// What the hub says about a repository at a revision.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Description {
    /// The commit that the revision stands for now.
    pub(super) commit: String,
    /// The names of its files, sorted.
    pub(super) names: Vec<String>,
}

#[derive(Deserialize)]
struct Json {
    sha: String,
    #[serde(default)]
    siblings: Vec<Sibling>,
}

#[derive(Deserialize)]
struct Sibling {
    rfilename: String,
}

impl Description {
    /// Asks the hub: one request, unless it is busy or redirects.
    ///
    /// # Errors
    /// [`HubError::NotFound`], [`HubError::Gated`], [`HubError::Unreachable`].
    pub(super) fn fetch(client: &Client, repository: &Repository) -> Result<Self, HubError> {
        let url = client.url(&repository.description_path());
        let text = client.insist(&url, || {
            let response = client.attempt(Method::Get { from: 0 }, &url)?;
            answer::check(&response, repository, None)?;
            let body = response.into_body().into_with_config();
            let text = body.limit(LONGEST).read_to_string();
            text.map_err(|error| Failure::Temporary {
                reason: error.to_string(),
                retry_after: None,
                progress: false,
            })
        })?;
        Self::parse(&text, repository)
    }

    fn parse(text: &str, repository: &Repository) -> Result<Self, HubError> {
        let unusable = |reason: String| HubError::Unusable {
            repository: repository.to_string(),
            reason: format!(
                "the hub's description of it is not understood ({reason}); is HF_ENDPOINT a hub?"
            ),
        };
        let json: Json = serde_json::from_str(text).map_err(|error| unusable(error.to_string()))?;
        if !is_commit(&json.sha) {
            return Err(unusable("`sha` is no commit".to_owned()));
        }
        let mut names: Vec<String> = json.siblings.into_iter().map(|s| s.rfilename).collect();
        names.sort();
        Ok(Self { commit: json.sha, names })
    }

    /// Whether the repository has a file.
    pub(super) fn has(&self, name: &str) -> bool {
        self.names.iter().any(|known| known == name)
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{COMMIT, Reply, TestServer, files, repository, settings};
    use super::*;

    fn fetch(server: &TestServer, id: &str) -> Result<Description, HubError> {
        let client = Client::new(&settings(&std::env::temp_dir(), server)).unwrap();
        Description::fetch(&client, &Repository::model(id).unwrap())
    }

    #[test]
    fn names_are_sorted() {
        let files = files(&[("b.json", ""), ("a.json", "")]);
        let server = TestServer::start(repository("models", "o/n", &files));
        let description = fetch(&server, "o/n").unwrap();
        assert_eq!(description.commit, COMMIT);
        assert_eq!(description.names, ["a.json", "b.json"]);
    }

    #[test]
    fn unknown_repositories_and_revisions_are_told_apart() {
        let server = TestServer::start(repository("models", "o/n", &files(&[("a", "")])));
        let text = |id: &str| fetch(&server, id).unwrap_err().to_string();
        assert!(text("o/m").contains("HF_TOKEN"), "{}", text("o/m"));
        let error = text("o/n@v9");
        assert!(error.contains("revision v9 of o/n"), "{error}");
    }

    #[test]
    fn a_cut_description_is_asked_for_again() {
        let whole = format!(r#"{{"sha": "{COMMIT}"}}"#);
        let calls = std::sync::atomic::AtomicU32::new(0);
        let server = TestServer::start(move |_| {
            let cut = calls.fetch_add(1, std::sync::atomic::Ordering::SeqCst) == 0;
            let reply = Reply::ok(whole.clone());
            if cut { reply.cut_after(9) } else { reply }
        });
        assert_eq!(fetch(&server, "o/n").unwrap().names, [""; 0]);
        assert_eq!(server.requests().len(), 2);
    }

    #[test]
    fn what_is_no_description_is_an_error() {
        for body in ["<html>", "{}", r#"{"sha": "../../x"}"#] {
            let server = TestServer::start(move |_| Reply::ok(body));
            let error = fetch(&server, "o/n").unwrap_err().to_string();
            assert!(error.contains("is HF_ENDPOINT a hub?"), "{error}");
        }
    }
}
