//! From the syntax of Python's `re` to that of `regex` and `fancy-regex`.

use std::iter::Peekable;
use std::str::Chars;

use super::class;
use super::escape::{Escape, WORD, class_of, push_literal, read_escape};

/// A pattern in the other syntax, and what it makes use of.
#[derive(Debug, Default)]
pub(super) struct Translated {
    pub(super) pattern: String,
    /// It needs look-around, a back-reference, or control of backtracking.
    pub(super) backtracks: bool,
    /// It has a `$` without the `m` flag.
    pub(super) ends: bool,
    /// It has a `\b` or `\B`.
    pub(super) boundaries: bool,
}

pub(super) type Source<'a> = Peekable<Chars<'a>>;

/// Translates `source`. `exact` writes `$` and `\b` out by look-around, as
/// Python means them.
pub(super) fn translate(source: &str, exact: bool) -> Result<Translated, String> {
    let mut out = Translated::default();
    let flags = flags(source);
    let multiline = flags.contains('m');
    let mut rest = source.chars().peekable();
    let mut quantified = false;
    while let Some(c) = rest.next() {
        let quantifier = match c {
            '\\' => {
                escape(&mut rest, exact, &mut out)?;
                false
            }
            '[' => {
                class::translate(&mut rest, &mut out.pattern)?;
                false
            }
            '(' => {
                group(&mut rest, &mut out)?;
                false
            }
            '#' if flags.contains('x') => {
                rest.by_ref().take_while(|&c| c != '\n').for_each(drop);
                false
            }
            '$' => {
                end(multiline, exact, &mut out);
                false
            }
            '{' => repetition(&mut rest, &mut out.pattern),
            '*' | '+' | '?' => {
                out.pattern.push(c);
                out.backtracks |= quantified && c == '+';
                !quantified
            }
            _ => {
                out.pattern.push(c);
                false
            }
        };
        quantified = quantifier;
    }
    Ok(out)
}

/// All flag letters that are set anywhere in the pattern.
fn flags(source: &str) -> String {
    let groups = source.split("(?").skip(1);
    groups
        .map(|group| group.split(|c: char| !c.is_ascii_alphabetic()).next().unwrap_or(""))
        .collect()
}

fn end(multiline: bool, exact: bool, out: &mut Translated) {
    if multiline {
        out.pattern.push('$');
        return;
    }
    out.ends = true;
    out.pattern.push_str(if exact { r"(?=\n?\z)" } else { r"\z" });
}

fn escape(rest: &mut Source<'_>, exact: bool, out: &mut Translated) -> Result<(), String> {
    match read_escape(rest)? {
        Escape::Char(c) => push_literal(c, &mut out.pattern),
        Escape::Class(class) => out.pattern.push_str(&class_of(class)),
        Escape::Backreference(group) => {
            out.backtracks = true;
            out.pattern.push_str(&format!(r"(?:\{group})"));
        }
        Escape::Assertion('A') => out.pattern.push_str(r"\A"),
        Escape::Assertion('Z') => out.pattern.push_str(r"\z"),
        Escape::Assertion(boundary) => {
            out.boundaries = true;
            push_boundary(boundary, exact, &mut out.pattern);
        }
    }
    Ok(())
}

fn push_boundary(boundary: char, exact: bool, out: &mut String) {
    if !exact {
        out.extend(['\\', boundary]);
    } else if boundary == 'b' {
        out.push_str(&format!("(?:(?<=[{WORD}])(?![{WORD}])|(?<![{WORD}])(?=[{WORD}]))"));
    } else {
        out.push_str(&format!("(?:(?<=[{WORD}])(?=[{WORD}])|(?<![{WORD}])(?![{WORD}]))"));
    }
}

/// What follows `{`: a repetition, or else the brace stands for itself.
fn repetition(rest: &mut Source<'_>, out: &mut String) -> bool {
    let ahead: String = rest.clone().take_while(|&c| c != '}').take(24).collect();
    let closed = rest.clone().nth(ahead.chars().count()) == Some('}');
    let (low, high) =
        ahead.split_once(',').map_or((ahead.as_str(), None), |(low, high)| (low, Some(high)));
    let numeric = |text: &str| text.chars().all(|c| c.is_ascii_digit());
    let counted = !ahead.is_empty() && numeric(low) && numeric(high.unwrap_or("")) && ahead != ",";
    if !closed || !counted {
        out.push_str(r"\{");
        return false;
    }
    let low = if low.is_empty() { "0" } else { low };
    match high {
        Some(high) => out.push_str(&format!("{{{low},{high}}}")),
        None => out.push_str(&format!("{{{low}}}")),
    }
    rest.nth(ahead.chars().count());
    true
}

