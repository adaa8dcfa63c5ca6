use std::path::PathBuf;

use harness_metrics::RoutingError;

/// Why a file of measured routing cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    /// The extension says nothing that can be read.
    #[error(
        "{}: measured routing is read from .csv (Layer,Language,Expert_0,…) and from a run's routing.json; \
         arrays of expert ids are given as LANGUAGE=FILE",
        path.display()
    )]
    Format {
        /// The file.
        path: PathBuf,
    },
    /// The file cannot be read.
    #[error("cannot read {}: {source}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// What the system says.
        source: std::io::Error,
    },
    /// Something in the file is not what it must be.
    #[error("{}, {place}: {problem}", path.display())]
    Content {
        /// The file.
        path: PathBuf,
        /// Row and column, or token and layer.
        place: String,
        /// What is wrong, and what would be right.
        problem: String,
    },
    /// Files contradict each other or lack something.
    #[error("{0}")]
    Together(String),
    /// Counts do not add up.
    #[error("{}: {source}", path.display())]
    Counts {
        /// The file.
        path: PathBuf,
        /// What does not.
        source: RoutingError,
    },
}
