use ureq::Body;
use ureq::http::Response;

use super::HubError;
use super::answer::{check, header};
use super::client::{Client, Method};
use super::repository::Repository;

/// What a `HEAD` request tells about a file.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Announcement {
    /// Also the blob's name in the cache.
    pub(super) etag: String,
    /// In bytes.
    pub(super) size: Option<u64>,
}

impl Announcement {
    /// Asks about the file `name` at `url`.
    pub(super) fn fetch(
        client: &Client,
        repository: &Repository,
        url: &str,
        name: &str,
    ) -> Result<Self, HubError> {
        client.insist(url, || {
            let response = client.attempt(Method::Head, url)?;
            check(&response, repository, Some(name))?;
            Ok(Self { etag: etag(&response, repository)?, size: size(&response) })
        })
    }
}

/// The ETag becomes a file's name, so it is held to be one. Large files are redirected, and theirs is `X-Linked-ETag`.
fn etag(response: &Response<Body>, repository: &Repository) -> Result<String, HubError> {
    let text = header(response, "x-linked-etag").or_else(|| header(response, "etag"));
    let text = text.unwrap_or_default();
    let etag = text.trim_start_matches("W/").trim_matches('"');
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_');
    if (1..=128).contains(&etag.len()) && etag.chars().all(plain) {
        return Ok(etag.to_owned());
    }
    Err(HubError::Unusable {
        repository: repository.to_string(),
        reason: format!("the hub sent the ETag {etag:?}; is HF_ENDPOINT a hub?"),
    })
}

fn size(response: &Response<Body>) -> Option<u64> {
    let linked = header(response, "x-linked-size");
    let own = || {
        let redirect = response.status().is_redirection();
        header(response, "content-length").filter(|_| !redirect)
    };
    linked.or_else(own)?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::super::testing::{Reply, TestServer, settings};
    use super::*;

    fn announcement(reply: Reply) -> Result<Announcement, HubError> {
        let server = TestServer::start(move |_| reply.clone());
        let client = Client::new(&settings(&std::env::temp_dir(), &server)).unwrap();
        let repository = Repository::model("o/n").unwrap();
        Announcement::fetch(&client, &repository, &client.url("x"), "x")
    }

    #[test]
    fn small_files_announce_themselves_and_large_ones_behind_a_redirect() {
        let small = announcement(Reply::ok("four").header("ETag", "W/\"abc\"")).unwrap();
        assert_eq!(small, Announcement { etag: "abc".into(), size: Some(4) });
        let large = Reply::status(302)
            .header("Location", "https://storage.invalid/signed?x=1")
            .header("X-Linked-ETag", "\"def\"")
            .header("X-Linked-Size", "77")
            .header("ETag", "\"other\"");
        let large = announcement(large).unwrap();
        assert_eq!(large, Announcement { etag: "def".into(), size: Some(77) });
    }

    #[test]
    fn an_etag_is_no_path() {
        for etag in ["\"../../../x\"", "", "\"a/b\"", "\".\""] {
            let error = announcement(Reply::ok("x").header("ETag", etag)).unwrap_err();
            assert!(matches!(error, HubError::Unusable { .. }), "{etag}: {error}");
        }
    }
}
