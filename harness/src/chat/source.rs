use std::fs::File;
use std::io::{ErrorKind, Read};
use std::path::{Path, PathBuf};

use serde_json::{Map, Value};
use sha2::{Digest, Sha256};

use super::ChatError;

/// The longest known templates have 30 KB; the depth that a template can nest to grows with its length.
const LONGEST_TEMPLATE: u64 = 128 << 10;
/// tokenizer_config.json may hold a vocabulary of added tokens beside the template.
const LONGEST_CONFIG: u64 = 64 << 20;

const SPECIAL_TOKENS: [&str; 7] =
    ["bos_token", "eos_token", "unk_token", "sep_token", "pad_token", "cls_token", "mask_token"];

/// A checkpoint's template as it is written, and the special tokens that it may use.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Source {
    pub(super) text: String,
    pub(super) path: PathBuf,
    pub(super) tokens: Map<String, Value>,
}

impl Source {
    /// chat_template.jinja, else `chat_template` of tokenizer_config.json: one template, or the one named `default`
    /// of several.
    pub(super) fn find(folder: &Path) -> Result<Option<Self>, ChatError> {
        let path = folder.join("tokenizer_config.json");
        let config = config(&path)?;
        let jinja = folder.join("chat_template.jinja");
        let (text, path) = match read(&jinja, LONGEST_TEMPLATE)? {
            // Python reads text files with universal newlines.
            Some(text) => (Some(text.replace("\r\n", "\n").replace('\r', "\n")), jinja),
            None => (from_config(&config, &path)?, path),
        };
        if text.as_ref().is_some_and(|text| text.len() as u64 > LONGEST_TEMPLATE) {
            let reason = format!("chat_template is longer than {LONGEST_TEMPLATE} bytes");
            return Err(file_error(&path, reason));
        }
        let tokens = tokens(&config);
        Ok(text.map(|text| Self { text, path, tokens }))
    }

    /// SHA-256 of the template, as results files call it `chat_template_sha`.
    pub(super) fn digest(&self) -> String {
        let digest = Sha256::digest(&self.text);
        digest.iter().map(|byte| format!("{byte:02x}")).collect()
    }
}

fn config(path: &Path) -> Result<Value, ChatError> {
    let Some(text) = read(path, LONGEST_CONFIG)? else {
        return Ok(Value::Null);
    };
    serde_json::from_str(&text).map_err(|error| file_error(path, format!("not JSON: {error}")))
}

fn read(path: &Path, longest: u64) -> Result<Option<String>, ChatError> {
    let failed = |error: std::io::Error| file_error(path, error.to_string());
    let file = match File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(failed(error)),
    };
    let mut text = String::new();
    file.take(longest + 1).read_to_string(&mut text).map_err(failed)?;
    if text.len() as u64 > longest {
        return Err(file_error(path, format!("longer than {longest} bytes")));
    }
    Ok(Some(text))
}

fn from_config(config: &Value, path: &Path) -> Result<Option<String>, ChatError> {
    let named = match config.get("chat_template") {
        None | Some(Value::Null) => return Ok(None),
        Some(Value::String(text)) => return Ok(Some(text.clone())),
        Some(Value::Array(named)) => named,
        Some(_) => {
            let reason = "chat_template is neither a text nor a list of {name, template}";
            return Err(file_error(path, reason.to_owned()));
        }
    };
    let text = |entry: &Value, key: &str| Some(entry.get(key)?.as_str()?.to_owned());
    let default = named.iter().find(|entry| text(entry, "name").as_deref() == Some("default"));
    match default.and_then(|entry| text(entry, "template")) {
        Some(template) => Ok(Some(template)),
        None => {
            let names: Vec<String> = named.iter().filter_map(|entry| text(entry, "name")).collect();
            Err(file_error(
                path,
                format!(
                    "chat_template has no template named `default`, only {}; save the right one as chat_template.jinja",
                    names.join(", ")
                ),
            ))
        }
    }
}

