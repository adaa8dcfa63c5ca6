//! One safetensors file: its header validated before anything is trusted.

use std::collections::BTreeMap;
use std::fmt;
use std::fs::File;
use std::io::Read;
use std::ops::Range;
use std::path::Path;

use memmap2::Mmap;
use safetensors::{Dtype, SafeTensorError, SafeTensors};
use serde::de::{Deserialize, Deserializer, IgnoredAny, MapAccess, Visitor};

use crate::WeightFile;

/// The format's own limit on headers.
const LARGEST_HEADER: u64 = 100_000_000;
const LFS_POINTER: &[u8] = b"version https://git-lfs";

/// A weight file, mapped, with the tensors its header lists.
pub(crate) struct Shard {
    pub(crate) map: Mmap,
    pub(crate) tensors: BTreeMap<String, StoredTensor>,
    pub(crate) about: WeightFile,
}

/// A tensor as it lies in its file.
#[derive(Clone, Debug)]
pub(crate) struct StoredTensor {
    pub(crate) dtype: Dtype,
    pub(crate) shape: Vec<usize>,
    /// Bytes from the start of the file.
    pub(crate) bytes: Range<usize>,
}

impl Shard {
    /// Opens a file and validates its header.
    ///
    /// # Errors
    /// Says in words what is wrong with the file.
    pub(crate) fn open(path: &Path, name: &str) -> Result<Self, String> {
        let mut file = File::open(path).map_err(|e| e.to_string())?;
        let metadata = file.metadata().map_err(|e| e.to_string())?;
        let mut start = Vec::with_capacity(LFS_POINTER.len());
        let limit = LFS_POINTER.len() as u64;
        file.by_ref().take(limit).read_to_end(&mut start).map_err(|e| e.to_string())?;
        let header = check_start(&start, metadata.len())?;
        #[expect(unsafe_code, reason = "weights are mapped, not read whole")]
        // SAFETY: the mapping is read-only; like every reader of safetensors this one relies on
        // nobody truncating a checkpoint while it is being loaded.
        let map = unsafe { Mmap::map(&file) }.map_err(|e| e.to_string())?;
        let tensors = tensors(&map, header)?;
        let about = WeightFile {
            name: name.to_owned(),
            bytes: metadata.len(),
            modified: metadata.modified().ok(),
            header: map[8..8 + header].to_vec(),
        };
        Ok(Self { map, tensors, about })
    }
}

/// The tensors that a file of these bytes lists.
///
/// # Errors
/// As [`Shard::open`].
pub(crate) fn read_header(file: &[u8]) -> Result<BTreeMap<String, StoredTensor>, String> {
    let start = &file[..file.len().min(LFS_POINTER.len())];
    tensors(file, check_start(start, file.len() as u64)?)
}

/// Checks the first bytes of a file of `size` bytes; returns the header's length.
fn check_start(start: &[u8], size: u64) -> Result<usize, String> {
    if start == LFS_POINTER {
        return Err(
            "is a Git LFS pointer, not the weights: run `git lfs pull` in the folder".into()
        );
    }
    let Some(length) = start.first_chunk().map(|bytes| u64::from_le_bytes(*bytes)) else {
        return Err(format!("is truncated: {size} bytes, a safetensors file has at least 8"));
    };
    if length > LARGEST_HEADER {
        return Err(format!(
            "header of {length} bytes is over the format's limit of {LARGEST_HEADER}"
        ));
    }
    if length > size - 8 {
        return Err(format!(
            "is truncated: its header needs {length} bytes, {} are there",
            size - 8
        ));
    }
    Ok(length as usize)
}

fn tensors(file: &[u8], header: usize) -> Result<BTreeMap<String, StoredTensor>, String> {
    let start = 8 + header;
    let metadata = SafeTensors::read_metadata(file).map_err(|e| words(&e, file.len() - start))?.1;
    if let Some(name) = duplicate(&file[8..start]) {
        return Err(format!("header lists tensor {name} twice"));
    }
    let stored = |info: &safetensors::tensor::TensorInfo| StoredTensor {
        dtype: info.dtype,
        shape: info.shape.clone(),
        bytes: start + info.data_offsets.0..start + info.data_offsets.1,
    };
    Ok(metadata.tensors().into_iter().map(|(name, info)| (name, stored(info))).collect())
}

/// The parser's errors in words that say what to do.
fn words(error: &SafeTensorError, data: usize) -> String {
    match error {
        SafeTensorError::MetadataIncompleteBuffer => {
            format!(
                "is truncated or has trailing bytes: its tensors do not cover the {data} bytes of data exactly; fetch it again"
            )
        }
        SafeTensorError::InvalidOffset(name) => {
            format!("offsets of tensor {name} overlap, leave a gap or run backwards")
        }
        SafeTensorError::TensorInvalidInfo => {
            "a tensor's offsets contradict its shape and type".into()
        }
        SafeTensorError::ValidationOverflow => "a tensor's shape overflows".into(),
        other => other.to_string(),
    }
}

/// A name that the header has twice; JSON readers silently keep the last.
fn duplicate(header: &[u8]) -> Option<String> {
    let mut names = serde_json::from_slice::<Keys>(header).ok()?.0;
    names.sort_unstable();
    names.windows(2).find(|pair| pair[0] == pair[1]).map(|pair| pair[0].clone())
}

/// The keys of a JSON object, repeated ones included.
struct Keys(Vec<String>);

impl<'de> Deserialize<'de> for Keys {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(KeysVisitor)
    }
}

struct KeysVisitor;

impl<'de> Visitor<'de> for KeysVisitor {
    type Value = Keys;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Keys, A::Error> {
        let mut keys = vec![];
        while let Some((key, _)) = map.next_entry::<String, IgnoredAny>()? {
            keys.push(key);
        }
        Ok(Keys(keys))
    }
}
