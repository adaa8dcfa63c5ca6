//! From a task file to a task.

use serde_json::Value;

use crate::config::{
    Choices, ConfigErrors, Field, FunctionName, Node, Problem, Sampler, TaskConfig,
};
use crate::config::{ConfigError, Position};
use crate::doc::sha256_hex;
use crate::functions::{self, Kind};
use crate::scoring::Scoring;
use crate::template::Templates;

/// A benchmark that can be asked and scored.
///
/// Everything that its file says has been checked: templates compile and
/// functions exist.
#[derive(Debug)]
pub struct Task {
    pub(crate) config: TaskConfig,
    pub(crate) templates: Templates,
    pub(crate) scoring: Scoring,
    digest: String,
}

impl Task {
    /// Builds a task of its mapping, includes merged.
    ///
    /// # Errors
    /// Every mistake with file, line, key and what to do.
    pub fn build(node: Node) -> Result<Self, ConfigErrors> {
        let lines = Lines::of(&node);
        let config = TaskConfig::read(node)?;
        let mut errors = Vec::new();
        let templates = compile(&config, &lines, &mut errors);
        check_functions(&config, &lines, &mut errors);
        let scoring = compile_scoring(&config, &lines, &mut errors);
        let Some(scoring) = scoring.filter(|_| errors.is_empty()) else {
            return Err(ConfigErrors(errors));
        };
        let digest = sha256_hex(&Value::Object(config.to_json()).to_string());
        Ok(Self { config, templates, scoring, digest })
    }

    /// SHA-256 of the resolved configuration, in hexadecimal digits.
    #[must_use]
    pub fn digest(&self) -> String {
        self.digest.clone()
    }
}

/// Where the top-level keys of a file stand.
struct Lines {
    start: Position,
    keys: Vec<(String, Position)>,
}

impl Lines {
    fn of(node: &Node) -> Self {
        let keys = match &node.value {
            crate::config::NodeValue::Map(entries) => {
                entries.iter().map(|(key, _)| (key.key(), key.at.clone())).collect()
            }
            _ => Vec::new(),
        };
        Self { start: node.at.clone(), keys }
    }

    /// The line of a key, or of the top-level key that holds it.
    fn line(&self, key: &str) -> Position {
        let top = key.split('.').next().unwrap_or(key);
        let found = self.keys.iter().find(|(name, _)| name == top);
        found.map_or_else(|| self.start.clone(), |(_, at)| at.clone())
    }
}

/// The keys of a task that hold templates, and the templates.
fn sources(config: &TaskConfig) -> Vec<(&'static str, &str)> {
    let shots = &config.fewshot_config;
    let fields = [
        ("doc_to_text", &config.doc_to_text),
        ("doc_to_target", &config.doc_to_target),
        ("fewshot_config.doc_to_text", &shots.doc_to_text),
        ("fewshot_config.doc_to_target", &shots.doc_to_target),
    ];
    let choices = [
        ("doc_to_choice", &config.doc_to_choice),
        ("fewshot_config.doc_to_choice", &shots.doc_to_choice),
    ];
    let texts = [
        ("description", Some(&config.description)),
        ("gen_prefix", config.gen_prefix.as_ref()),
        ("fewshot_config.gen_prefix", shots.gen_prefix.as_ref()),
        ("metadata.cluster", config.metadata.cluster.as_ref()),
    ];
    let mut found = Vec::new();
    found.extend(fields.into_iter().filter_map(|(key, field)| match field {
        Some(Field::Template(source)) => Some((key, source.as_str())),
        _ => None,
    }));
    found.extend(choices.into_iter().filter_map(|(key, choices)| match choices {
        Some(Choices::Template(source)) => Some((key, source.as_str())),
        _ => None,
    }));
    found.extend(texts.into_iter().filter_map(|(key, text)| Some((key, text?.as_str()))));
    found
}

fn compile(config: &TaskConfig, lines: &Lines, errors: &mut Vec<ConfigError>) -> Templates {
    let mut templates = Templates::new();
    for (key, source) in sources(config) {
        if let Err(error) = templates.add(key, source) {
            let problem = Problem::Template { key: key.to_owned(), error };
            errors.push(ConfigError { at: lines.line(key), problem });
        }
    }
    templates
}

/// `None` if it added to `errors`.
fn compile_scoring(
    config: &TaskConfig,
    lines: &Lines,
    errors: &mut Vec<ConfigError>,
) -> Option<Scoring> {
    let refused = match Scoring::compile(config) {
        Ok(scoring) => return Some(scoring),
        Err(refused) => refused,
    };
    errors.extend(refused.into_iter().map(|error| {
        let problem = Problem::Value { key: error.key().to_owned(), advice: error.to_string() };
        ConfigError { at: lines.line(error.key()), problem }
    }));
    None
}

fn check_functions(config: &TaskConfig, lines: &Lines, errors: &mut Vec<ConfigError>) {
    for (key, FunctionName(name), kind) in named_functions(config) {
        if !functions::names(kind).contains(&name.as_str()) {
            let problem =
                Problem::Function { key: key.to_owned(), advice: functions::explain(name, kind) };
            errors.push(ConfigError { at: lines.line(key), problem });
        }
    }
}

fn named_functions(config: &TaskConfig) -> Vec<(&'static str, &FunctionName, Kind)> {
    let shots = &config.fewshot_config;
    let text = |field| match field {
        &Some(Field::Function(ref name)) => Some(name),
        _ => None,
    };
    let choice = |choices| match choices {
        &Some(Choices::Function(ref name)) => Some(name),
        _ => None,
    };
    let sampler = match &shots.sampler {
        Sampler::Function(name) => Some(name),
        _ => None,
    };
    let all = [
        ("process_docs", config.process_docs.as_ref(), Kind::Docs),
        ("fewshot_config.process_docs", shots.process_docs.as_ref(), Kind::Docs),
        ("doc_to_text", text(&config.doc_to_text), Kind::Text),
        ("doc_to_target", text(&config.doc_to_target), Kind::Text),
        ("doc_to_choice", choice(&config.doc_to_choice), Kind::Text),
        ("fewshot_config.doc_to_text", text(&shots.doc_to_text), Kind::Text),
        ("fewshot_config.doc_to_target", text(&shots.doc_to_target), Kind::Text),
        ("fewshot_config.doc_to_choice", choice(&shots.doc_to_choice), Kind::Text),
        ("fewshot_config.sampler", sampler, Kind::Sampler),
    ];
    all.into_iter().filter_map(|(key, name, kind)| Some((key, name?, kind))).collect()
}
