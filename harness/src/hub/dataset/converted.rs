use std::collections::BTreeSet;

use super::lack::{Lack, choose_config};

/// The branch that the hub's converter writes.
pub(super) const BRANCH: &str = "refs/convert/parquet";

/// The files `<config>/<split>/0000.parquet`, `0001.parquet`, … of a split among a repository's sorted names.
///
/// Splits that the converter cut off (`partial-train`) are not taken for whole ones.
pub(super) fn converted(
    names: &[String],
    config: Option<&str>,
    split: &str,
) -> Result<Vec<String>, Lack> {
    let files: Vec<[&str; 3]> = names.iter().filter_map(|name| parts(name)).collect();
    let configs: BTreeSet<&str> = files.iter().map(|[config, ..]| *config).collect();
    let config = choose_config(&configs.into_iter().collect::<Vec<_>>(), config)?;
    let of_config = files.iter().filter(|[known, ..]| *known == config);
    let shards: Vec<&str> = of_config
        .clone()
        .filter(|[_, known, _]| *known == split)
        .map(|[.., shard]| *shard)
        .collect();
    if shards.is_empty() {
        let known: BTreeSet<&str> = of_config.map(|[_, split, _]| *split).collect();
        return Err(Lack::Split { known: known.into_iter().map(str::to_owned).collect() });
    }
    let path = |at: usize| format!("{config}/{split}/{at:04}.parquet");
    match shards.iter().enumerate().find(|(at, shard)| **shard != format!("{at:04}.parquet")) {
        Some((at, _)) => Err(Lack::Files { missing: vec![path(at)] }),
        None => Ok((0..shards.len()).map(path).collect()),
    }
}

fn parts(name: &str) -> Option<[&str; 3]> {
    let parts: Vec<&str> = name.split('/').collect();
    let parts: [&str; 3] = parts.try_into().ok()?;
    parts[2].ends_with(".parquet").then_some(parts)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn files(names: &[&str], config: Option<&str>, split: &str) -> Result<Vec<String>, Lack> {
        let names: Vec<String> = names.iter().map(|&name| name.to_owned()).collect();
        converted(&names, config, split)
    }

    #[test]
    fn shards_of_a_split() {
        let names = [
            ".gitattributes",
            "default/test/0000.parquet",
            "default/test/0001.parquet",
            "he/test/0000.parquet",
        ];
        let expected = ["default/test/0000.parquet", "default/test/0001.parquet"];
        assert_eq!(files(&names, None, "test").unwrap(), expected);
        assert_eq!(files(&names, Some("he"), "test").unwrap(), ["he/test/0000.parquet"]);
        let known = vec!["test".to_owned()];
        assert_eq!(files(&names, None, "train"), Err(Lack::Split { known }));
        let known = vec!["default".to_owned(), "he".to_owned()];
        assert_eq!(files(&names, Some("ja"), "test"), Err(Lack::Config { known }));
    }

    #[test]
    fn a_split_without_its_first_shard_is_not_whole() {
        let missing = vec!["d/test/0000.parquet".to_owned()];
        assert_eq!(files(&["d/test/0001.parquet"], None, "test"), Err(Lack::Files { missing }));
    }

    #[test]
    fn a_partial_split_is_none() {
        let names = ["d/partial-train/0000.parquet"];
        assert!(matches!(files(&names, None, "train"), Err(Lack::Split { .. })));
    }
}
