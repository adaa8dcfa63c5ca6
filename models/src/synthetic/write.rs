//! [`write_checkpoint`]: random weights in files.

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::Path;
use std::rc::Rc;

use half::{bf16, f16};
use safetensors::Dtype;
use serde_json::{Map, Value, json};

use super::SyntheticOptions;
use super::memory::read;
use crate::checkpoint::{Drawn, WeightStore};
use crate::{LoadError, Problem};

/// Numbers written at a time.
const STRETCH: usize = 1 << 22;

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
    let decoder = read(config.clone()).map_err(refuse)?;
    let store = WeightStore::listing(options);
    decoder.decoder(&store.root());
    let tensors = store.into_drawn().map_err(|problem| refuse(vec![problem]))?;
    write_files(dir, config, &tensors, options.shards).map_err(|error| {
        let file = dir.display().to_string();
        refuse(vec![Problem::Read { file, reason: error.to_string() }])
    })
}

fn write_files(dir: &Path, config: &Value, tensors: &[Rc<Drawn>], shards: usize) -> io::Result<()> {
    std::fs::write(dir.join("config.json"), serde_json::to_vec_pretty(config)?)?;
    if shards < 2 {
        return write_weights(&dir.join("model.safetensors"), tensors);
    }
    let mut weight_map = Map::new();
    let each = tensors.len().div_ceil(shards);
    for (number, part) in tensors.chunks(each).enumerate() {
        let file =
            format!("model-{:05}-of-{:05}.safetensors", number + 1, tensors.len().div_ceil(each));
        write_weights(&dir.join(&file), part)?;
        weight_map.extend(part.iter().map(|t| (t.name.clone(), Value::from(file.as_str()))));
    }
    let index = json!({ "metadata": {}, "weight_map": weight_map });
    std::fs::write(dir.join("model.safetensors.index.json"), serde_json::to_vec(&index)?)
}

fn write_weights(path: &Path, tensors: &[Rc<Drawn>]) -> io::Result<()> {
    let mut file = BufWriter::new(File::create(path)?);
    let header = serde_json::to_vec(&header(tensors))?;
    file.write_all(&(header.len() as u64).to_le_bytes())?;
    file.write_all(&header)?;
    for tensor in tensors {
        write_tensor(&mut file, tensor)?;
    }
    file.flush()
}

/// The header of a safetensors file that holds the tensors end to end.
fn header(tensors: &[Rc<Drawn>]) -> Value {
    let mut end = 0;
    let entry = |tensor: &Rc<Drawn>| {
        let start = end;
        end += tensor.len() * tensor.dtype.bitsize() / 8;
        let (dtype, shape) = (tensor.dtype.to_string(), &tensor.shape);
        let entry = json!({ "dtype": dtype, "shape": shape, "data_offsets": [start, end] });
        (tensor.name.clone(), entry)
    };
    Value::Object(tensors.iter().map(entry).collect())
}

fn write_tensor(out: &mut impl Write, tensor: &Drawn) -> io::Result<()> {
    let mut numbers = vec![];
    for first in (0..tensor.len()).step_by(STRETCH) {
        let stretch = first..tensor.len().min(first + STRETCH);
        numbers.resize(stretch.len(), 0.0);
        tensor.fill(stretch, &mut numbers);
        for &number in &numbers {
            match tensor.dtype {
                Dtype::BF16 => out.write_all(&bf16::from_f32(number).to_le_bytes())?,
                Dtype::F16 => out.write_all(&f16::from_f32(number).to_le_bytes())?,
                _ => out.write_all(&number.to_le_bytes())?,
            }
        }
    }
    Ok(())
}
