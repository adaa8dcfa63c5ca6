//! What a training keeps on disk, so that it can be stopped at any moment and continued.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use safetensors::SafeTensors;
use safetensors::tensor::{Dtype, TensorView, serialize_to_file};
use serde::{Deserialize, Serialize};

use super::optimizer::{AdamW, Moments};
use crate::checkpoint::Weights;
use crate::corpus::Position;

/// Where a training stands.
#[derive(Clone, Debug, PartialEq)]
pub struct State {
    /// What is being trained, and how far it is.
    pub header: Header,
    /// The weights under their names in a checkpoint.
    pub weights: Weights,
    /// The optimizer, in the order of the model's parameters.
    pub optimizer: AdamW,
}

/// The part of a state that is not a tensor.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Header {
    /// The plan in words; a state of another plan is refused.
    pub plan: String,
    /// Steps taken.
    pub step: usize,
    /// Tokens read.
    pub tokens: usize,
    /// Where the reader stands.
    pub position: Position,
}

/// Why a state could not be used.
#[derive(Debug, thiserror::Error)]
pub enum StateError {
    /// The file is damaged.
    #[error("{} is damaged ({what}); remove it to train this stage again from its start", path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        what: String,
    },
    /// The state belongs to another training.
    #[error("{} belongs to another training:\n  there: {there}\n  here:  {here}\nremove it, or name another output folder", path.display())]
    Other {
        /// The file.
        path: PathBuf,
        /// The plan that the state was made under.
        there: String,
        /// The plan that asked for it.
        here: String,
    },
    /// The file system refused.
    #[error("{}: {source}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// What the system says.
        source: std::io::Error,
    },
}

const HEADER: &str = "training";

/// Writes a state beside its place and renames it, so that a crash leaves the old one whole.
///
/// # Errors
/// The file system refuses.
pub fn save(path: &Path, state: &State) -> Result<(), StateError> {
    let damaged = |what: String| StateError::Damaged { path: path.into(), what };
    let mut buffers = Vec::new();
    for (name, (shape, values)) in &state.weights {
        buffers.push((format!("weights/{name}"), shape.clone(), bytes(values)));
    }
    for (at, moments) in state.optimizer.moments.iter().enumerate() {
        let shape = vec![moments.first.len()];
        buffers.push((format!("first/{at}"), shape.clone(), bytes(&moments.first)));
        buffers.push((format!("second/{at}"), shape, bytes(&moments.second)));
    }
    let views: Result<Vec<_>, _> = buffers
        .iter()
        .map(|(name, shape, bytes)| {
            TensorView::new(Dtype::F32, shape.clone(), bytes).map(|view| (name, view))
        })
        .collect();
    let header = serde_json::to_string(&state.header).map_err(|e| damaged(e.to_string()))?;
    let metadata = HashMap::from([(HEADER.to_owned(), header)]);
    let beside = path.with_extension("partial");
    let views = views.map_err(|e| damaged(e.to_string()))?;
    serialize_to_file(views, Some(metadata), &beside).map_err(|e| damaged(e.to_string()))?;
    let io = |source| StateError::Io { path: path.into(), source };
    std::fs::rename(&beside, path).map_err(io)
}

fn bytes(values: &[f32]) -> Vec<u8> {
    values.iter().flat_map(|value| value.to_le_bytes()).collect()
}

/// Reads a state of a plan; `None` if there is none yet.
///
/// # Errors
/// The file is damaged or belongs to another plan.
pub fn load(path: &Path, plan: &str) -> Result<Option<State>, StateError> {
    let Some(state) = read_file(path)? else { return Ok(None) };
    if state.header.plan != plan {
        let (there, here) = (state.header.plan, plan.to_owned());
        return Err(StateError::Other { path: path.into(), there, here });
    }
    Ok(Some(state))
}

/// The weights of a state, whatever its plan; `None` if there is none.
///
/// # Errors
/// The file is damaged.
pub fn weights(path: &Path) -> Result<Option<Weights>, StateError> {
    let state = read_file(path)?;
    Ok(state.map(|state| state.weights))
}

fn read_file(path: &Path) -> Result<Option<State>, StateError> {
    let file = match std::fs::read(path) {
        Ok(file) => file,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        Err(source) => return Err(StateError::Io { path: path.into(), source }),
    };
    parse(&file).map(Some).map_err(|what| StateError::Damaged { path: path.into(), what })
}

fn parse(file: &[u8]) -> Result<State, String> {
    let (_, metadata) = SafeTensors::read_metadata(file).map_err(|error| error.to_string())?;
    let tensors = SafeTensors::deserialize(file).map_err(|error| error.to_string())?;
    let header = metadata.metadata().as_ref().and_then(|metadata| metadata.get(HEADER));
    let header = header.ok_or("it has no training header")?;
    let header: Header = serde_json::from_str(header).map_err(|error| error.to_string())?;
    let mut weights = Weights::new();
    let mut moments = Vec::new();
    for name in tensors.names() {
        if let Some(weight) = name.strip_prefix("weights/") {
            weights.insert(weight.to_owned(), read(&tensors, name)?);
        }
    }
    while tensors.names().contains(&format!("first/{}", moments.len()).as_str()) {
        let at = moments.len();
        let (_, first) = read(&tensors, &format!("first/{at}"))?;
        let (_, second) = read(&tensors, &format!("second/{at}"))?;
        moments.push(Moments { first, second });
    }
    let optimizer = AdamW { step: header.step, moments };
    Ok(State { header, weights, optimizer })
}

fn read(tensors: &SafeTensors<'_>, name: &str) -> Result<(Vec<usize>, Vec<f32>), String> {
    let view = tensors.tensor(name).map_err(|error| error.to_string())?;
    let values = view.data().chunks_exact(4);
    let values = values.map(|bytes| f32::from_le_bytes([bytes[0], bytes[1], bytes[2], bytes[3]]));
    Ok((view.shape().to_vec(), values.collect()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn state() -> State {
        let position = Position { random: 7, given: vec![1.0, 2.5] };
        let header = Header { plan: "a plan".into(), step: 3, tokens: 99, position };
        let moments = vec![Moments { first: vec![1.0], second: vec![2.0] }; 2];
        let weights = Weights::from([("w".to_owned(), (vec![2, 1], vec![0.5, -1.0]))]);
        State { header, weights, optimizer: AdamW { step: 3, moments } }
    }

    #[test]
    fn a_state_returns_as_it_was() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("state.safetensors");
        assert_eq!(load(&path, "a plan").unwrap(), None);
        save(&path, &state()).unwrap();
        assert_eq!(load(&path, "a plan").unwrap(), Some(state()));
    }

    #[test]
    fn truncated_and_foreign_states_are_refused() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("state.safetensors");
        save(&path, &state()).unwrap();
        let error = load(&path, "another plan").unwrap_err().to_string();
        assert!(error.contains("a plan") && error.contains("another plan"), "{error}");
        let file = std::fs::read(&path).unwrap();
        std::fs::write(&path, &file[..file.len() - 3]).unwrap();
        let error = load(&path, "a plan").unwrap_err().to_string();
        assert!(error.contains("damaged"), "{error}");
    }
}
