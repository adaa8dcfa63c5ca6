//! Filters that Jinja has, or lm-evaluation-harness adds, and minijinja lacks
//! or defines otherwise.

use minijinja::{Environment, Error, ErrorKind, State, Value};
use regex::{Regex, RegexBuilder};

use super::display;
use super::value::to_json;
use crate::python::json::{Style, dumps};
use crate::python::text::strip;

/// The most bytes that a template's regular expression may compile to.
const REGEX_SIZE: usize = 1 << 20;

pub(super) fn register(environment: &mut Environment) {
    environment.add_filter("string", string);
    environment.add_filter("trim", trim);
    environment.add_filter("tojson", tojson);
    environment.add_filter("regex_replace", regex_replace);
}

/// Jinja's `string`: Python's `str`.
fn string(state: &State, value: &Value) -> Result<String, Error> {
    display::to_str(state, value)
}

/// Jinja's `trim`: Python's `str.strip`.
fn trim(state: &State, value: &Value, chars: Option<&str>) -> Result<String, Error> {
    let text = display::to_str(state, value)?;
    Ok(match chars {
        Some(chars) => text.trim_matches(|c| chars.contains(c)).to_owned(),
        None => strip(&text).to_owned(),
    })
}

/// Jinja's `tojson`: `json.dumps(value, sort_keys=True)` with `<`, `>`, `&`
/// and `'` escaped (`jinja2/utils.py`, `htmlsafe_json_dumps`).
fn tojson(state: &State, value: &Value, indent: Option<usize>) -> Result<String, Error> {
    let style = Style { indent, ensure_ascii: true, sort_keys: true };
    let text = dumps(&to_json(state, value, 0)?, style)
        .replace('<', "\\u003c")
        .replace('>', "\\u003e")
        .replace('&', "\\u0026")
        .replace('\'', "\\u0027");
    Ok(text)
}

/// lm-evaluation-harness's `regex_replace`: `re.sub(pattern, repl, string)`
/// (`lm_eval/utils.py`).
fn regex_replace(
    text: &str,
    pattern: &str,
    replacement: &str,
    count: Option<usize>,
) -> Result<String, Error> {
    let regex = RegexBuilder::new(pattern)
        .size_limit(REGEX_SIZE)
        .build()
        .map_err(|error| Error::new(ErrorKind::InvalidOperation, error.to_string()))?;
    let replacement = from_python(replacement)?;
    Ok(regex.replacen(text, count.unwrap_or(0), replacement.as_str()).into_owned())
}

/// Rewrites `\1` and `\g<name>` of a Python replacement as `${1}`, `${name}`.
fn from_python(replacement: &str) -> Result<String, Error> {
    let group = Regex::new(r"\\(?:([0-9]{1,2})|g<([A-Za-z0-9_]+)>)")
        .map_err(|error| Error::new(ErrorKind::InvalidOperation, error.to_string()))?;
    let escaped = replacement.replace('$', "$$");
    Ok(group.replace_all(&escaped, "$${$1$2}").into_owned())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::template::Templates;

    fn text(source: &str) -> String {
        let mut templates = Templates::new();
        templates.add("t", source).expect("compiles");
        let doc = json!({"a": "\u{1c} x \u{3000}", "m": {"b": "<ש>", "a": "it's"}});
        templates.render("t", doc.as_object().expect("an object")).expect("renders")
    }

    #[test]
    fn trims_as_python_does() {
        assert_eq!(text("[{{ a|trim }}]"), "[x]");
    }

    #[test]
    fn tojson_is_jinjas() {
        assert_eq!(text("{{ m|tojson }}"), r#"{"a": "it\u0027s", "b": "\u003c\u05e9\u003e"}"#);
    }

    #[test]
    fn regex_replace_takes_pythons_groups() {
        assert_eq!(text(r"{{ 'a-b c-d'|regex_replace('(\w)-(\w)', '\\2$\\1') }}"), "b$a d$c");
        assert_eq!(text(r"{{ 'aaa'|regex_replace('a', 'b', 2) }}"), "bba");
    }
}
