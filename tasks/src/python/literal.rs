//! `ast.literal_eval`, for the values that templates print.
//!
//! lm-evaluation-harness renders a list with Jinja, which prints Python's
//! `repr`, and reads it back with `ast.literal_eval`. Strings with all their
//! quotes and escapes, numbers, `None`, `True`, `False`, lists, tuples and
//! dictionaries are read; bytes, sets and expressions are not.

use serde_json::{Map, Number, Value};

/// How deep lists may nest; Python's own parser stops at 200.
const MAX_DEPTH: usize = 64;

/// Reads one Python literal; tuples become lists. `None` if the text is
/// anything else.
#[must_use]
pub fn literal_eval(text: &str) -> Option<Value> {
    let text = text.trim_start_matches([' ', '\t']);
    let mut reader = Reader { rest: text };
    let value = reader.value(0)?;
    reader.space();
    reader.rest.is_empty().then_some(value)
}

struct Reader<'a> {
    rest: &'a str,
}

impl Reader<'_> {
    fn value(&mut self, depth: usize) -> Option<Value> {
        self.space();
        match self.peek()? {
            _ if depth > MAX_DEPTH => None,
            '[' => self.sequence('[', ']', depth).map(|(items, _)| Value::Array(items)),
            '(' => self.parenthesis(depth),
            '{' => self.dictionary(depth).map(Value::Object),
            '\'' | '"' => self.strings().map(Value::String),
            c if c.is_ascii_digit() || "+-.".contains(c) => self.number(),
            c if c.is_ascii_alphabetic() => self.word(),
            _ => None,
        }
    }

    fn peek(&self) -> Option<char> {
        self.rest.chars().next()
    }

    fn space(&mut self) {
        self.rest = self.rest.trim_start_matches([' ', '\t', '\n', '\r', '\u{c}']);
    }

    fn take(&mut self, expected: &str) -> Option<()> {
        self.rest = self.rest.strip_prefix(expected)?;
        Some(())
    }

    /// Items up to `close`, and whether a comma came last.
    fn sequence(&mut self, open: char, close: char, depth: usize) -> Option<(Vec<Value>, bool)> {
        self.rest = self.rest.strip_prefix(open)?;
        let mut items = Vec::new();
        let mut comma = true;
        loop {
            self.space();
            if let Some(rest) = self.rest.strip_prefix(close) {
                self.rest = rest;
                return Some((items, comma));
            }
            if !comma {
                return None;
            }
            items.push(self.value(depth + 1)?);
            comma = self.comma();
        }
    }

    fn comma(&mut self) -> bool {
        self.space();
        let Some(rest) = self.rest.strip_prefix(',') else {
            return false;
        };
        self.rest = rest;
        true
    }

    /// `(x)` is x, `(x,)` and `()` are tuples.
    fn parenthesis(&mut self, depth: usize) -> Option<Value> {
        let (mut items, comma) = self.sequence('(', ')', depth)?;
        if items.len() == 1 && !comma { items.pop() } else { Some(Value::Array(items)) }
    }

    fn dictionary(&mut self, depth: usize) -> Option<Map<String, Value>> {
        self.take("{")?;
        let mut fields = Map::new();
        let mut comma = true;
        loop {
            self.space();
            if self.take("}").is_some() {
                return Some(fields);
            }
            if !comma {
                return None;
            }
            let Value::String(key) = self.value(depth + 1)? else {
                return None;
            };
            self.space();
            self.take(":")?;
            fields.insert(key, self.value(depth + 1)?);
            comma = self.comma();
        }
    }

    fn word(&mut self) -> Option<Value> {
        let words = [("None", Value::Null), ("True", true.into()), ("False", false.into())];
        for (word, value) in words {
            let Some(rest) = self.rest.strip_prefix(word) else {
                continue;
            };
            let ends = !rest.starts_with(|c: char| c.is_alphanumeric() || c == '_');
            self.rest = rest;
            return ends.then_some(value);
        }
        self.strings().map(Value::String)
    }

    fn number(&mut self) -> Option<Value> {
        let length = self.rest.find(|c: char| !(c.is_ascii_alphanumeric() || "+-._".contains(c)));
        let (text, rest) = self.rest.split_at(length.unwrap_or(self.rest.len()));
        self.rest = rest;
        parse_number(text)
    }

    /// Adjacent string literals are one string.
    fn strings(&mut self) -> Option<String> {
        let mut out = String::new();
        let mut any = false;
        while self.rest.starts_with(['\'', '"', 'r', 'R', 'u', 'U']) {
            self.string(&mut out)?;
            self.space();
            any = true;
        }
        any.then_some(out)
    }

    fn string(&mut self, out: &mut String) -> Option<()> {
        let raw = self.rest.starts_with(['r', 'R']);
        self.rest = self.rest.trim_start_matches(['r', 'R', 'u', 'U']);
        let quote =
            ["'''", "\"\"\"", "'", "\""].into_iter().find(|quote| self.rest.starts_with(quote))?;
        self.take(quote)?;
        while self.take(quote).is_none() {
            self.string_char(quote.len() == 1, raw, out)?;
        }
        Some(())
    }

    fn string_char(&mut self, one_line: bool, raw: bool, out: &mut String) -> Option<()> {
        let c = self.peek()?;
        self.rest = &self.rest[c.len_utf8()..];
        match c {
            '\n' | '\r' if one_line => None,
            '\\' if raw => {
                let next = self.peek()?;
                self.rest = &self.rest[next.len_utf8()..];
                out.extend(['\\', next]);
                Some(())
            }
            '\\' => self.escape(out),
            c => {
                out.push(c);
                Some(())
            }
        }
    }

    fn escape(&mut self, out: &mut String) -> Option<()> {
        let c = self.peek()?;
        self.rest = &self.rest[c.len_utf8()..];
        match c {
            '\n' => {}
            '\\' | '\'' | '"' => out.push(c),
            'a' => out.push('\u{7}'),
            'b' => out.push('\u{8}'),
            'f' => out.push('\u{c}'),
            'n' => out.push('\n'),
            'r' => out.push('\r'),
            't' => out.push('\t'),
            'v' => out.push('\u{b}'),
            'x' => out.push(self.code(2, 16)?),
            'u' => out.push(self.code(4, 16)?),
            'U' => out.push(self.code(8, 16)?),
            '0'..='7' => out.push(self.octal(c)?),
            // An unknown escape keeps its backslash; `\N{...}` needs a name table.
            'N' => return None,
            c => out.extend(['\\', c]),
        }
        Some(())
    }

    fn code(&mut self, digits: usize, radix: u32) -> Option<char> {
        let text = self.rest.get(..digits)?;
        let code = u32::from_str_radix(text, radix).ok()?;
        self.rest = &self.rest[digits..];
        char::from_u32(code)
    }

    fn octal(&mut self, first: char) -> Option<char> {
        let mut code = first.to_digit(8)?;
        for _ in 0..2 {
            let Some(digit) = self.peek().and_then(|c| c.to_digit(8)) else {
                break;
            };
            code = code * 8 + digit;
            self.rest = &self.rest[1..];
        }
        char::from_u32(code)
    }
}

