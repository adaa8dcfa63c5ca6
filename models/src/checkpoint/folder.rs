//! [`Folder`]: a checkpoint's weight files and what is wrong with them.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use super::header::{Shard, StoredTensor};
use super::index::{INDEX, SINGLE, WeightMap, problem, read_index, shard_path};
use crate::Problem;

/// All weight files of a checkpoint.
pub(crate) struct Folder {
    pub(crate) shards: Vec<Shard>,
    /// Tensor name to shard.
    pub(crate) home: BTreeMap<String, usize>,
}

impl Folder {
    /// Opens a folder's weight files; notes everything that is wrong with them.
    pub(crate) fn open(dir: &Path, problems: &mut Vec<Problem>) -> Self {
        let mut folder = Self { shards: vec![], home: BTreeMap::new() };
        if dir.join(SINGLE).symlink_metadata().is_ok() {
            folder.add(dir, SINGLE, problems);
        } else if dir.join(INDEX).symlink_metadata().is_ok() {
            match read_index(dir) {
                Ok(map) => folder.add_shards(dir, &map, problems),
                Err(problem) => problems.push(problem),
            }
        } else {
            problems.push(no_weights(dir));
        }
        folder
    }

    /// A tensor by name, with its file.
    pub(crate) fn get(&self, name: &str) -> Option<(&Shard, &StoredTensor)> {
        let shard = &self.shards[*self.home.get(name)?];
        Some((shard, shard.tensors.get(name)?))
    }

    fn add_shards(&mut self, dir: &Path, map: &WeightMap, problems: &mut Vec<Problem>) {
        let files: BTreeSet<&String> = map.values().collect();
        for file in files {
            self.add(dir, file, problems);
        }
        self.compare(map, problems);
    }

    fn add(&mut self, dir: &Path, file: &str, problems: &mut Vec<Problem>) {
        let opened = shard_path(dir, file).and_then(|path| Shard::open(&path, file));
        let shard = match opened {
            Ok(shard) => shard,
            Err(reason) => {
                problems.push(Problem::WeightFile { file: file.into(), reason });
                return;
            }
        };
        for name in shard.tensors.keys() {
            if let Some(&other) = self.home.get(name) {
                let other = &self.shards[other].about.name;
                let reason = format!("tensor {name} is in {other} too");
                problems.push(Problem::WeightFile { file: file.into(), reason });
            }
            self.home.insert(name.clone(), self.shards.len());
        }
        self.shards.push(shard);
    }

    /// Compares the index with what the shards that could be opened hold.
    fn compare(&self, map: &WeightMap, problems: &mut Vec<Problem>) {
        for shard in &self.shards {
            let file = &shard.about.name;
            let listed = map.iter().filter(|(_, f)| *f == file);
            let absent = listed.filter(|(name, _)| !shard.tensors.contains_key(*name));
            problems.extend(absent.map(|(name, _)| problem(format!("{file} lacks tensor {name}"))));
            let unlisted = shard.tensors.keys().filter(|name| map.get(*name) != Some(file));
            problems.extend(
                unlisted.map(|name| problem(format!("tensor {name} of {file} is not listed"))),
            );
        }
    }
}

/// Says what is there instead of weights.
fn no_weights(dir: &Path) -> Problem {
    let names: Vec<String> = std::fs::read_dir(dir)
        .map(|entries| {
            entries.flatten().map(|e| e.file_name().to_string_lossy().into_owned()).collect()
        })
        .unwrap_or_default();
    let with =
        |endings: &[&str]| names.iter().find(|n| endings.iter().any(|e| n.ends_with(e))).cloned();
    if let Some(file) = with(&[".gguf"]) {
        let text = format!("{file}: GGUF is not read; use the original safetensors checkpoint");
        return Problem::Unsupported(text);
    }
    if let Some(file) = with(&[".bin", ".pt", ".pth", ".ckpt"]) {
        let advice =
            "unpickling can run code and is never done; save the model with safe_serialization";
        return Problem::Unsupported(format!("{file}: only pickled weights are here; {advice}"));
    }
    let reason = format!("has neither {SINGLE} nor {INDEX}");
    Problem::Read { file: dir.display().to_string(), reason }
}
