//! Checkpoints with random weights, for tests, benchmarks and demonstrations.
//!
//! The family that a `config.json` names says which tensors it wants; they are drawn from a seed
//! and written one by one, so a checkpoint may be larger than memory. Matrices are uniform with
//! variance 1 / inputs: activations keep their size, and routers have clear preferences.

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::Path;

use half::{bf16, f16};
use serde_json::{Map, Value, json};

use crate::checkpoint::{Asked, WeightStore};
use crate::config::ConfigReader;
use crate::families::select;
use crate::{LoadError, Problem};

/// How to write a random checkpoint.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SyntheticOptions {
    /// Equal seeds give equal weights, whatever the layout and type.
    pub seed: u64,
    /// Type on disk.
    pub dtype: DiskDtype,
    /// One tensor for all experts of a layer instead of one per expert.
    pub stacked_experts: bool,
    /// Weight files; 0 and 1 both mean a single `model.safetensors` without index.
    pub shards: usize,
}

/// Weight types that checkpoints come in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum DiskDtype {
    /// `F32`
    #[default]
    F32,
    /// `BF16`
    Bf16,
    /// `F16`
    F16,
}

/// Writes `config.json` and random weights for it into an existing folder.
///
/// # Errors
/// When the config is not one that [`load`](crate::load) accepts, or a file cannot be written.
pub fn write_checkpoint(
    dir: &Path,
    config: &Value,
    options: SyntheticOptions,
) -> Result<(), LoadError> {
    let refuse = |problems| LoadError { dir: dir.to_owned(), problems };
    let tensors = wanted_tensors(config, options.stacked_experts).map_err(refuse)?;
    write_files(dir, config, &tensors, options).map_err(|error| {
        let file = dir.display().to_string();
        refuse(vec![Problem::Read { file, reason: error.to_string() }])
    })
}

fn wanted_tensors(config: &Value, stacked: bool) -> Result<Vec<Asked>, Vec<Problem>> {
    let reader = ConfigReader::new(config.clone()).map_err(|p| vec![p])?;
    let family = select(&reader).map_err(|p| vec![p])?;
    let config = (family.read)(&reader);
    let problems = reader.take_problems();
    if !problems.is_empty() {
        return Err(problems);
    }
    let store = WeightStore::listing(stacked);
    config.decoder(&store.root());
    Ok(store.into_asked())
}

fn write_files(
    dir: &Path,
    config: &Value,
    tensors: &[Asked],
    options: SyntheticOptions,
) -> io::Result<()> {
    std::fs::write(dir.join("config.json"), serde_json::to_vec_pretty(config)?)?;
    if options.shards < 2 {
        return write_weights(&dir.join("model.safetensors"), tensors, options);
    }
    let mut weight_map = Map::new();
    let each = tensors.len().div_ceil(options.shards);
    for (number, part) in tensors.chunks(each).enumerate() {
        let file =
            format!("model-{:05}-of-{:05}.safetensors", number + 1, tensors.len().div_ceil(each));
        write_weights(&dir.join(&file), part, options)?;
        weight_map.extend(part.iter().map(|t| (t.name.clone(), Value::from(file.as_str()))));
    }
    let index = json!({ "metadata": {}, "weight_map": weight_map });
    std::fs::write(dir.join("model.safetensors.index.json"), serde_json::to_vec(&index)?)
}

fn write_weights(path: &Path, tensors: &[Asked], options: SyntheticOptions) -> io::Result<()> {
    let mut file = BufWriter::new(File::create(path)?);
    let header = serde_json::to_vec(&header(tensors, options.dtype))?;
    file.write_all(&(header.len() as u64).to_le_bytes())?;
    file.write_all(&header)?;
    for tensor in tensors {
        Drawn { tensor, seed: options.seed }.write(&mut file, options.dtype)?;
    }
    file.flush()
}

