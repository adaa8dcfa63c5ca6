//! Numbers in files, never read past their end.

use std::fs::File;
use std::io::Read;
use std::path::Path;

use super::MecabError;

/// The first bytes of a file, `limit` of them or fewer.
pub(super) fn read(path: &Path, limit: u64) -> Result<Vec<u8>, MecabError> {
    let mut bytes = Vec::new();
    File::open(path)
        .and_then(|file| file.take(limit).read_to_end(&mut bytes))
        .map_err(|error| MecabError::file(path, error.to_string()))?;
    Ok(bytes)
}

/// The little-endian numbers of `N` bytes each that the bytes hold.
pub(super) fn numbers<const N: usize>(bytes: &[u8]) -> impl Iterator<Item = [u8; N]> + '_ {
    bytes.chunks_exact(N).map(|chunk| {
        let mut number = [0; N];
        number.copy_from_slice(chunk);
        number
    })
}
