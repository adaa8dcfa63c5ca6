use std::io::Read;
use std::path::Path;
use std::time::UNIX_EPOCH;

use harness_models::Checkpoint;
use sha2::{Digest, Sha256};

/// Identifies weights without reading them: name, size, time of change and safetensors header of every file.
///
/// A folder whose files were rewritten in place within the clock's resolution, with equal shapes and size, would
/// pass unnoticed; `--verify-weights` reads everything.
pub(super) fn weights(checkpoint: &Checkpoint) -> String {
    let mut digest = Sha256::new();
    for file in &checkpoint.files {
        let changed =
            file.modified.and_then(|time| time.duration_since(UNIX_EPOCH).ok()).unwrap_or_default();
        digest.update(format!("{}\0{}\0{}\0", file.name, file.bytes, changed.as_nanos()));
        digest.update(&file.header);
    }
    hex(&digest.finalize())
}

/// SHA-256 over the whole content of every weight file, in name order.
///
/// # Errors
/// When a file cannot be read.
pub(super) fn weights_in_full(checkpoint: &Checkpoint) -> std::io::Result<String> {
    let mut digest = Sha256::new();
    for file in &checkpoint.files {
        let mut source = std::fs::File::open(checkpoint.dir.join(&file.name))?;
        let mut block = vec![0; 1 << 20];
        loop {
            match source.read(&mut block)? {
                0 => break,
                read => digest.update(&block[..read]),
            }
        }
    }
    Ok(hex(&digest.finalize()))
}

/// Digest of those files of a folder that exist, in the order given.
pub(super) fn files(folder: &Path, names: &[&str]) -> String {
    let mut digest = Sha256::new();
    for name in names {
        if let Ok(bytes) = std::fs::read(folder.join(name)) {
            digest.update(format!("{name}\0{}\0", bytes.len()));
            digest.update(bytes);
        }
    }
    hex(&digest.finalize())
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
