//! What the hub's statuses mean.

use ureq::Body;
use ureq::http::Response;

use super::HubError;
use super::repository::Repository;

/// Whether an answer holds what was asked for: a description, or the file that is named.
///
/// # Errors
/// [`HubError::Gated`] for 401 and 403, [`HubError::NotFound`] for 404 and every other 4xx.
pub(super) fn check(
    response: &Response<Body>,
    repository: &Repository,
    file: Option<&str>,
) -> Result<(), HubError> {
    let status = response.status().as_u16();
    match status {
        401 | 403 => Err(gated(repository, status)),
        400.. => Err(not_found(repository, file, status, header(response, "x-error-code"))),
        _ => Ok(()),
    }
}

/// A header's text.
pub(super) fn header<'a>(response: &'a Response<Body>, name: &str) -> Option<&'a str> {
    response.headers().get(name)?.to_str().ok()
}

/// The hub answers 401 also for repositories that do not exist, so as not to tell which private ones do.
fn gated(repository: &Repository, status: u16) -> HubError {
    let page = &repository.id;
    let advice = if status == 401 {
        format!(
            "check the spelling; if {page} exists, log in with `hf auth login` or set HF_TOKEN to a token that may read it"
        )
    } else {
        format!(
            "ask for access on the page of {page} with the account that HF_TOKEN belongs to, and let the token read gated repositories"
        )
    };
    HubError::Gated { repository: repository.to_string(), status, advice }
}

fn not_found(
    repository: &Repository,
    file: Option<&str>,
    status: u16,
    code: Option<&str>,
) -> HubError {
    let (what, advice) = match (code, file) {
        (Some("RevisionNotFound"), _) => (
            format!("revision {} of {}", repository.revision(), repository.id),
            "name a branch, a tag or a full commit after the `@`".to_owned(),
        ),
        (_, Some(file)) => (
            format!("{file} of {repository}"),
            format!("the hub answered {status}; it may have been removed"),
        ),
        (_, None) => (
            repository.to_string(),
            format!("the hub answered {status}; check the spelling, and HF_ENDPOINT if it is set"),
        ),
    };
    HubError::NotFound { what, advice }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn error(status: u16, code: &str, file: Option<&str>) -> String {
        let response = Response::builder().status(status).header("X-Error-Code", code);
        let response = response.body(Body::builder().data("")).unwrap();
        let repository = Repository::model("o/n@v1").unwrap();
        check(&response, &repository, file).unwrap_err().to_string()
    }

    #[test]
    fn errors_say_what_to_do() {
        assert!(error(401, "", None).contains("HF_TOKEN"));
        assert!(error(403, "GatedRepo", None).contains("ask for access on the page of o/n"));
        assert!(error(404, "RevisionNotFound", None).starts_with("revision v1 of o/n is not"));
        assert!(error(404, "EntryNotFound", Some("a.json")).starts_with("a.json of o/n@v1"));
        assert!(error(418, "", None).contains("answered 418"));
    }
}
