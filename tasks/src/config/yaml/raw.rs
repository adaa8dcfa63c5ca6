//! From text to [`Node`]s.

use std::fmt;
use std::sync::Arc;

use serde::de::{Deserialize, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde_json::Value;
use serde_saphyr::budget::Budget;
use serde_saphyr::options::DuplicateKeyPolicy;
use serde_saphyr::{RenderOptions, SnippetMode, Spanned, Tagged};

use super::{Node, NodeValue, Position};
use crate::config::{ConfigError, Problem};

/// The largest task file that is read, in bytes.
const MAX_BYTES: usize = 4 << 20;
/// The most values in a task file, aliases expanded.
const MAX_NODES: usize = 100_000;

/// Parses one YAML document.
///
/// Aliases that expand without end and documents that are too large or too
/// deep are errors. Of a key that occurs twice the later value counts, as in
/// PyYAML, and a warning names both lines.
pub(crate) fn parse(text: &str, file: &Arc<str>) -> Result<Node, Vec<ConfigError>> {
    let at = |line| Position { file: Arc::clone(file), line };
    if text.len() > MAX_BYTES {
        let problem = Problem::TooLarge { bytes: text.len(), limit: MAX_BYTES };
        return Err(vec![ConfigError { at: at(1), problem }]);
    }
    let raw: Raw = serde_saphyr::from_str_with_options(text, options()).map_err(|error| {
        let line = error.location().map_or(1, |location| location.line() as usize);
        vec![ConfigError { at: at(line), problem: Problem::Yaml(message(&error)) }]
    })?;
    Ok(raw.place(&Source { text, file }))
}

fn options() -> serde_saphyr::Options {
    let mut budget = Budget::default();
    budget.max_nodes = MAX_NODES;
    budget.max_documents = 1;
    serde_saphyr::options! {
        budget: Some(budget),
        duplicate_keys: DuplicateKeyPolicy::PassThrough,
    }
}

fn message(error: &serde_saphyr::Error) -> String {
    let mut options = RenderOptions::default();
    options.snippets = SnippetMode::Off;
    let text = error.render_with_options(options);
    let text = text.lines().next().unwrap_or_default();
    let text = text.strip_prefix("error: ").unwrap_or(text);
    match text.split_once(": ") {
        Some((position, rest)) if position.starts_with("line ") => rest.to_owned(),
        _ => text.to_owned(),
    }
}

/// The text that a node stands in.
struct Source<'a> {
    text: &'a str,
    file: &'a Arc<str>,
}

/// A node before it knows its file.
struct Raw {
    line: usize,
    /// Where it is defined, in bytes.
    offset: Option<usize>,
    tag: Option<String>,
    value: RawValue,
}

enum RawValue {
    Scalar(Value),
    List(Vec<Raw>),
    Map(Vec<(Raw, Raw)>),
}

impl Raw {
    /// A mapping's key: `on`, `no` and their like are names, not booleans.
    fn name(mut self, source: &Source) -> Self {
        if let RawValue::Scalar(Value::Bool(_)) = self.value {
            let text = self.offset.and_then(|at| source.text.get(at..)).unwrap_or_default();
            let word: String = text.chars().take_while(|c| c.is_alphabetic()).collect();
            self.value = RawValue::Scalar(word.into());
        }
        self
    }

    fn place(self, source: &Source) -> Node {
        let value = match self.value {
            RawValue::Scalar(Value::Bool(flag)) => {
                NodeValue::Scalar(boolean(flag, source.text, self.offset))
            }
            RawValue::Scalar(value) => NodeValue::Scalar(value),
            RawValue::List(items) => {
                NodeValue::List(items.into_iter().map(|item| item.place(source)).collect())
            }
            RawValue::Map(entries) => NodeValue::Map(place_entries(entries, source)),
        };
        let at = Position { file: Arc::clone(source.file), line: self.line };
        Node { at, tag: self.tag, value }
    }
}

/// A plain `y` or `n` is a string to PyYAML, though YAML 1.1 has it a
/// boolean as `yes` and `no` are.
fn boolean(flag: bool, text: &str, offset: Option<usize>) -> Value {
    let mut chars = offset.and_then(|at| text.get(at..)).unwrap_or_default().chars();
    match chars.next() {
        Some(letter @ ('y' | 'Y' | 'n' | 'N'))
            if !chars.next().is_some_and(char::is_alphanumeric) =>
        {
            letter.to_string().into()
        }
        _ => flag.into(),
    }
}

fn place_entries(entries: Vec<(Raw, Raw)>, source: &Source) -> Vec<(Node, Node)> {
    let mut placed: Vec<(Node, Node)> = Vec::with_capacity(entries.len());
    for (key, value) in entries {
        let key = key.name(source).place(source);
        let value = value.place(source);
        let first = placed.iter().position(|(earlier, _)| earlier.key() == key.key());
        match first {
            Some(first) => {
                let (name, line) = (key.key(), placed[first].0.at.line);
                tracing::warn!(
                    "{}: key `{name}` occurs twice, first on line {line}; this one counts",
                    key.at
                );
                placed[first].1 = value;
            }
            None => placed.push((key, value)),
        }
    }
    placed
}

