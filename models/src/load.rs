//! Opening a checkpoint folder: [`inspect`] reads no weights, [`load`] reads them all.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use serde::Serialize;

use crate::checkpoint::{Folder, WeightStore};
use crate::config::ConfigReader;
use crate::families::{DecoderConfig, Family, select};
use crate::layers::Decoder;
use crate::{Architecture, ComputeDevice, LoadError, Model, Problem};

/// How to load a checkpoint.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LoadOptions {
    /// What to compute in.
    pub dtype: ComputeDtype,
    /// Where to compute.
    pub device: ComputeDevice,
}

/// The type that weights are held and products are computed in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ComputeDtype {
    /// Products in f32; matrices that are bf16 on disk stay bf16 in memory, which rounds nothing.
    #[default]
    Auto,
    /// Everything in f32, weights in memory too. The numbers are those of [`ComputeDtype::Auto`] to the bit.
    F32,
    /// Products with weights in bf16: weights and rows are rounded, sums are f32. Twice as fast on CPUs with
    /// AVX512-BF16. Attention and the rows that routers look at stay f32. Results depend a little on packing: what
    /// differs in the last place of f32 may round to another bf16.
    Bf16,
}

/// A checkpoint folder that can be loaded, described without its weights.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Checkpoint {
    /// The folder.
    pub dir: PathBuf,
    /// What `config.json` and the weight files say.
    pub architecture: Architecture,
    /// Weight files in name order.
    pub files: Vec<WeightFile>,
    /// Bytes on disk by tensor type (`F32`, `BF16`, …).
    pub bytes_by_dtype: BTreeMap<String, u64>,
    /// Tensors in all files.
    pub tensors: usize,
    /// Things worth telling that do not stop loading.
    pub notes: Vec<String>,
}

/// A weight file as the folder holds it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct WeightFile {
    /// File name inside the folder.
    pub name: String,
    /// Bytes.
    pub bytes: u64,
    /// Last modification, where the file system knows it.
    pub modified: Option<SystemTime>,
    /// The safetensors header as it stands in the file: what a quick digest is made of.
    #[serde(skip)]
    pub header: Vec<u8>,
}

/// Describes a checkpoint folder without loading weights.
///
/// # Errors
/// One [`LoadError`] that lists everything found wrong in config, index, headers and tensors.
pub fn inspect(dir: &Path) -> Result<Checkpoint, LoadError> {
    Opened::open(dir).map(|opened| opened.describe(dir))
}

/// Loads a checkpoint folder.
///
/// # Errors
/// Whatever [`inspect`] finds, before memory is taken.
pub fn load(dir: &Path, options: &LoadOptions) -> Result<Box<dyn Model>, LoadError> {
    let opened = Opened::open(dir)?;
    let refuse = |problems| LoadError { dir: dir.to_owned(), problems };
    let placement = options.device.open(options.dtype).map_err(|problem| refuse(vec![problem]))?;
    let store = WeightStore::copying(&opened.folder, options.dtype, &placement);
    let decoder = decoder_of(&opened.config, opened.architecture, store);
    decoder.map(|decoder| Box::new(decoder) as Box<dyn Model>).map_err(refuse)
}

/// The model that a store's weights make.
pub(crate) fn decoder_of(
    config: &DecoderConfig,
    architecture: Architecture,
    store: WeightStore<'_>,
) -> Result<Decoder, Vec<Problem>> {
    let mut decoder = config.decoder(&store.root());
    decoder.architecture = architecture;
    match store.into_problems() {
        problems if problems.is_empty() => Ok(decoder),
        problems => Err(problems),
    }
}

/// A folder in which nothing is wrong.
struct Opened {
    folder: Folder,
    config: DecoderConfig,
    architecture: Architecture,
    notes: Vec<String>,
}

impl Opened {
    fn open(dir: &Path) -> Result<Self, LoadError> {
        let mut problems = vec![];
        let opened = Self::find_problems(dir, &mut problems);
        match opened {
            Some(opened) if problems.is_empty() => Ok(opened),
            _ => Err(LoadError { dir: dir.to_owned(), problems }),
        }
    }

    /// Opens what can be opened; what is wrong goes to `problems`.
    fn find_problems(dir: &Path, problems: &mut Vec<Problem>) -> Option<Self> {
        if !dir.is_dir() {
            let reason = "is not a folder with config.json and safetensors files".to_owned();
            problems.push(Problem::Read { file: dir.display().to_string(), reason });
            return None;
        }
        let family = read_config(dir, problems);
        let folder = Folder::open(dir, problems);
        let (family, config, code) = family?;
        if !problems.is_empty() {
            return None;
        }
        let store = WeightStore::checking(&folder);
        let architecture = count_parameters(&config, &store);
        problems.extend(store.finish(family.name, |tensor| config.ignores(tensor)));
        Some(Self { folder, config, architecture, notes: notes(family, code) })
    }

    fn describe(self, dir: &Path) -> Checkpoint {
        let mut bytes_by_dtype = BTreeMap::new();
        for tensor in self.folder.shards.iter().flat_map(|s| s.tensors.values()) {
            *bytes_by_dtype.entry(tensor.dtype.to_string()).or_insert(0) +=
                tensor.bytes.len() as u64;
        }
        Checkpoint {
            dir: dir.to_owned(),
            architecture: self.architecture,
            tensors: self.folder.home.len(),
            files: self.folder.shards.into_iter().map(|s| s.about).collect(),
            bytes_by_dtype,
            notes: self.notes,
        }
    }
}

type ReadConfig = (&'static Family, DecoderConfig, bool);

fn read_config(dir: &Path, problems: &mut Vec<Problem>) -> Option<ReadConfig> {
    let selected = ConfigReader::open(dir).and_then(|config| Ok((select(&config)?, config)));
    match selected {
        Ok((family, reader)) => {
            let config = (family.read)(&reader);
            problems.extend(reader.take_problems());
            Some((family, config, reader.has(&["auto_map"])))
        }
        Err(problem) => {
            problems.push(problem);
            None
        }
    }
}

/// Asks a store for every tensor of a model, and says what the model is like.
pub(crate) fn count_parameters(config: &DecoderConfig, store: &WeightStore<'_>) -> Architecture {
    let mut architecture = config.decoder(&store.root()).architecture;
    let (total, routed) = store.parameters();
    let (chosen, experts) = (architecture.top_k as u64, architecture.experts.max(1) as u64);
    architecture.parameters_total = total;
    architecture.parameters_in_bf16 = store.parameters_in_bf16();
    architecture.parameters_active = total - routed + routed / experts * chosen;
    architecture
}

fn notes(family: &Family, code: bool) -> Vec<String> {
    let ignored = || {
        format!(
            "`auto_map` is ignored: {} is built in, no code of the checkpoint is run",
            family.name
        )
    };
    code.then(ignored).into_iter().collect()
}
