use std::path::PathBuf;

/// `harness.toml` or a flag that refers to it is wrong. The program ends with exit code 2.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// The file cannot be read.
    #[error("cannot read {}: {source}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// The file is not what is expected there.
    #[error("{}:{line}:{column}: {message}", path.display())]
    Parse {
        /// The file.
        path: PathBuf,
        /// Line, from 1.
        line: usize,
        /// Column, from 1.
        column: usize,
        /// What is wrong and what would be right.
        message: String,
    },
    /// A model that is neither an alias, nor a folder, nor a name on the hub.
    #[error("unknown model `{name}`{suggestion}: {known}")]
    UnknownModel {
        /// As given.
        name: String,
        /// ` (did you mean …?)`, or nothing.
        suggestion: String,
        /// What there is.
        known: String,
    },
    /// A table of the file contradicts another.
    #[error("{}: models.{alias}.{key} = {value:?}: {reason}", path.display())]
    Model {
        /// The file.
        path: PathBuf,
        /// The model's alias.
        alias: String,
        /// The key at fault.
        key: &'static str,
        /// Its value.
        value: String,
        /// What is wrong and what would be right.
        reason: String,
    },
    /// The same alias twice.
    #[error("--models names `{0}` twice; give each checkpoint an alias of its own (alias=SOURCE)")]
    DuplicateAlias(String),
    /// Nothing to do.
    #[error(
        "no models: give --models, e.g. --models base=path/to/checkpoint, or list them in harness.toml"
    )]
    NoModels,
}
