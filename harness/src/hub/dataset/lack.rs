use super::super::HubError;
use super::super::repository::Repository;

/// Why a repository's files do not make up a split.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Lack {
    /// No such configuration; or none was named, and none is the default.
    Config { known: Vec<String> },
    /// No such split.
    Split { known: Vec<String> },
    /// Some of the split's files.
    Files { missing: Vec<String> },
    /// Files, but of a format that is not read.
    Format { file: String },
    /// A card that cannot be understood.
    Card { reason: String },
}

impl Lack {
    /// The error of a repository on the hub.
    pub(super) fn error(
        &self,
        repository: &Repository,
        config: Option<&str>,
        split: &str,
    ) -> HubError {
        let reason = match self {
            Self::Config { known } => config_reason(config, known),
            Self::Split { known } if known.is_empty() => format!("has no files of split {split:?}"),
            Self::Split { known } => {
                format!("has no split {split:?}; it has {}", known.join(", "))
            }
            Self::Files { missing } => format!("lacks {}", missing.join(", ")),
            Self::Format { file } => format!(
                "has split {split:?} as {file}, which is not read; convert it to parquet or jsonl and give --data-dir"
            ),
            Self::Card { reason } => format!("README.md: {reason}"),
        };
        HubError::Unusable { repository: repository.to_string(), reason }
    }
}

fn config_reason(config: Option<&str>, known: &[String]) -> String {
    match (config, known) {
        (_, []) => {
            "has no data files (a loading script is never run); give --data-dir instead".to_owned()
        }
        (Some(config), _) => format!("has no config {config:?}; it has {}", known.join(", ")),
        (None, _) => {
            format!("has several configs; set `dataset_name` to one of {}", known.join(", "))
        }
    }
}

/// The configuration that is meant: the named one; else `default`; else the only one.
pub(super) fn choose_config<'a>(known: &[&'a str], config: Option<&str>) -> Result<&'a str, Lack> {
    let named = config.unwrap_or("default");
    let found = known.iter().find(|name| **name == named);
    match (found, config, known) {
        (Some(name), ..) => Ok(name),
        (None, None | Some("default"), [only]) => Ok(only),
        _ => Err(Lack::Config { known: known.iter().map(|&name| name.to_owned()).collect() }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_default_config_is_default_or_the_only_one() {
        assert_eq!(choose_config(&["a", "default"], None), Ok("default"));
        assert_eq!(choose_config(&["a"], None), Ok("a"));
        assert_eq!(choose_config(&["a", "b"], Some("b")), Ok("b"));
        assert!(choose_config(&["a", "b"], None).is_err());
        assert!(choose_config(&["a"], Some("b")).is_err());
    }

    #[test]
    fn errors_tell_what_there_is() {
        let repository = Repository::dataset("o/n", None).unwrap();
        let text = |lack: Lack, config| lack.error(&repository, config, "test").to_string();
        let known = || vec!["he".to_owned(), "ja".to_owned()];
        assert_eq!(
            text(Lack::Config { known: known() }, Some("x")),
            "o/n: has no config \"x\"; it has he, ja"
        );
        assert!(text(Lack::Config { known: known() }, None).contains("`dataset_name`"));
        assert!(text(Lack::Config { known: Vec::new() }, None).contains("--data-dir"));
        assert!(text(Lack::Split { known: known() }, None).contains("it has he, ja"));
    }
}
