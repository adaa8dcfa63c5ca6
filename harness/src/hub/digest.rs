use sha1::Sha1;
use sha2::{Digest, Sha256};

/// What the hub announced about a file's content, and the digest of what has arrived so far.
///
/// The ETag of a large file is the SHA-256 of its content; that of a small one is git's blob id, the SHA-1 of
/// `blob <size>\0` and the content; mirrors may have others, which promise nothing.
pub(super) struct Announced {
    etag: String,
    size: Option<u64>,
    running: Running,
}

enum Running {
    Sha256(Box<Sha256>),
    Blob(Box<Sha1>),
    Unknown,
}

impl Announced {
    /// An announcement, and nothing arrived yet.
    pub(super) fn new(etag: &str, size: Option<u64>) -> Self {
        Self { etag: etag.to_owned(), size, running: start(etag, size) }
    }

    /// The announced size in bytes.
    pub(super) fn size(&self) -> Option<u64> {
        self.size
    }

    /// Forgets what has arrived.
    pub(super) fn restart(&mut self) {
        self.running = start(&self.etag, self.size);
    }

    /// More has arrived.
    pub(super) fn update(&mut self, piece: &[u8]) {
        match &mut self.running {
            Running::Sha256(digest) => digest.update(piece),
            Running::Blob(digest) => digest.update(piece),
            Running::Unknown => {}
        }
    }

    /// The announced and the actual size or digest, if they differ.
    pub(super) fn fault(&self, length: u64) -> Option<(String, String)> {
        if let Some(size) = self.size.filter(|size| *size != length) {
            return Some((format!("{size} bytes"), format!("{length} bytes")));
        }
        let (name, got) = match &self.running {
            Running::Sha256(digest) => ("SHA-256", hex(&digest.clone().finalize())),
            Running::Blob(digest) => ("git blob id", hex(&digest.clone().finalize())),
            Running::Unknown => return None,
        };
        (got != self.etag).then(|| (format!("{name} {}", self.etag), got))
    }
}

fn start(etag: &str, size: Option<u64>) -> Running {
    let is_hex = etag.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
    match (etag.len(), size) {
        (64, _) if is_hex => Running::Sha256(Box::default()),
        (40, Some(size)) if is_hex => {
            let mut digest = Sha1::new();
            digest.update(format!("blob {size}\0"));
            Running::Blob(Box::new(digest))
        }
        _ => Running::Unknown,
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fault(etag: &str, size: Option<u64>, content: &[u8]) -> Option<(String, String)> {
        let mut announced = Announced::new(etag, size);
        announced.update(b"junk");
        announced.restart();
        announced.update(content);
        announced.fault(content.len() as u64)
    }

    /// `echo hello | git hash-object --stdin` and `echo hello | sha256sum`.
    #[test]
    fn digests_are_gits_and_lfs() {
        let blob = "ce013625030ba8dba906f756967f9e9ca394464a";
        let sha256 = "5891b5b522d5df086d0ff0b110fbd9d21bb4fc7163af34d08286a2e846f6be03";
        for etag in [blob, sha256] {
            assert_eq!(fault(etag, Some(6), b"hello\n"), None);
            let (expected, got) = fault(etag, Some(6), b"hellO\n").unwrap();
            assert!(expected.ends_with(etag) && !got.contains(etag), "{expected} {got}");
        }
        let (expected, got) = fault(sha256, Some(6), b"hello").unwrap();
        assert_eq!((expected.as_str(), got.as_str()), ("6 bytes", "5 bytes"));
        assert_eq!(fault("a-mirror-s", None, b"x"), None);
        assert_eq!(fault(blob, None, b"x"), None);
    }
}
