//! Names of files as the hub spells them.

use super::HubError;

/// Whether a relative path, written with `/`, stays below the folder that it is joined to.
pub(super) fn is_inside(path: &str) -> bool {
    let harmless = |part: &str| !part.is_empty() && part != "." && part != "..";
    let plain = |c: char| !c.is_control() && c != '\\' && c != ':';
    path.split('/').all(harmless) && path.chars().all(plain)
}

/// The path, if it stays below the folder that it is joined to.
///
/// # Errors
/// [`HubError::Refused`] naming who wrote the path.
pub(super) fn inside<'a>(path: &'a str, origin: &str) -> Result<&'a str, HubError> {
    if is_inside(path) {
        Ok(path)
    } else {
        Err(HubError::Refused {
            what: format!("{origin} names the file {path:?}, which"),
            reason: "leads out of the repository",
        })
    }
}

/// The path with every byte but RFC 3986's unreserved ones and `/` escaped.
pub(super) fn percent_encoded(path: &str) -> String {
    path.bytes().fold(String::new(), |mut out, byte| {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' | b'/' => {
                out.push(char::from(byte));
            }
            _ => out.push_str(&format!("%{byte:02X}")),
        }
        out
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_that_leave_are_refused() {
        for path in ["../x", "a/../../x", "/etc/passwd", "a//b", "", "a\\b", "c:x", "a/.", "a\n"] {
            let error = inside(path, "index").unwrap_err().to_string();
            assert!(error.starts_with("refused: index names the file"), "{path}");
        }
        assert_eq!(inside("a/..b/c.json", "index").unwrap(), "a/..b/c.json");
    }

    #[test]
    fn encoding_keeps_slashes() {
        assert_eq!(percent_encoded("data/ã?#%.csv"), "data/%C3%A3%3F%23%25.csv");
    }
}
