use std::path::Path;

use super::error::ConfigError;
use super::file::{Config, ModelSection};
use harness_tasks::suggest::hint;

/// A checkpoint to evaluate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ModelChoice {
    /// Name in the record and in reports.
    pub alias: String,
    /// What is known of it; `source` is a folder seen from the working folder, or a name on the hub.
    pub model: ModelSection,
}

/// Resolves `--models`: aliases of the file, `alias=SOURCE`, folders and hub names; all of the file's when empty.
///
/// # Errors
/// [`ConfigError::UnknownModel`] with what was most likely meant, [`ConfigError::DuplicateAlias`],
/// [`ConfigError::NoModels`].
pub fn choose_models(config: &Config, names: &[String]) -> Result<Vec<ModelChoice>, ConfigError> {
    let every: Vec<String> = config.models.keys().cloned().collect();
    let names = if names.is_empty() { &every } else { names };
    let mut chosen: Vec<ModelChoice> = Vec::new();
    for name in names {
        let choice = choose(config, name)?;
        if chosen.iter().any(|known| known.alias == choice.alias) {
            return Err(ConfigError::DuplicateAlias(choice.alias));
        }
        chosen.push(choice);
    }
    if chosen.is_empty() { Err(ConfigError::NoModels) } else { Ok(chosen) }
}

fn choose(config: &Config, name: &str) -> Result<ModelChoice, ConfigError> {
    if let Some(model) = config.models.get(name) {
        let mut model = model.clone();
        let folder = config.relative(Path::new(&model.source));
        if !is_hub_name(&model.source) || folder.exists() {
            model.source = folder.to_string_lossy().into_owned();
        }
        model.loss = model.loss.map(|path| config.relative(&path));
        return Ok(ModelChoice { alias: name.to_owned(), model });
    }
    let (alias, source) = match name.split_once('=') {
        Some((alias, source)) => (alias.to_owned(), source),
        None if Path::new(name).is_dir() => (folder_name(name), name),
        None if is_hub_name(name) => (name.to_owned(), name),
        None => return Err(unknown(config, name)),
    };
    Ok(ModelChoice {
        alias,
        model: ModelSection { source: source.to_owned(), ..ModelSection::default() },
    })
}

fn folder_name(path: &str) -> String {
    let name = |path: &Path| path.file_name().map(|name| name.to_string_lossy().into_owned());
    let path = Path::new(path);
    name(path).or_else(|| name(&path.canonicalize().ok()?)).unwrap_or_else(|| "model".to_owned())
}

/// `org/name[@revision]`: exactly one slash, and neither part looks like a path.
fn is_hub_name(source: &str) -> bool {
    let name = source.split_once('@').map_or(source, |(name, _)| name);
    let allowed = |part: &str| {
        !part.is_empty()
            && !part.starts_with('.')
            && part.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.'))
    };
    name.split_once('/').is_some_and(|(owner, name)| allowed(owner) && allowed(name))
}

fn unknown(config: &Config, name: &str) -> ConfigError {
    let aliases: Vec<&str> = config.models.keys().map(String::as_str).collect();
    let known = match (&config.path, aliases.is_empty()) {
        (Some(path), false) => format!("{} has {}", path.display(), aliases.join(", ")),
        (Some(path), true) => format!("{} lists no models", path.display()),
        (None, _) => "there is no harness.toml here (`harness init` writes one)".to_owned(),
    };
    let suggestion = hint(name, aliases.iter().copied());
    let known = format!("{known}; a folder, alias=SOURCE or org/name[@revision] would do too");
    ConfigError::UnknownModel { name: name.to_owned(), suggestion, known }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn config() -> Config {
        let text = "[models.base]\nsource = 'm/base'\nstage = 'base'\n[models.hub]\nsource = 'org/name@main'\n";
        Config::parse(text, Path::new("conf/harness.toml")).unwrap()
    }

    fn names(names: &[&str]) -> Vec<String> {
        names.iter().map(|&name| name.to_owned()).collect()
    }

    #[test]
    fn aliases_sources_and_hub_names() {
        let chosen =
            choose_models(&config(), &names(&["hub", "x=some/dir/deep", "a/b@r"])).unwrap();
        let sources: Vec<_> =
            chosen.iter().map(|c| (c.alias.as_str(), c.model.source.as_str())).collect();
        assert_eq!(sources, [("hub", "org/name@main"), ("x", "some/dir/deep"), ("a/b@r", "a/b@r")]);
        assert_eq!(choose_models(&config(), &[]).unwrap().len(), 2);
    }

    #[test]
    fn unknown_names_are_explained() {
        let error = choose_models(&config(), &names(&["bsae"])).unwrap_err().to_string();
        assert!(error.starts_with("unknown model `bsae`; did you mean `base`?"), "{error}");
        let error = choose_models(&config(), &names(&["hub", "hub=x"])).unwrap_err();
        assert!(matches!(error, ConfigError::DuplicateAlias(alias) if alias == "hub"));
        assert!(matches!(choose_models(&Config::default(), &[]), Err(ConfigError::NoModels)));
    }
}