fn parse_number(text: &str) -> Option<Value> {
    let unsigned = text.trim_start_matches(['+', '-']);
    let (signs, digits) = text.split_at(text.len() - unsigned.len());
    let negative = signs.matches('-').count() % 2 == 1;
    let value = parse_unsigned(&digits.replace('_', ""))?;
    if negative { negate(&value) } else { Some(value) }
}

fn parse_unsigned(digits: &str) -> Option<Value> {
    for (prefix, radix) in [("0x", 16), ("0o", 8), ("0b", 2)] {
        if let Some(rest) = digits.to_ascii_lowercase().strip_prefix(prefix) {
            return u64::from_str_radix(rest, radix).ok().map(Value::from);
        }
    }
    if digits.bytes().all(|byte| byte.is_ascii_digit()) {
        let zero = digits.bytes().all(|byte| byte == b'0');
        let leading = digits.starts_with('0') && !zero;
        return if leading { None } else { digits.parse::<u64>().ok().map(Value::from) };
    }
    let float = !digits.contains(|c: char| c.is_ascii_alphabetic() && !matches!(c, 'e' | 'E'));
    let value: f64 = float.then(|| digits.parse().ok()).flatten()?;
    Number::from_f64(value).map(Value::Number)
}

fn negate(value: &Value) -> Option<Value> {
    match value.as_u64() {
        Some(integer) => i64::try_from(-i128::from(integer)).ok().map(Value::from),
        None => Number::from_f64(-value.as_f64()?).map(Value::Number),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;
    use crate::python::repr::repr;

    #[test]
    fn reads_what_python_reads() {
        let cases = [
            ("['a', \"b'c\", 'd\\'e']", json!(["a", "b'c", "d'e"])),
            (" [1, -2, +3, 0.5, 1e3, 0x10, 1_000,]", json!([1, -2, 3, 0.5, 1000.0, 16, 1000])),
            ("(1, 2)", json!([1, 2])),
            ("(1)", json!(1)),
            ("(1,)", json!([1])),
            ("[]", json!([])),
            ("{'a': None, 'b': [True, False]}", json!({"a": null, "b": [true, false]})),
            (r"['\u05e9\x41\n\101\q' 'x' r'\n']", json!(["ש\u{41}\nA\\qx\\n"])),
            ("'''a\n'b'''", json!("a\n'b")),
        ];
        for (text, expected) in cases {
            assert_eq!(literal_eval(text), Some(expected), "{text}");
        }
    }

    #[test]
    fn refuses_everything_else() {
        let texts = [
            "",
            "[",
            "[1 2]",
            "[1",
            "['a]",
            "abc",
            "[x]",
            "1 + 2",
            "b'x'",
            "{1, 2}",
            "007",
            "[a b]",
            "['a\nb']",
            "Nonesuch",
            "__import__('os')",
            "[,]",
            "1.2.3",
            "0xZZ",
        ];
        for text in texts {
            assert_eq!(literal_eval(text), None, "{text}");
        }
        assert_eq!(literal_eval(&"[".repeat(100_000)), None);
    }

    proptest! {
        #[test]
        fn reads_back_what_repr_prints(texts in prop::collection::vec(any::<String>(), 0..4), number in any::<i64>(), float in any::<f64>()) {
            prop_assume!(float.is_finite());
            let value = json!([texts, number, float, null, {"k": texts}]);
            prop_assert_eq!(literal_eval(&repr(&value)), Some(value));
        }

        #[test]
        fn never_panics(text in any::<String>()) {
            let _ = literal_eval(&text);
        }
    }
}
