//! Every way weight files can be wrong has its message, and none panics.

use std::fs;
use std::path::Path;

use harness_models::inspect;
use proptest::prelude::*;
use proptest::test_runner::RngSeed;

use crate::breakage::{
    INDEX, WEIGHTS, complains, good, sharded, with_header, with_index, with_weights,
};

#[test]
fn damaged_weight_files_say_how() {
    complains(
        with_weights(|b| b.truncate(b.len() - 1)).path(),
        &["model.safetensors: is truncated"],
    );
    complains(with_weights(|b| b.push(0)).path(), &["trailing bytes"]);
    complains(with_weights(|b| b.truncate(100)).path(), &["its header needs"]);
    complains(with_weights(|b| b.truncate(5)).path(), &["5 bytes"]);
    complains(with_weights(Vec::clear).path(), &["0 bytes"]);
    complains(
        with_weights(|b| b[..8].copy_from_slice(&200_000_000u64.to_le_bytes())).path(),
        &["over the format's limit"],
    );
    complains(with_weights(|b| b[..8].fill(255)).path(), &["over the format's limit"]);
    complains(with_weights(|b| b[9] = 0xff).path(), &["model.safetensors: "]);
    let pointer = b"version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 123\n";
    complains(with_weights(|b| *b = pointer.to_vec()).path(), &["Git LFS pointer", "git lfs pull"]);
}

#[test]
fn hostile_headers_are_refused() {
    let tensor = |from: i64, to: i64| {
        format!("{{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[{from},{to}]}}")
    };
    let two = |a: String, b: String| format!("{{\"a\":{a},\"b\":{b}}}");
    complains(with_header(&two(tensor(0, 8), tensor(4, 12)), 12).path(), &["tensor b overlap"]);
    complains(
        with_header(&two(tensor(0, 8), tensor(-8, 0)), 8).path(),
        &["invalid JSON in header"],
    );
    complains(with_header(&two(tensor(0, 8), tensor(8, 20)), 20).path(), &["contradict its shape"]);
    complains(
        with_header(&format!("{{\"a\":{0},\"a\":{0}}}", tensor(0, 8)), 8).path(),
        &["lists tensor a twice"],
    );
    let huge =
        "{\"a\":{\"dtype\":\"F32\",\"shape\":[9223372036854775807,4],\"data_offsets\":[0,8]}}";
    complains(with_header(huge, 8).path(), &["overflows"]);
    complains(with_header(&"[".repeat(5000), 0).path(), &["model.safetensors: "]);
}

#[test]
fn an_index_is_compared_with_its_shards() {
    let dir = sharded();
    fs::remove_file(dir.path().join("model-00002-of-00003.safetensors")).unwrap();
    fs::write(
        dir.path().join("model-00003-of-00003.safetensors"),
        "version https://git-lfs.github.com/spec/v1\n",
    )
    .unwrap();
    complains(
        dir.path(),
        &[
            "model-00002-of-00003.safetensors: is missing",
            "model-00003-of-00003.safetensors: is a Git LFS",
        ],
    );
    let shard = "model-00001-of-00003.safetensors";
    let dir = with_index(|map| drop(map.insert("ghost".into(), shard.into())));
    complains(dir.path(), &["lacks tensor ghost"]);
    let dir = with_index(|map| drop(map.remove("lm_head.weight")));
    complains(dir.path(), &["tensor lm_head.weight of", "is not listed"]);
    let dir = sharded();
    fs::write(dir.path().join(INDEX), "{\"weight_map\": [1]}").unwrap();
    complains(dir.path(), &["expected an object `weight_map`"]);
}

#[test]
fn nothing_outside_the_folder_is_opened() {
    for path in ["../../etc/passwd", "/etc/passwd", "..", ""] {
        let dir = with_index(|map| drop(map.insert("lm_head.weight".into(), path.into())));
        complains(dir.path(), &["leads outside the folder; refused"]);
    }
}

#[cfg(unix)]
#[test]
fn links_out_of_the_folder_are_refused_except_inside_a_hub_cache() {
    let (outside, dir) = (good(), good());
    fs::remove_file(dir.path().join(WEIGHTS)).unwrap();
    std::os::unix::fs::symlink(outside.path().join(WEIGHTS), dir.path().join(WEIGHTS)).unwrap();
    complains(dir.path(), &["outside the folder; refused"]);

    let cache = tempfile::tempdir().unwrap();
    let repository = cache.path().join("models--o--n");
    let snapshot = repository.join("snapshots/abc");
    fs::create_dir_all(&snapshot).unwrap();
    fs::create_dir_all(repository.join("blobs")).unwrap();
    for file in [WEIGHTS, "config.json"] {
        fs::copy(outside.path().join(file), repository.join("blobs").join(file)).unwrap();
        std::os::unix::fs::symlink(format!("../../blobs/{file}"), snapshot.join(file)).unwrap();
    }
    inspect(&snapshot).unwrap();
}

#[test]
fn other_weight_formats_are_refused_with_the_way_out() {
    for (file, words) in
        [("pytorch_model.bin", "pickled"), ("model.gguf", "GGUF"), ("readme.md", "has neither")]
    {
        let dir = good();
        fs::rename(dir.path().join(WEIGHTS), dir.path().join(file)).unwrap();
        complains(dir.path(), &[words]);
    }
    complains(Path::new("/no/such/folder"), &["is not a folder"]);
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 200,
        rng_seed: RngSeed::Fixed(3),
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    /// Whatever stands in a file, the answer is a checkpoint or a list of problems.
    #[test]
    fn no_damage_panics(file in 0usize..2, changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..6)) {
        let dir = good();
        let path = dir.path().join([WEIGHTS, "config.json"][file]);
        let mut bytes = fs::read(&path).unwrap();
        let header = bytes.len().min(3000);
        for (at, value) in changes {
            bytes[at.index(header)] = value;
        }
        fs::write(&path, bytes).unwrap();
        if let Err(error) = inspect(dir.path()) {
            prop_assert!(!error.problems.is_empty());
        }
    }
}
