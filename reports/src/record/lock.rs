//! One writer a run.
//!
//! The lock is the operating system's own on an open file, so the kernel releases it however the
//! process ends; a number written into a file would outlive a killed process.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{Read, Seek, Write};
use std::path::Path;

use super::RecordError;

const LOCK_FILE: &str = "run.lock";

/// Held while a record is open for writing.
#[derive(Debug)]
pub(super) struct RunLock {
    _file: File,
}

impl RunLock {
    /// Takes the lock of the run in `dir`, at once or not at all.
    pub(super) fn take(dir: &Path) -> Result<Self, RecordError> {
        let path = dir.join(LOCK_FILE);
        let folder = |source| RecordError::Folder { path: path.clone(), source };
        let mut file = open(&path).map_err(folder)?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                return Err(RecordError::Locked { holder: holder(&mut file), path });
            }
            Err(TryLockError::Error(source)) => return Err(folder(source)),
        }
        sign(&mut file).map_err(folder)?;
        Ok(Self { _file: file })
    }
}

fn open(path: &Path) -> std::io::Result<File> {
    OpenOptions::new().read(true).write(true).create(true).truncate(false).open(path)
}

fn sign(file: &mut File) -> std::io::Result<()> {
    file.set_len(0)?;
    file.rewind()?;
    writeln!(file, "process {} on {}", std::process::id(), host())
}

/// What the holder wrote, as far as it can be read while it holds the lock.
fn holder(file: &mut File) -> String {
    let mut text = String::new();
    let read = file.take(200).read_to_string(&mut text);
    let line = text.lines().next().unwrap_or_default();
    let printable: String = line.chars().filter(|c| !c.is_control()).collect();
    if read.is_err() || printable.is_empty() { "another process".to_owned() } else { printable }
}

fn host() -> String {
    let file = |path: &str| std::fs::read_to_string(path).ok();
    let name = file("/proc/sys/kernel/hostname")
        .or_else(|| file("/etc/hostname"))
        .or_else(|| std::env::var("HOSTNAME").ok())
        .or_else(|| std::env::var("COMPUTERNAME").ok());
    name.map(|name| name.trim().to_owned())
        .filter(|name| !name.is_empty())
        .unwrap_or_else(|| "this host".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_second_is_told_who_holds_it() {
        let dir = tempfile::tempdir().unwrap();
        let first = RunLock::take(dir.path()).unwrap();
        let refused = RunLock::take(dir.path()).unwrap_err().to_string();
        assert!(refused.contains(&format!("process {} on ", std::process::id())), "{refused}");
        drop(first);
        RunLock::take(dir.path()).unwrap();
    }

    #[test]
    fn an_unfinished_signature_is_another_process() {
        let dir = tempfile::tempdir().unwrap();
        let _held = RunLock::take(dir.path()).unwrap();
        std::fs::write(dir.path().join(LOCK_FILE), "").unwrap();
        assert!(RunLock::take(dir.path()).unwrap_err().to_string().contains("another process"));
    }
}