/// Special tokens are spelled as texts or as objects with `content`; those that are null are not defined at all.
fn tokens(config: &Value) -> Map<String, Value> {
    let text = |value: &Value| {
        let text = value.as_str().or_else(|| value.get("content")?.as_str());
        text.map(|text| Value::String(text.to_owned()))
    };
    let named = SPECIAL_TOKENS.iter().filter_map(|&name| Some((name, text(config.get(name)?)?)));
    let mut tokens: Map<String, Value> =
        named.map(|(name, value)| (name.to_owned(), value)).collect();
    if let Some(Value::Array(more)) = config.get("additional_special_tokens") {
        let more = more.iter().filter_map(text).collect();
        tokens.insert("additional_special_tokens".to_owned(), more);
    }
    tokens
}

fn file_error(path: &Path, reason: String) -> ChatError {
    ChatError::File { path: path.to_owned(), reason }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn find(files: &[(&str, &str)]) -> Result<Option<Source>, ChatError> {
        let folder = tempfile::tempdir().unwrap();
        for (name, text) in files {
            std::fs::write(folder.path().join(name), text).unwrap();
        }
        Source::find(folder.path())
    }

    fn text(files: &[(&str, &str)]) -> Option<String> {
        find(files).unwrap().map(|source| source.text)
    }

    const CONFIG: &str = "tokenizer_config.json";
    const JINJA: &str = "chat_template.jinja";

    #[test]
    fn the_file_goes_before_the_config() {
        let config = (CONFIG, r#"{"chat_template": "from config\r\n"}"#);
        assert_eq!(text(&[config, (JINJA, "a\r\nb\rc")]).as_deref(), Some("a\nb\nc"));
        assert_eq!(text(&[config]).as_deref(), Some("from config\r\n"));
        assert_eq!(text(&[(CONFIG, r#"{"chat_template": null}"#)]), None);
        assert_eq!(text(&[]), None);
    }

    #[test]
    fn of_several_templates_the_default_is_taken() {
        let list = |name: &str| {
            format!(
                r#"{{"chat_template": [{{"name": "rag", "template": "r"}}, {{"name": "{name}", "template": "d"}}]}}"#
            )
        };
        assert_eq!(text(&[(CONFIG, &list("default"))]).as_deref(), Some("d"));
        let error = find(&[(CONFIG, &list("tool_use"))]).unwrap_err().to_string();
        assert!(error.contains("only rag, tool_use"), "{error}");
    }

    #[test]
    fn tokens_are_texts_or_objects() {
        let config = r#"{"bos_token": {"content": "<s>"}, "eos_token": "</s>", "pad_token": null,
            "additional_special_tokens": ["<a>"], "chat_template": "x"}"#;
        let source = find(&[(CONFIG, config)]).unwrap().unwrap();
        let expected = serde_json::json!({
            "bos_token": "<s>", "eos_token": "</s>", "additional_special_tokens": ["<a>"]
        });
        assert_eq!(Value::Object(source.tokens), expected);
    }

    #[test]
    fn unusable_files_are_named() {
        for (name, content) in [
            (CONFIG, "{"),
            (CONFIG, r#"{"chat_template": 1}"#),
            (JINJA, &"x".repeat(1 + (128 << 10))),
            (CONFIG, &format!(r#"{{"chat_template": "{}"}}"#, "x".repeat(1 + (128 << 10)))),
        ] {
            let error = find(&[(name, content)]).unwrap_err().to_string();
            assert!(error.contains(name), "{error}");
        }
    }

    /// `printf x | sha256sum`
    #[test]
    fn the_digest_is_of_the_text() {
        let source = find(&[(JINJA, "x")]).unwrap().unwrap();
        assert_eq!(
            source.digest(),
            "2d711642b726b04401627ca9fbac32f5c8530fb1903cc4db02258717921a4881"
        );
    }
}
