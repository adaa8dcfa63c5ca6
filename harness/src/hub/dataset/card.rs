use serde_json::Value;

use super::lack::{Lack, choose_config};

/// What a dataset's card says about its files: the `configs` of README.md's front matter.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Card {
    pub(super) configs: Vec<Config>,
}

/// A configuration of a dataset.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Config {
    pub(super) name: String,
    /// Split and file patterns; empty where the files are inferred.
    pub(super) files: Vec<(String, Vec<String>)>,
    /// The folder that patterns are relative to.
    pub(super) folder: Option<String>,
    is_default: bool,
}

impl Card {
    /// Reads the YAML between the `---` lines that a README.md begins with.
    pub(super) fn parse(readme: &str) -> Result<Self, Lack> {
        let Some(front) = front_matter(readme) else {
            return Ok(Self::default());
        };
        let card = |reason| Lack::Card { reason };
        let yaml: Value =
            serde_saphyr::from_str(&front).map_err(|error| card(error.to_string()))?;
        let configs = match yaml.get("configs") {
            None | Some(Value::Null) => &Vec::new(),
            Some(Value::Array(configs)) => configs,
            Some(_) => return Err(card("`configs` is no list".to_owned())),
        };
        let configs: Option<Vec<Config>> = configs.iter().map(config).collect();
        let configs = configs.ok_or_else(|| {
            card(
                "`configs` has an entry without config_name, or data_files that are no paths"
                    .to_owned(),
            )
        })?;
        Ok(Self { configs })
    }

    /// The configuration that is meant; `None` if the card describes none at all.
    pub(super) fn config(&self, name: Option<&str>) -> Result<Option<&Config>, Lack> {
        if self.configs.is_empty() {
            return Ok(None);
        }
        let default = self.configs.iter().find(|config| config.is_default);
        if let (None, Some(default)) = (name, default) {
            return Ok(Some(default));
        }
        let known: Vec<&str> = self.configs.iter().map(|config| config.name.as_str()).collect();
        let name = choose_config(&known, name)?;
        Ok(self.configs.iter().find(|config| config.name == name))
    }
}

fn front_matter(readme: &str) -> Option<String> {
    let mut lines = readme.trim_start_matches('\u{feff}').lines();
    if lines.next()?.trim_end() != "---" {
        return None;
    }
    let mut front = String::new();
    for line in lines {
        if line.trim_end() == "---" {
            return Some(front);
        }
        front.push_str(line);
        front.push('\n');
    }
    None
}

fn config(entry: &Value) -> Option<Config> {
    Some(Config {
        name: scalar(entry.get("config_name")?)?,
        files: match entry.get("data_files") {
            None | Some(Value::Null) => Vec::new(),
            Some(files) => data_files(files)?,
        },
        folder: entry.get("data_dir").and_then(scalar),
        is_default: entry.get("default").and_then(Value::as_bool).unwrap_or(false),
    })
}

/// A pattern, a list of patterns, a list of `{split, path}`, or a map of splits to either of the first two.
fn data_files(value: &Value) -> Option<Vec<(String, Vec<String>)>> {
    match value {
        Value::Array(entries) if entries.iter().all(Value::is_object) => entries
            .iter()
            .map(|entry| Some((scalar(entry.get("split")?)?, patterns(entry.get("path")?)?)))
            .collect(),
        Value::Object(splits) => {
            splits.iter().map(|(split, files)| Some((split.clone(), patterns(files)?))).collect()
        }
        files => Some(vec![("train".to_owned(), patterns(files)?)]),
    }
}

fn patterns(value: &Value) -> Option<Vec<String>> {
    match value {
        Value::Array(items) => items.iter().map(scalar).collect(),
        item => Some(vec![scalar(item)?]),
    }
}

/// YAML reads `config_name: 2024` as a number.
fn scalar(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        Value::Bool(flag) => Some(flag.to_string()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn card(yaml: &str) -> Result<Card, Lack> {
        Card::parse(&format!("---\nlicense: mit\n{yaml}\n---\n# Title\nconfigs: no\n"))
    }

    fn files(yaml: &str) -> Vec<(String, Vec<String>)> {
        let card = card(&format!("configs:\n- config_name: a\n{yaml}")).unwrap();
        card.configs.into_iter().next().unwrap().files
    }

    fn split(name: &str, patterns: &[&str]) -> (String, Vec<String>) {
        (name.to_owned(), patterns.iter().map(|&pattern| pattern.to_owned()).collect())
    }

    #[test]
    fn every_spelling_of_data_files() {
        assert_eq!(files("  data_files: x.csv"), [split("train", &["x.csv"])]);
        assert_eq!(files("  data_files: [a, b]"), [split("train", &["a", "b"])]);
        assert_eq!(
            files(
                "  data_files:\n  - split: test\n    path: t-*\n  - split: dev\n    path: [a, b]"
            ),
            [split("test", &["t-*"]), split("dev", &["a", "b"])]
        );
        assert_eq!(
            files("  data_files: {test: t, dev: [d]}"),
            [split("test", &["t"]), split("dev", &["d"])]
        );
        assert_eq!(files("  data_dir: d"), []);
    }

    #[test]
    fn the_default_is_marked_or_named_or_alone() {
        let card =
            card("configs:\n- config_name: 2024\n- {config_name: b, default: true}").unwrap();
        let name = |config| card.config(config).map(|config| config.map(|c| c.name.as_str()));
        assert_eq!(name(None), Ok(Some("b")));
        assert_eq!(name(Some("2024")), Ok(Some("2024")));
        assert!(matches!(name(Some("x")), Err(Lack::Config { known }) if known == ["2024", "b"]));
    }

    #[test]
    fn cards_without_configs_and_broken_ones() {
        for readme in ["", "# Title", "---\nlicense: mit\n---\n", "---\nunfinished: true\n"] {
            assert_eq!(Card::parse(readme), Ok(Card::default()), "{readme}");
        }
        for yaml in [
            "configs: 1",
            "configs: [1]",
            "a: [",
            "configs: [{config_name: a, data_files: {x: {}}}]",
        ] {
            assert!(matches!(card(yaml), Err(Lack::Card { .. })), "{yaml}");
        }
    }
}
