use std::fs::{File, OpenOptions};
use std::io::{Read, Seek, SeekFrom, Write};
use std::path::Path;

use super::HubError;
use super::digest::Announced;
use super::patience::Failure;

const BUFFER: usize = 256 * 1024;

/// A file that is being downloaded: what is there of it, and the digest of that.
pub(super) struct Partial<'a> {
    path: &'a Path,
    file: File,
    length: u64,
    /// The greatest length that there was: servers without ranges start over, which is no progress.
    furthest: u64,
    announced: Announced,
}

impl<'a> Partial<'a> {
    /// Opens what an earlier attempt left, if anything.
    ///
    /// # Errors
    /// [`HubError::Io`].
    pub(super) fn open(path: &'a Path, etag: &str, size: Option<u64>) -> Result<Self, HubError> {
        let options =
            OpenOptions::new().read(true).write(true).create(true).truncate(false).open(path);
        let mut partial = Self {
            path,
            file: options.map_err(HubError::io(path))?,
            length: 0,
            furthest: 0,
            announced: Announced::new(etag, size),
        };
        partial.read_what_is_there().map_err(HubError::io(path))?;
        partial.furthest = partial.length;
        Ok(partial)
    }

    fn read_what_is_there(&mut self) -> std::io::Result<()> {
        let mut buffer = vec![0; BUFFER];
        loop {
            let read = self.file.read(&mut buffer)?;
            if read == 0 {
                return Ok(());
            }
            self.announced.update(&buffer[..read]);
            self.length += read as u64;
        }
    }

    /// Bytes on disk: where a download goes on.
    pub(super) fn length(&self) -> u64 {
        self.length
    }

    /// Whether the announced size is reached.
    pub(super) fn is_full(&self) -> bool {
        self.announced.size().is_some_and(|size| self.length >= size)
    }

    /// Forgets what is there.
    ///
    /// # Errors
    /// [`HubError::Io`].
    pub(super) fn restart(&mut self) -> Result<(), HubError> {
        let emptied = self.file.set_len(0).and_then(|()| self.file.rewind());
        emptied.map_err(HubError::io(self.path))?;
        self.length = 0;
        self.announced.restart();
        Ok(())
    }

    /// Appends a body, telling `progress` after every piece.
    ///
    /// # Errors
    /// [`Failure::Temporary`] if the connection ends early, [`HubError::Io`] if the disk refuses.
    pub(super) fn append(
        &mut self,
        mut body: impl Read,
        progress: &dyn Fn(u64),
    ) -> Result<(), Failure> {
        let mut buffer = vec![0; BUFFER];
        self.file.seek(SeekFrom::Start(self.length)).map_err(HubError::io(self.path))?;
        loop {
            let read = body.read(&mut buffer).map_err(|error| self.cut(&error))?;
            if read == 0 {
                return Ok(());
            }
            let piece = &buffer[..read];
            self.file.write_all(piece).map_err(HubError::io(self.path))?;
            self.announced.update(piece);
            self.length += read as u64;
            progress(self.length);
        }
    }

    fn cut(&mut self, error: &std::io::Error) -> Failure {
        let progress = self.length > self.furthest;
        self.furthest = self.furthest.max(self.length);
        Failure::Temporary {
            reason: format!("the connection ended after {} bytes: {error}", self.length),
            retry_after: None,
            progress,
        }
    }

    /// What is wrong with the finished file: the announced and the actual digest or size. `None`: nothing.
    pub(super) fn fault(&self) -> Option<(String, String)> {
        self.announced.fault(self.length)
    }

    /// Puts the finished file where it belongs.
    ///
    /// # Errors
    /// [`HubError::Io`].
    pub(super) fn keep(self, blob: &Path) -> Result<(), HubError> {
        self.file.sync_all().map_err(HubError::io(self.path))?;
        std::fs::rename(self.path, blob).map_err(HubError::io(blob))
    }
}
