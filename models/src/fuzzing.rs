//! Entry points for fuzzing: what is read before anything of a checkpoint is trusted.
//!
//! Each takes the bytes of one file and returns what is wrong with them. Whatever the bytes are, none
//! panics, hangs or takes memory out of proportion to them. `fuzz/` runs them under libFuzzer, and a
//! test runs each on its seeds and a fixed number of damaged copies.

use std::path::Path;

use crate::checkpoint::{Folder, WeightStore, read_header, shard_path, weight_map};
use crate::config::{ConfigReader, parse_json};
use crate::families::select;
use crate::{LoadError, Problem};

/// A weight file: header, offsets, length.
pub fn weight_file(bytes: &[u8]) -> Vec<Problem> {
    let file = "model.safetensors".to_owned();
    read_header(bytes)
        .err()
        .map(|reason| Problem::WeightFile { file, reason })
        .into_iter()
        .collect()
}

/// `config.json`: every key of the family that it names, and the tensors that the family then asks an
/// empty folder for.
pub fn config(bytes: &[u8]) -> Vec<Problem> {
    config_problems(bytes).unwrap_or_else(|problem| vec![problem])
}

fn config_problems(bytes: &[u8]) -> Result<Vec<Problem>, Problem> {
    let reader = ConfigReader::new(parse_json("config.json", &mut bytes.to_vec())?)?;
    let family = select(&reader)?;
    let config = (family.read)(&reader);
    let problems = reader.take_problems();
    if !problems.is_empty() {
        return Ok(problems);
    }
    let folder = Folder { shards: vec![], home: Default::default() };
    let store = WeightStore::checking(&folder);
    drop(config.decoder(&store.root()));
    Ok(store.finish(family.name, |_| false))
}

/// `model.safetensors.index.json`: the map, and where each of its files would lie.
pub fn index(bytes: &[u8]) -> Vec<Problem> {
    let file = "model.safetensors.index.json".to_owned();
    let map = parse_json(&file, &mut bytes.to_vec()).and_then(|index| weight_map(&index));
    let map = match map {
        Ok(map) => map,
        Err(problem) => return vec![problem],
    };
    let refuse = |reason| Problem::Index { file: file.clone(), reason };
    map.values().filter_map(|shard| shard_path(Path::new("."), shard).err()).map(refuse).collect()
}

/// The message that a list of problems makes.
pub fn message(problems: Vec<Problem>) -> String {
    LoadError { dir: ".".into(), problems }.to_string()
}