impl<'de> Deserialize<'de> for Raw {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let spanned = Spanned::<Tagged<RawValue>>::deserialize(deserializer)?;
        let Tagged(value, tag) = spanned.value;
        let offset = spanned.defined.span().byte_offset().and_then(|at| usize::try_from(at).ok());
        Ok(Self { line: spanned.referenced.line() as usize, offset, tag, value })
    }
}

impl<'de> Deserialize<'de> for RawValue {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(RawVisitor)
    }
}

struct RawVisitor;

impl<'de> Visitor<'de> for RawVisitor {
    type Value = RawValue;

    fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str("a YAML value")
    }

    fn visit_unit<E: Error>(self) -> Result<RawValue, E> {
        Ok(RawValue::Scalar(Value::Null))
    }

    fn visit_none<E: Error>(self) -> Result<RawValue, E> {
        self.visit_unit()
    }

    fn visit_bool<E: Error>(self, value: bool) -> Result<RawValue, E> {
        Ok(RawValue::Scalar(value.into()))
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<RawValue, E> {
        Ok(RawValue::Scalar(value.into()))
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<RawValue, E> {
        Ok(RawValue::Scalar(value.into()))
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<RawValue, E> {
        Ok(RawValue::Scalar(value.into()))
    }

    fn visit_str<E: Error>(self, value: &str) -> Result<RawValue, E> {
        Ok(RawValue::Scalar(value.into()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut access: A) -> Result<RawValue, A::Error> {
        let mut items = Vec::new();
        while let Some(item) = access.next_element()? {
            items.push(item);
        }
        Ok(RawValue::List(items))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut access: A) -> Result<RawValue, A::Error> {
        let mut entries = Vec::new();
        while let Some(entry) = access.next_entry()? {
            entries.push(entry);
        }
        Ok(RawValue::Map(entries))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn read(text: &str) -> Result<Node, String> {
        parse(text, &"t.yaml".into())
            .map_err(|errors| errors.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"))
    }

    #[test]
    fn values_tags_and_lines() {
        let node =
            read("a: !function x.y\nb:\n  - yes\n  - 1\n  - 0.5\nc: |\n  x\n").expect("parses");
        assert_eq!(node.to_json(), json!({"a": "!function x.y", "b": [true, 1, 0.5], "c": "x\n"}));
        let NodeValue::Map(entries) = &node.value else { panic!("a mapping") };
        assert_eq!(entries[0].1.function(), Some("x.y"));
        assert_eq!(entries[2].0.at.to_string(), "t.yaml:6");
    }

    #[test]
    fn aliases_and_merges_expand() {
        let node = read("x: &x {a: 1}\ny: *x\nz: {<<: *x, b: 2}\n").expect("parses");
        assert_eq!(node.to_json()["y"], json!({"a": 1}));
        assert_eq!(node.to_json()["z"]["a"], json!(1));
    }

    #[test]
    fn booleans_are_pyyamls() {
        let node =
            read("y: [yes, No, on, y, N, 'yes', \"n\", true]\nn: &a y\nm: *a\n").expect("parses");
        assert_eq!(
            node.to_json(),
            json!({"y": [true, false, true, "y", "N", "yes", "n", true], "n": "y", "m": "y"})
        );
        assert_eq!(read("{on: 1, no: 2}").expect("parses").to_json(), json!({"on": 1, "no": 2}));
    }

    #[test]
    fn of_duplicate_keys_the_later_counts() {
        let node = read("a: 1\nb: 2\na: 3\n").expect("parses");
        assert_eq!(node.to_json().to_string(), r#"{"a":3,"b":2}"#);
    }

    #[test]
    fn what_is_not_yaml_names_its_line() {
        let error = read("a: 1\n b: 2\n").expect_err("indentation");
        assert!(error.starts_with("t.yaml:2: not valid YAML: "), "{error}");
        assert!(!error.contains('\n'), "{error}");
    }

    #[test]
    fn bombs_are_refused() {
        let mut bomb = String::from("a0: &a0 [x, x, x, x, x, x, x, x, x]\n");
        for level in 1..12 {
            let last = vec![format!("*a{}", level - 1); 9].join(", ");
            bomb.push_str(&format!("a{level}: &a{level} [{last}]\n"));
        }
        assert!(read(&bomb).is_err());
        assert!(read(&"[".repeat(100_000)).is_err());
        assert!(
            read(&format!("a: {}", "x".repeat(MAX_BYTES))).expect_err("large").contains("bytes")
        );
    }
}
