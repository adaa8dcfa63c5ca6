//! Addresses: where a redirect leads, and what of an address may be shown.

use ureq::Body;
use ureq::http::{Response, Uri, header};

use super::HubError;

/// Scheme, host and port: what must be equal for two addresses to belong together.
pub(super) fn origin(uri: &Uri) -> (String, String, u16) {
    let scheme = uri.scheme_str().unwrap_or_default().to_ascii_lowercase();
    let default = if scheme == "https" { 443 } else { 80 };
    let host = uri.host().unwrap_or_default().to_ascii_lowercase();
    (scheme, host, uri.port_u16().unwrap_or(default))
}

/// An address without credentials and query, either of which may hold a secret.
pub(super) fn shown(uri: &Uri) -> String {
    let scheme = uri.scheme_str().unwrap_or("https");
    let port = uri.port_u16().map(|port| format!(":{port}")).unwrap_or_default();
    let host = uri.host().unwrap_or_default();
    format!("{scheme}://{host}{port}{}", uri.path())
}

/// Where a redirect leads; `None` if the response is no redirect.
///
/// # Errors
/// [`HubError::Refused`] if it leads from https to anything else, or to no address at all.
pub(super) fn redirected(response: &Response<Body>, from: &Uri) -> Result<Option<Uri>, HubError> {
    if !matches!(response.status().as_u16(), 301 | 302 | 303 | 307 | 308) {
        return Ok(None);
    }
    let location = response.headers().get(header::LOCATION);
    let target = location.and_then(|value| resolve(value.to_str().ok()?, from));
    let refused =
        |reason| HubError::Refused { what: format!("a redirect of {}", shown(from)), reason };
    let target = target.ok_or_else(|| refused("leads to no address"))?;
    match (from.scheme_str(), target.scheme_str()) {
        (_, Some("https")) | (Some("http"), Some("http")) => Ok(Some(target)),
        _ => Err(refused("leads away from https")),
    }
}

/// `Location` is an address, or a path on the same server.
fn resolve(location: &str, from: &Uri) -> Option<Uri> {
    let absolute = if location.starts_with("//") {
        format!("{}:{location}", from.scheme_str()?)
    } else if location.starts_with('/') {
        format!("{}://{}{location}", from.scheme_str()?, from.authority()?)
    } else {
        location.to_owned()
    };
    let uri: Uri = absolute.parse().ok()?;
    uri.host().is_some().then_some(uri)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn redirect(from: &str, to: &str) -> Result<Option<Uri>, HubError> {
        let response = Response::builder().status(302).header("Location", to);
        let response = response.body(Body::builder().data("")).unwrap();
        redirected(&response, &from.parse().unwrap())
    }

    fn target(from: &str, to: &str) -> String {
        redirect(from, to).unwrap().unwrap().to_string()
    }

    #[test]
    fn redirects_to_paths_and_addresses() {
        assert_eq!(target("https://a:1/x?y", "/z?q=1"), "https://a:1/z?q=1");
        assert_eq!(target("https://a/x", "//b/c"), "https://b/c");
        assert_eq!(target("http://a/x", "https://b/c"), "https://b/c");
        let plain = Response::builder().status(200).body(Body::builder().data(""));
        assert_eq!(redirected(&plain.unwrap(), &"http://a/".parse().unwrap()).unwrap(), None);
    }

    #[test]
    fn https_is_not_left() {
        for to in ["http://a/x", "ftp://a/x", "file:///etc/passwd", "x y", "z"] {
            let result = redirect("https://a/x", to);
            assert!(matches!(result, Err(HubError::Refused { .. })), "{to}: {result:?}");
        }
    }

    #[test]
    fn origins_and_what_is_shown() {
        let uri = |text: &str| text.parse::<Uri>().unwrap();
        assert_eq!(origin(&uri("https://Hub.co/x")), origin(&uri("https://hub.co:443/y")));
        assert_ne!(origin(&uri("https://hub.co/")), origin(&uri("http://hub.co/")));
        assert_eq!(shown(&uri("https://me:pw@hub.co:8/x?sig=1")), "https://hub.co:8/x");
    }
}
