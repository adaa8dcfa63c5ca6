use std::path::{Path, PathBuf};

use indexmap::IndexMap;
use serde::Deserialize;

use super::error::ConfigError;
use harness_tasks::suggest::hint;

/// The contents of a `harness.toml`.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// Where benchmark files lie.
    #[serde(default)]
    pub data: DataSection,
    /// Checkpoints by alias, in the file's order.
    #[serde(default)]
    pub models: IndexMap<String, ModelSection>,
    /// The file itself; `None` when there is none.
    #[serde(skip)]
    pub path: Option<PathBuf>,
}

/// `[data]`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DataSection {
    /// Folder in hub layout, relative to the file.
    pub dir: Option<PathBuf>,
}

/// `[models.ALIAS]`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ModelSection {
    /// A folder relative to the file, or `org/name[@revision]`.
    pub source: String,
    /// base, cpt, sft, instruct or a word of the user's: where the checkpoint stands in training.
    pub stage: Option<String>,
    /// The lineage that it belongs to.
    pub family: Option<String>,
    /// Alias of the checkpoint that it was trained from.
    pub parent: Option<String>,
    /// Alias of the checkpoint that reports compare it with.
    pub compare_to: Option<String>,
    /// The trainer's log, a CSV file with columns `step` and `loss`, relative to the file; reports draw it.
    pub loss: Option<PathBuf>,
    /// Text of the token that starts a text without context, in place of BOS or EOS.
    pub prefix_token: Option<String>,
}

impl Config {
    /// Reads `path`, or `harness.toml` of the working folder when no path is given; an absent default is empty.
    ///
    /// # Errors
    /// [`ConfigError::Read`] or [`ConfigError::Parse`] with file, line and key.
    pub fn load(path: Option<&Path>) -> Result<Self, ConfigError> {
        let default = Path::new("harness.toml");
        let file = path.unwrap_or(default);
        match std::fs::read_to_string(file) {
            Ok(text) => Self::parse(&text, file),
            Err(error) if path.is_none() && error.kind() == std::io::ErrorKind::NotFound => {
                Ok(Self::default())
            }
            Err(source) => Err(ConfigError::Read { path: file.to_owned(), source }),
        }
    }

    /// Reads the text of the file `path`.
    ///
    /// # Errors
    /// As [`Config::load`].
    pub fn parse(text: &str, path: &Path) -> Result<Self, ConfigError> {
        let mut config: Self = parse(text, path)?;
        config.path = Some(path.to_owned());
        config.check_references()?;
        Ok(config)
    }

    /// A path of the file, seen from the working folder.
    pub fn relative(&self, path: &Path) -> PathBuf {
        match self.path.as_deref().and_then(Path::parent) {
            Some(folder) => folder.join(path),
            None => path.to_owned(),
        }
    }

    fn check_references(&self) -> Result<(), ConfigError> {
        for (alias, model) in &self.models {
            for (key, value) in [("parent", &model.parent), ("compare_to", &model.compare_to)] {
                let Some(value) = value else { continue };
                let reason = if value == alias {
                    "a model is not its own ancestor".to_owned()
                } else if self.models.contains_key(value) {
                    continue;
                } else {
                    format!("no such model{}", hint(value, self.models.keys().map(String::as_str)))
                };
                let path = self.path.clone().unwrap_or_default();
                return Err(ConfigError::Model {
                    path,
                    alias: alias.clone(),
                    key,
                    value: value.clone(),
                    reason,
                });
            }
        }
        Ok(())
    }
}

/// Reads TOML of the file `path`.
///
/// # Errors
/// [`ConfigError::Parse`] with file, line and key.
pub(crate) fn parse<T: serde::de::DeserializeOwned>(
    text: &str,
    path: &Path,
) -> Result<T, ConfigError> {
    toml::from_str(text).map_err(|error| at(text, path, &error))
}

fn at(text: &str, path: &Path, error: &toml::de::Error) -> ConfigError {
    let before = &text[..error.span().map_or(0, |span| span.start).min(text.len())];
    let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
    ConfigError::Parse {
        path: path.to_owned(),
        line: before.matches('\n').count() + 1,
        column: before[line_start..].chars().count() + 1,
        message: with_suggestion(error.message()),
    }
}

/// serde says ``unknown field `x`, expected one of `a`, `b` ``; the nearest of them is most likely meant.
fn with_suggestion(message: &str) -> String {
    let mut quoted = message.split('`').skip(1).step_by(2);
    match (message.starts_with("unknown field"), quoted.next()) {
        (true, Some(unknown)) => format!("{message}{}", hint(unknown, quoted)),
        _ => message.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<Config, String> {
        Config::parse(text, Path::new("conf/harness.toml")).map_err(|error| error.to_string())
    }

    #[test]
    fn the_template_is_valid_with_and_without_its_comments() {
        let template = super::super::TEMPLATE;
        assert!(parse(template).unwrap().models.is_empty());
        let is_setting = |text: &&str| text.starts_with('[') || text.contains(" = ");
        let uncomment = |line| str::strip_prefix(line, "# ").filter(is_setting).unwrap_or(line);
        let uncommented: Vec<&str> = template.lines().map(uncomment).collect();
        assert_eq!(parse(&uncommented.join("\n")).unwrap().models.len(), 2);
    }

    #[test]
    fn errors_name_file_line_key_and_a_remedy() {
        let text = "[models.base]\nsource = \"a\"\n\n[models.cpt]\nsorce = \"b\"\n";
        let error = parse(text).unwrap_err();
        assert!(error.starts_with("conf/harness.toml:5:1: unknown field `sorce`"), "{error}");
        assert!(error.ends_with("did you mean `source`?"), "{error}");
        let error = parse("[models.base\n").unwrap_err();
        assert!(error.starts_with("conf/harness.toml:1:"), "{error}");
        let error = parse("[models.cpt]\nsource='b'\nparent='bas'\n[models.base]\nsource='a'\n")
            .unwrap_err();
        assert!(
            error.contains("models.cpt.parent = \"bas\": no such model; did you mean `base`?"),
            "{error}"
        );
    }

    #[test]
    fn paths_are_relative_to_the_file() {
        let config = parse("[data]\ndir = 'd'").unwrap();
        assert_eq!(config.relative(config.data.dir.as_deref().unwrap()), Path::new("conf/d"));
    }
}
