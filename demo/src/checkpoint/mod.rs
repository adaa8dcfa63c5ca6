//! Checkpoints as Hugging Face folders: `config.json`, `model.safetensors` and the tokenizer,
//! with the names that transformers' `modeling_qwen3_moe.py` gives to weights.

mod shape;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use half::bf16;
use safetensors::tensor::{Dtype, TensorView, serialize_to_file};
use tokenizers::Tokenizer;

pub use shape::{MAX_POSITIONS, NORM_EPSILON, ROPE_THETA, Shape};

use crate::tokenizer::{self, TokenizerError};
use crate::world::Random;

/// How weights are stored.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum WeightType {
    /// 32-bit floats.
    F32,
    /// 16-bit floats with 8 bits of exponent.
    Bf16,
}

impl WeightType {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::F32 => "float32",
            Self::Bf16 => "bfloat16",
        }
    }

    fn encode(self, values: &[f32]) -> Vec<u8> {
        match self {
            Self::F32 => values.iter().flat_map(|value| value.to_le_bytes()).collect(),
            Self::Bf16 => {
                values.iter().flat_map(|&value| bf16::from_f32(value).to_le_bytes()).collect()
            }
        }
    }

    fn dtype(self) -> Dtype {
        match self {
            Self::F32 => Dtype::F32,
            Self::Bf16 => Dtype::BF16,
        }
    }
}

/// Weights by name, each with its shape.
pub type Weights = BTreeMap<String, (Vec<usize>, Vec<f32>)>;

/// Why a checkpoint could not be written.
#[derive(Debug, thiserror::Error)]
pub enum CheckpointError {
    /// The folder exists.
    #[error("{} exists; remove it or name another folder", .0.display())]
    Exists(PathBuf),
    /// The file system refused.
    #[error("cannot write {}: {source}", path.display())]
    Io {
        /// The file or folder.
        path: PathBuf,
        /// What the system says.
        source: std::io::Error,
    },
    /// The weights could not be written.
    #[error("cannot write weights: {0}")]
    Weights(#[from] safetensors::SafeTensorError),
    /// The tokenizer could not be written.
    #[error(transparent)]
    Tokenizer(#[from] TokenizerError),
}

/// Random weights: normal with variance 1 / hidden (LeCun et al. 1998), projections back into the
/// residual stream smaller by the square root of twice the number of layers (Radford et al. 2019),
/// norms 1. The usual 0.02 of large models is too small at this width: attention then stays flat
/// for long, and copying was not learnt in 2.4 million tokens.
pub fn random_weights(shape: &Shape, seed: u64) -> Weights {
    let mut random = Random::named(seed, "weights");
    let deviation = shape.deviation();
    let back = 1.0 / (2.0 * shape.layers as f64).sqrt();
    let mut draw = |(name, dimensions): (String, Vec<usize>)| {
        let scale = if name.ends_with("o_proj.weight") || name.ends_with("down_proj.weight") {
            back
        } else {
            1.0
        };
        let values = match dimensions.len() {
            1 => vec![1.0; dimensions[0]],
            _ => (0..dimensions.iter().product())
                .map(|_| (random.normal() * deviation * scale) as f32)
                .collect(),
        };
        (name, (dimensions, values))
    };
    shape.weights().into_iter().map(&mut draw).collect()
}

/// Writes a checkpoint into a folder that does not exist yet.
///
/// # Errors
/// The folder exists, or the file system refuses.
pub fn write(
    folder: &Path,
    shape: &Shape,
    weights: &Weights,
    dtype: WeightType,
    tokenizer: &Tokenizer,
) -> Result<(), CheckpointError> {
    if folder.exists() {
        return Err(CheckpointError::Exists(folder.into()));
    }
    let io = |path: &Path| {
        let path = path.to_owned();
        move |source| CheckpointError::Io { path, source }
    };
    std::fs::create_dir_all(folder).map_err(io(folder))?;
    let path = folder.join("config.json");
    let config = format!("{:#}\n", shape.config(dtype));
    std::fs::write(&path, config).map_err(io(&path))?;
    tokenizer::write(tokenizer, folder)?;
    write_weights(&folder.join("model.safetensors"), weights, dtype)
}

/// Writes `model.safetensors`.
///
/// # Errors
/// The file system refuses.
pub fn write_weights(
    path: &Path,
    weights: &Weights,
    dtype: WeightType,
) -> Result<(), CheckpointError> {
    let encoded: Vec<(&String, &Vec<usize>, Vec<u8>)> = weights
        .iter()
        .map(|(name, (dimensions, values))| (name, dimensions, dtype.encode(values)))
        .collect();
    let mut views = Vec::new();
    for (name, dimensions, bytes) in &encoded {
        views.push((*name, TensorView::new(dtype.dtype(), (*dimensions).clone(), bytes)?));
    }
    let metadata = [("format".to_owned(), "pt".to_owned())].into();
    Ok(serialize_to_file(views, Some(metadata), path)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fixture_has_experts_beside_a_dense_layer() {
        let shape = Shape::fixture(300);
        let weights = random_weights(&shape, 1);
        assert!(weights.contains_key("model.layers.0.mlp.experts.7.down_proj.weight"));
        assert!(weights.contains_key("model.layers.1.mlp.down_proj.weight"));
        assert!(!weights.contains_key("model.layers.1.mlp.gate.weight"));
        assert_ne!(weights, random_weights(&shape, 2));
    }

    #[test]
    fn the_trained_shape_fits_its_budget() {
        let shape = Shape::trained(2560);
        let count = |(_, dimensions): (String, Vec<usize>)| dimensions.iter().product::<usize>();
        let parameters: usize = shape.weights().into_iter().map(count).sum();
        assert!((2_000_000..3_800_000).contains(&parameters), "{parameters}");
    }

    #[test]
    fn an_existing_folder_is_left_alone() {
        let folder = tempfile::tempdir().unwrap();
        let shape = Shape::fixture(300);
        let weights = random_weights(&shape, 1);
        let tokenizer = tokenizer::train(1, 300, 1000).unwrap();
        let written = write(folder.path(), &shape, &weights, WeightType::F32, &tokenizer);
        assert!(matches!(written, Err(CheckpointError::Exists(_))));
    }
}