/// The header of a safetensors file that holds the tensors end to end.
fn header(tensors: &[Asked], dtype: DiskDtype) -> Value {
    let (name_of_type, size) = match dtype {
        DiskDtype::F32 => ("F32", 4),
        DiskDtype::Bf16 => ("BF16", 2),
        DiskDtype::F16 => ("F16", 2),
    };
    let mut end = 0;
    let entry = |Asked { name, shape, .. }: &Asked| {
        let start = end;
        end += shape.iter().product::<usize>() * size;
        (
            name.clone(),
            json!({ "dtype": name_of_type, "shape": shape, "data_offsets": [start, end] }),
        )
    };
    Value::Object(tensors.iter().map(entry).collect())
}

/// A random tensor.
struct Drawn<'a> {
    tensor: &'a Asked,
    seed: u64,
}

impl Drawn<'_> {
    /// Centre and half-width of the uniform distribution of its numbers.
    fn distribution(&self) -> (f32, f32) {
        let Asked { name, shape, plus_one } = self.tensor;
        let inputs = shape.last().copied().unwrap_or(1).max(1) as f32;
        match shape[..] {
            [_] if *plus_one => (0.0, 0.2),
            [_] if name.contains("norm") || name.ends_with(".D") => (1.0, 0.2),
            [_] if name.ends_with("A_log") => (1.0, 1.0),
            [_] => (0.0, 0.2),
            _ => (0.0, (3.0 / inputs).sqrt()),
        }
    }

    fn write(&self, out: &mut impl Write, dtype: DiskDtype) -> io::Result<()> {
        let (centre, spread) = self.distribution();
        for (stream, numbers) in self.streams() {
            let mut random = SplitMix(self.seed ^ digest(&stream));
            for _ in 0..numbers {
                let value = centre + spread * random.next_signed();
                match dtype {
                    DiskDtype::F32 => out.write_all(&value.to_le_bytes())?,
                    DiskDtype::Bf16 => out.write_all(&bf16::from_f32(value).to_le_bytes())?,
                    DiskDtype::F16 => out.write_all(&f16::from_f32(value).to_le_bytes())?,
                }
            }
        }
        Ok(())
    }

    /// Random streams of the tensor, each with how many numbers it gives. A stack of experts draws
    /// what its parts would have drawn alone, so that both layouts hold the same weights.
    fn streams(&self) -> Vec<(String, usize)> {
        let Asked { name, shape, .. } = self.tensor;
        let whole: usize = shape.iter().product();
        let Some((prefix, part)) = name.split_once("experts.").filter(|_| shape.len() == 3) else {
            return vec![(name.clone(), whole)];
        };
        let parts: &[&str] = match part {
            "gate_up_proj" => &["gate_proj", "up_proj"],
            _ => &[part],
        };
        let each = whole / shape[0].max(1) / parts.len();
        let stream =
            |e: usize| parts.iter().map(move |p| (format!("{prefix}experts.{e}.{p}.weight"), each));
        (0..shape[0]).flat_map(stream).collect()
    }
}

/// FNV-1a of a name: every tensor has its own stream, whatever the order of writing. Mixtral's names
/// of an expert's parts count as everybody's, so that it too is the same stacked and single.
fn digest(name: &str) -> u64 {
    let parts = [(".w1.", ".gate_proj."), (".w3.", ".up_proj."), (".w2.", ".down_proj.")];
    let name = parts.iter().fold(name.to_owned(), |name, (from, to)| name.replace(from, to));
    name.bytes()
        .fold(0xcbf2_9ce4_8422_2325, |h, b| (h ^ u64::from(b)).wrapping_mul(0x0100_0000_01b3))
}

/// Sebastiano Vigna's splitmix64.
struct SplitMix(u64);

impl SplitMix {
    /// Uniform in −1..1.
    fn next_signed(&mut self) -> f32 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^= z >> 31;
        (z >> 40) as f32 / (1u64 << 23) as f32 - 1.0
    }
}
