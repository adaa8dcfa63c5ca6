//! The README's recipe for a model family, walked for every family there is.

use std::fs;

use harness_models::supported_families;

use crate::families::root;

fn read(path: &str) -> String {
    fs::read_to_string(root().join("..").join(path)).unwrap_or_else(|e| panic!("{path}: {e}"))
}

/// The recipe's steps, as the README numbers them.
fn steps() -> Vec<String> {
    let readme = read("README.md");
    let recipe = readme.split("**a model family**").nth(1).unwrap();
    let recipe = recipe.split("\n**").next().unwrap();
    let numbered = |line: &&str| line.starts_with(|c: char| c.is_ascii_digit());
    recipe.lines().filter(numbered).map(str::to_owned).collect()
}

#[test]
fn the_recipe_has_at_most_six_steps_and_names_files_that_are_there() {
    let steps = steps();
    assert!((1..=6).contains(&steps.len()), "{steps:?}");
    let quoted: Vec<&str> = steps.iter().flat_map(|s| s.split('`').skip(1).step_by(2)).collect();
    let paths =
        quoted.iter().filter(|q| q.contains('/') && !q.contains(' ') && !q.contains("NAME"));
    for path in paths {
        assert!(root().join("..").join(path).exists(), "the recipe names {path}");
    }
}

/// Step 1: a file whose head says where the family comes from and what its router does.
#[test]
fn every_family_has_a_file_that_names_its_sources_and_its_router() {
    for family in supported_families() {
        let text = read(&format!("models/src/families/{}.rs", family.name));
        let doc: Vec<&str> = text.lines().map_while(|line| line.strip_prefix("//!")).collect();
        let doc = doc.concat();
        let named =
            doc.contains("arXiv:") || doc.contains("no paper") || doc.contains("technical report");
        assert!(named, "{}: no paper", family.name);
        assert!(doc.contains("`modeling_"), "{}: no reference implementation", family.name);
        let router = ["Scores sum to 1", "Scores do not", "recorded as the scores"];
        let router = router.iter().any(|words| doc.contains(words));
        let other = ["no routing", "recorded scores", "router are those", "Qwen3-Next with"];
        assert!(
            router || other.iter().any(|words| doc.contains(words)),
            "{}: no router",
            family.name
        );
    }
}

/// Step 2: the list in `mod.rs` and the files beside it are the same.
#[test]
fn every_file_beside_the_list_is_in_it() {
    let names: Vec<&str> = supported_families().iter().map(|f| f.name).collect();
    for entry in fs::read_dir(root().join("src/families")).unwrap() {
        let name = entry.unwrap().file_name().to_string_lossy().into_owned();
        let family = name.strip_suffix(".rs").filter(|n| !["mod", "select"].contains(n));
        assert!(family.is_none_or(|f| names.contains(&f)), "{name} is not in the list");
    }
}

/// Step 3: a configuration in the script, and what it wrote. Steps 4 and 5 are the tests of agreement.
#[test]
fn every_family_has_a_configuration_and_what_came_of_it() {
    let script = read("tests/parity/families.py");
    for family in supported_families() {
        assert!(script.contains(&format!("    \"{}\": (", family.name)), "{}", family.name);
        for file in ["config.json", "model.safetensors", "reference.safetensors"] {
            let path = root().join("tests/families").join(family.name).join(file);
            assert!(path.is_file(), "{} is missing", path.display());
        }
    }
}
