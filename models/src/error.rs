//! [`LoadError`]: everything that is wrong with a checkpoint, in one message.

use std::fmt;
use std::path::PathBuf;

/// A checkpoint that cannot be used, with every reason found.
#[derive(Debug, thiserror::Error)]
pub struct LoadError {
    /// The checkpoint's folder.
    pub dir: PathBuf,
    /// At least one.
    pub problems: Vec<Problem>,
}

/// Problems listed in a message before the rest is only counted.
const LISTED: usize = 20;

impl fmt::Display for LoadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "checkpoint {} cannot be used:", self.dir.display())?;
        for problem in self.problems.iter().take(LISTED) {
            write!(f, "\n  - {problem}")?;
        }
        match self.problems.len().saturating_sub(LISTED) {
            0 => Ok(()),
            more => write!(f, "\n  - and {more} more"),
        }
    }
}

/// One thing that is wrong with a checkpoint.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Problem {
    /// A file cannot be read.
    #[error("{file}: {reason}")]
    Read {
        /// File name inside the folder, or the folder itself.
        file: String,
        /// The system's words.
        reason: String,
    },
    /// A JSON file that is none.
    #[error("{file}, line {line}, column {column}: {reason}")]
    Json {
        /// File name inside the folder.
        file: String,
        /// From 1.
        line: usize,
        /// From 1.
        column: usize,
        /// What the parser met.
        reason: String,
    },
    /// A key of `config.json` with a value that cannot be.
    #[error("{file}: `{key}` is {value}; expected {expected}")]
    Config {
        /// File name inside the folder.
        file: String,
        /// The key as the file spells it.
        key: String,
        /// Its value as JSON, shortened; `missing` when absent.
        value: String,
        /// What would be right.
        expected: String,
    },
    /// An architecture, weight format or quantisation that this engine does not run.
    #[error("{0}")]
    Unsupported(String),
    /// A weight file whose header or size is wrong.
    #[error("{file}: {reason}")]
    WeightFile {
        /// File name inside the folder.
        file: String,
        /// What is wrong.
        reason: String,
    },
    /// `model.safetensors.index.json` against the files.
    #[error("{file}: {reason}")]
    Index {
        /// File name inside the folder.
        file: String,
        /// What is wrong.
        reason: String,
    },
    /// A tensor that the architecture needs and the files lack.
    #[error("tensor {name} is missing")]
    MissingTensor {
        /// Its name on disk.
        name: String,
    },
    /// A tensor that the architecture has no use for: config and weights disagree.
    #[error("{file}: tensor {name} has no place in a {family} model of this config.json")]
    ExtraTensor {
        /// File name inside the folder.
        file: String,
        /// Its name on disk.
        name: String,
        /// The runtime.
        family: String,
    },
    /// A tensor whose shape contradicts `config.json`.
    #[error("{file}: tensor {name} has shape {found}, but config.json says {expected}")]
    Shape {
        /// File name inside the folder.
        file: String,
        /// Its name on disk.
        name: String,
        /// Shape in the file.
        found: String,
        /// Shape by the config, with the keys that say so.
        expected: String,
    },
    /// A tensor of a type that is not a weight type of this engine.
    #[error(
        "{file}: tensor {name} is {dtype}; f32, bf16 and f16 are read (fp8 and integer weights are quantised: load the original)"
    )]
    Dtype {
        /// File name inside the folder.
        file: String,
        /// Its name on disk.
        name: String,
        /// Type in the file.
        dtype: String,
    },
    /// The device that the model was to run on.
    #[error("{reason}")]
    Device {
        /// What is wrong, and what to do where that is known.
        reason: String,
    },
}
