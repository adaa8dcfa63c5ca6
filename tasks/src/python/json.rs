//! `json.dumps`, byte for byte.

use serde_json::Value;

use super::number::float_repr;

/// The arguments of `json.dumps` that change its bytes.
#[derive(Clone, Copy, Debug, Default)]
pub struct Style {
    /// Spaces a level; `None` keeps everything on one line.
    pub indent: Option<usize>,
    /// Whether everything beyond ASCII is escaped.
    pub ensure_ascii: bool,
    /// Whether keys are sorted.
    pub sort_keys: bool,
}

/// Python's `json.dumps(value, ...)`.
#[must_use]
pub fn dumps(value: &Value, style: Style) -> String {
    let mut writer = Writer { out: String::new(), style };
    writer.value(value, 0);
    writer.out
}

struct Writer {
    out: String,
    style: Style,
}

impl Writer {
    fn value(&mut self, value: &Value, depth: usize) {
        match value {
            Value::Null => self.out.push_str("null"),
            Value::Bool(flag) => self.out.push_str(if *flag { "true" } else { "false" }),
            Value::Number(number) => self.number(number),
            Value::String(text) => self.string(text),
            Value::Array(items) if items.is_empty() => self.out.push_str("[]"),
            Value::Array(items) => self.list(items, depth),
            Value::Object(fields) if fields.is_empty() => self.out.push_str("{}"),
            Value::Object(fields) => self.object(fields, depth),
        }
    }

    fn number(&mut self, number: &serde_json::Number) {
        match number.as_f64() {
            Some(float) if number.is_f64() => self.out.push_str(&float_repr(float)),
            _ => self.out.push_str(&number.to_string()),
        }
    }

    fn list(&mut self, items: &[Value], depth: usize) {
        self.out.push('[');
        for (at, item) in items.iter().enumerate() {
            self.separate(at, depth + 1);
            self.value(item, depth + 1);
        }
        self.close(depth);
        self.out.push(']');
    }

    fn object(&mut self, fields: &serde_json::Map<String, Value>, depth: usize) {
        let mut entries: Vec<_> = fields.iter().collect();
        if self.style.sort_keys {
            entries.sort_by_key(|(key, _)| *key);
        }
        self.out.push('{');
        for (at, (key, item)) in entries.into_iter().enumerate() {
            self.separate(at, depth + 1);
            self.string(key);
            self.out.push_str(": ");
            self.value(item, depth + 1);
        }
        self.close(depth);
        self.out.push('}');
    }

    fn separate(&mut self, at: usize, depth: usize) {
        if at > 0 {
            self.out.push(',');
        }
        match self.style.indent {
            Some(width) => self.line(width * depth),
            None if at > 0 => self.out.push(' '),
            None => {}
        }
    }

    fn close(&mut self, depth: usize) {
        if let Some(width) = self.style.indent {
            self.line(width * depth);
        }
    }

    fn line(&mut self, spaces: usize) {
        self.out.push('\n');
        self.out.extend(std::iter::repeat_n(' ', spaces));
    }

    fn string(&mut self, text: &str) {
        self.out.push('"');
        for c in text.chars() {
            self.char(c);
        }
        self.out.push('"');
    }

    fn char(&mut self, c: char) {
        match c {
            '"' => self.out.push_str("\\\""),
            '\\' => self.out.push_str("\\\\"),
            '\n' => self.out.push_str("\\n"),
            '\r' => self.out.push_str("\\r"),
            '\t' => self.out.push_str("\\t"),
            '\u{8}' => self.out.push_str("\\b"),
            '\u{c}' => self.out.push_str("\\f"),
            c if c < ' ' || self.must_escape(c) => self.escape(c),
            c => self.out.push(c),
        }
    }

    fn must_escape(&self, c: char) -> bool {
        self.style.ensure_ascii && !(' '..='~').contains(&c)
    }

    fn escape(&mut self, c: char) {
        let mut units = [0; 2];
        for unit in c.encode_utf16(&mut units) {
            self.out.push_str(&format!("\\u{unit:04x}"));
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn one_line_and_indented() {
        let value = json!({"b": [1, 2.0, {}], "a": "ש\u{1f600}\u{1}\u{7f}\"", "c": []});
        assert_eq!(
            dumps(&value, Style::default()),
            "{\"b\": [1, 2.0, {}], \"a\": \"ש\u{1f600}\\u0001\u{7f}\\\"\", \"c\": []}"
        );
        assert_eq!(
            dumps(&value, Style { indent: Some(2), ..Style::default() }),
            "{\n  \"b\": [\n    1,\n    2.0,\n    {}\n  ],\n  \"a\": \"ש\u{1f600}\\u0001\u{7f}\\\"\",\n  \"c\": []\n}"
        );
    }

    #[test]
    fn ascii_and_sorted() {
        let style = Style { ensure_ascii: true, sort_keys: true, indent: None };
        let value = json!({"b": "ש\u{1f600}\u{7f}", "a": null});
        assert_eq!(dumps(&value, style), r#"{"a": null, "b": "\u05e9\ud83d\ude00\u007f"}"#);
    }
}
