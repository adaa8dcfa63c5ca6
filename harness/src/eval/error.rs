use harness_tasks::data::DataError;

use crate::chat::ChatError;
use crate::config::ConfigError;
use crate::encode::EncodeError;
use crate::exit::Exit;
use crate::hub::HubError;
use crate::run::RunError;

/// Why an evaluation could not begin or go on.
#[derive(Debug, thiserror::Error)]
pub enum EvalError {
    /// A flag or `harness.toml`.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// A flag whose value cannot be used.
    #[error("{0}")]
    Usage(String),
    /// A task file, a template or a document.
    #[error(transparent)]
    Task(#[from] harness_tasks::TaskError),
    /// A selection of tasks that cannot be resolved.
    #[error(transparent)]
    Registry(#[from] harness_tasks::RegistryError),
    /// Benchmark files.
    #[error("task {task}: {source}")]
    Data {
        /// The task that reads them.
        task: String,
        /// What is wrong.
        source: DataError,
    },
    /// The hub.
    #[error(transparent)]
    Hub(#[from] HubError),
    /// A checkpoint folder.
    #[error(transparent)]
    Load(#[from] harness_models::LoadError),
    /// A tokenizer.
    #[error(transparent)]
    Encode(#[from] EncodeError),
    /// A chat template.
    #[error(transparent)]
    Chat(#[from] ChatError),
    /// The record.
    #[error(transparent)]
    Record(#[from] harness_reports::RecordError),
    /// The engine, or a signal.
    #[error(transparent)]
    Run(#[from] RunError),
    /// A budget that cannot fit.
    #[error("{0}")]
    Memory(String),
}

impl EvalError {
    /// The exit code that tells the caller what kind of remedy is needed.
    pub fn exit(&self) -> Exit {
        use harness_reports::RecordError;
        match self {
            Self::Config(_) | Self::Usage(_) | Self::Registry(_) => Exit::Usage,
            Self::Data { source: DataError::Empty { .. }, .. } => Exit::Usage,
            Self::Task(_) | Self::Data { .. } | Self::Load(_) | Self::Chat(_) | Self::Memory(_) => {
                Exit::Unusable
            }
            Self::Encode(EncodeError::File { .. }) => Exit::Unusable,
            Self::Hub(error) if error.is_temporary() => Exit::Temporary,
            Self::Hub(_) => Exit::Unusable,
            Self::Record(RecordError::Locked { .. }) => Exit::Temporary,
            Self::Record(
                RecordError::Manifest { .. }
                | RecordError::Merge { .. }
                | RecordError::Folder { .. },
            ) => Exit::Usage,
            Self::Record(RecordError::Damaged { .. } | RecordError::DamagedRow { .. }) => {
                Exit::Unusable
            }
            Self::Run(RunError::Interrupted(signal)) => Exit::Signal(*signal),
            Self::Encode(_) | Self::Record(_) | Self::Run(_) => Exit::Failure,
        }
    }
}
