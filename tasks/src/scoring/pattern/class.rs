//! Character classes: `[...]`.
//!
//! Within them `[`, `&&`, `--` and `~~` are plain characters to Python and
//! operators to the `regex` crate.

use super::escape::{Escape, class_of, read_escape};
use super::translate::Source;

/// Appends the class whose `[` has been read.
pub(super) fn translate(rest: &mut Source<'_>, out: &mut String) -> Result<(), String> {
    out.push('[');
    if rest.next_if_eq(&'^').is_some() {
        out.push('^');
    }
    let mut first = true;
    loop {
        let c = rest.next().ok_or("a character class is not closed")?;
        if c == ']' && !first {
            out.push(']');
            return Ok(());
        }
        first = false;
        item(c, rest, out)?;
    }
}

/// One character, one range, or one class such as `\d`.
fn item(c: char, rest: &mut Source<'_>, out: &mut String) -> Result<(), String> {
    let low = member(c, rest, out)?;
    if let Some(low) = low {
        push(low, out);
    }
    let mut ahead = rest.clone();
    if ahead.next() != Some('-') || matches!(ahead.peek(), None | Some(']')) {
        return Ok(());
    }
    rest.next();
    let end = rest.next().ok_or("a character class is not closed")?;
    let high = member(end, rest, out)?.filter(|_| low.is_some());
    out.push('-');
    push(high.ok_or("a range begins or ends in a class")?, out);
    Ok(())
}

/// The character that `c` begins; a class is appended and gives `None`.
fn member(c: char, rest: &mut Source<'_>, out: &mut String) -> Result<Option<char>, String> {
    if c != '\\' {
        return Ok(Some(c));
    }
    match read_escape(rest)? {
        Escape::Char(c) => Ok(Some(c)),
        Escape::Assertion('b') => Ok(Some('\u{8}')),
        Escape::Class(class) => {
            out.push_str(&class_of(class));
            Ok(None)
        }
        Escape::Assertion(letter) => Err(format!("`\\{letter}` stands in a character class")),
        Escape::Backreference(digit) => match char::from_u32(digit) {
            Some(c) if digit < 8 => Ok(Some(c)),
            _ => Err(format!("`\\{digit}` stands in a character class")),
        },
    }
}

fn push(c: char, out: &mut String) {
    if c.is_ascii_punctuation() || c.is_whitespace() || c.is_control() {
        out.push_str(&format!("\\x{{{:x}}}", u32::from(c)));
    } else {
        out.push(c);
    }
}
