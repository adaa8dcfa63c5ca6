//! Files that are replaced whole or not at all.

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use super::ReportError;

/// Writes a file through a neighbour that is renamed over it. When anything fails the old file
/// stays and the neighbour goes.
pub(super) fn write(path: &Path, bytes: &[u8]) -> Result<PathBuf, ReportError> {
    write_with(path, |out| out.write_all(bytes).map_err(Fill::Write))
}

/// Why a file could not be filled.
pub(super) enum Fill {
    /// The file took no more.
    Write(io::Error),
    /// There was nothing to write, for a reason of its own.
    Other(ReportError),
}

/// Like [`write`], for content that is produced piece by piece.
pub(super) fn write_with(
    path: &Path,
    fill: impl FnOnce(&mut dyn Write) -> Result<(), Fill>,
) -> Result<PathBuf, ReportError> {
    let neighbour = neighbour(path);
    let mut bytes = 0;
    let written = replace(path, &neighbour, fill, &mut bytes);
    written.map(|()| path.to_owned()).map_err(|reason| {
        // What is left of the neighbour is of no use; that it may stay is not worth an error.
        let _ = std::fs::remove_file(&neighbour);
        match reason {
            Fill::Write(source) => ReportError::Write { path: path.to_owned(), bytes, source },
            Fill::Other(error) => error,
        }
    })
}

fn replace(
    path: &Path,
    neighbour: &Path,
    fill: impl FnOnce(&mut dyn Write) -> Result<(), Fill>,
    bytes: &mut usize,
) -> Result<(), Fill> {
    let folder = path.parent().unwrap_or_else(|| Path::new("."));
    std::fs::create_dir_all(folder).map_err(Fill::Write)?;
    let file = File::create(neighbour).map_err(Fill::Write)?;
    let mut out = Counting { out: BufWriter::new(file), bytes };
    fill(&mut out)?;
    let file = out.out.into_inner().map_err(|error| Fill::Write(error.into_error()))?;
    file.sync_all().map_err(Fill::Write)?;
    std::fs::rename(neighbour, path).map_err(Fill::Write)?;
    sync_folder(folder).map_err(Fill::Write)
}

fn neighbour(path: &Path) -> PathBuf {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    path.with_file_name(format!(".{name}.tmp"))
}

/// A rename is on the disk once its folder is; only Unix can open a folder to say so.
fn sync_folder(folder: &Path) -> io::Result<()> {
    if cfg!(unix) { File::open(folder)?.sync_all() } else { Ok(()) }
}

struct Counting<'a> {
    out: BufWriter<File>,
    bytes: &'a mut usize,
}

impl Write for Counting<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        *self.bytes += bytes.len();
        self.out.write_all(bytes).map(|()| bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_that_fails_leaves_the_old_one() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("report.md");
        write(&path, b"old").unwrap();
        let full = |out: &mut dyn Write| {
            out.write_all(b"half of").map_err(Fill::Write)?;
            Err(Fill::Write(io::Error::other("disk full")))
        };
        let error = write_with(&path, full).unwrap_err().to_string();
        assert!(
            error.contains("report.md") && error.contains("7 bytes") && error.contains("disk full"),
            "{error}"
        );
        assert_eq!(std::fs::read(&path).unwrap(), b"old");
        assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 1);
    }

    #[test]
    fn folders_are_made() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("base").join("results.json");
        write(&path, b"{}").unwrap();
        assert_eq!(std::fs::read(&path).unwrap(), b"{}");
    }
}
