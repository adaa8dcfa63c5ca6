//! What tells two versions of a dataset apart.

use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

use super::DataError;
use crate::doc::hex;

/// SHA-256 over the bytes of all files, one after the other, in hexadecimal
/// digits. The same files in the same order give the same digest wherever
/// they lie.
pub(super) fn digest(paths: &[PathBuf]) -> Result<String, DataError> {
    let mut hasher = Sha256::new();
    for path in paths {
        add(path, &mut hasher).map_err(|error| DataError::Unreadable {
            path: path.clone(),
            reason: error.to_string(),
        })?;
    }
    Ok(hex(&hasher.finalize()))
}

fn add(path: &Path, hasher: &mut Sha256) -> io::Result<()> {
    let mut file = File::open(path)?;
    let mut buffer = vec![0; 1 << 16];
    loop {
        match file.read(&mut buffer)? {
            0 => return Ok(()),
            read => hasher.update(&buffer[..read]),
        }
    }
}