/// What follows `(`.
fn group(rest: &mut Source<'_>, out: &mut Translated) -> Result<(), String> {
    if rest.peek() != Some(&'?') {
        out.pattern.push('(');
        return Ok(());
    }
    rest.next();
    match rest.next().ok_or("a group is not closed")? {
        'P' => named(rest, out),
        '#' => match rest.find(|&c| c == ')') {
            Some(_) => Ok(()),
            None => Err("a comment is not closed".to_owned()),
        },
        c @ ('=' | '!' | '<' | '>' | '(') => {
            out.backtracks = true;
            out.pattern.extend(['(', '?', c]);
            Ok(())
        }
        ':' => {
            out.pattern.push_str("(?:");
            Ok(())
        }
        c => set_flags(c, rest, &mut out.pattern),
    }
}

/// `(?P<name>` and `(?P=name)`.
fn named(rest: &mut Source<'_>, out: &mut Translated) -> Result<(), String> {
    match rest.next() {
        Some('<') => out.pattern.push_str("(?P<"),
        Some('=') => {
            let name: String = rest.by_ref().take_while(|&c| c != ')').collect();
            out.backtracks = true;
            out.pattern.push_str(&format!(r"\k<{name}>"));
        }
        _ => return Err("`(?P` is followed by neither `<` nor `=`".to_owned()),
    }
    Ok(())
}

/// `(?im)`, `(?i:` and `(?i-s:`. Unicode (`u`) is what holds anyway.
fn set_flags(first: char, rest: &mut Source<'_>, out: &mut String) -> Result<(), String> {
    let mut set = String::new();
    let mut c = first;
    loop {
        match c {
            'i' | 'm' | 's' | 'x' | '-' => set.push(c),
            'u' => {}
            ':' | ')' => break,
            'a' | 'L' => return Err(format!("the flag `{c}` (no Unicode) is not supported")),
            c => return Err(format!("`(?{c}` is not known")),
        }
        c = rest.next().ok_or("a group is not closed")?;
    }
    match (set.is_empty(), c) {
        (true, ')') => {}
        _ => out.push_str(&format!("(?{set}{c}")),
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::super::Pattern;

    fn linear(source: &str) -> String {
        super::translate(source, false).unwrap().pattern
    }

    #[test]
    fn plain_patterns_stay_as_they_are() {
        for source in
            [r"(\-?[0-9]+)", "答えは(.*)です。", "(?i:final answer)", "a{2,3}?", "(?P<x>a|b)"]
        {
            let translated = linear(source);
            assert!(regex::Regex::new(&translated).is_ok(), "{source} became {translated}");
        }
        assert_eq!(linear("(?P<x>a|b)+?"), "(?P<x>a|b)+?");
    }

    #[test]
    fn what_only_python_allows_is_spelt_out() {
        let matches = [
            (r"\<a\>", "<a>"),
            (r"a{b}{,2}", "a{b}}"),
            (r"[[a&&b]+", "[&a"),
            (r"[]x-]+", "]-x"),
            (r"\。\'", "。'"),
            (r"\u3042\x41\101", "あAA"),
            (r"a(?#comment)b(?u)", "ab"),
            (r"[a\b]\Z", "\u{8}"),
            (r"(a)(?P<n>b)\1(?P=n)", "abab"),
            (r"(?x) a b  # (", "ab"),
            (r"a++b", "aab"),
            ("{}", "{}"),
        ];
        for (source, text) in matches {
            let pattern = Pattern::new(source).unwrap_or_else(|error| panic!("{error}"));
            assert_eq!(pattern.replace_all(text, "").unwrap(), "", "{source}");
        }
    }

    #[test]
    fn what_cannot_be_honoured_is_refused_by_name() {
        for source in [
            r"\q",
            r"\",
            "(?a)x",
            "[a",
            "(?P>x)",
            r"[\w-z]",
            "(a",
            "*a",
            r"\N{DASH}",
            "(?<=a*)b(?(",
        ] {
            let error = Pattern::new(source).unwrap_err();
            assert!(error.to_string().contains(source), "{error}");
        }
        let long = "a".repeat(10 << 20);
        assert!(Pattern::new(&long).unwrap_err().to_string().len() < 300);
        assert!(Pattern::new("(((a{999}){999}){999})").is_err());
    }
}
