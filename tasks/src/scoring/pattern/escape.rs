//! What follows a backslash.

use super::translate::Source;

/// What Python's `\w` matches: `str.isalnum` and the underscore.
pub(super) const WORD: &str = r"\p{L}\p{N}_";
/// What Python's `\s` matches.
pub(super) const SPACE: &str = r"\s\x1c-\x1f";

/// What an escape stands for.
pub(super) enum Escape {
    /// One character.
    Char(char),
    /// A class of characters: d, D, s, S, w or W.
    Class(char),
    /// A group matched before.
    Backreference(u32),
    /// A, Z, b or B.
    Assertion(char),
}

/// Reads what follows a backslash.
pub(super) fn read_escape(rest: &mut Source<'_>) -> Result<Escape, String> {
    let c = rest.next().ok_or("it ends in a backslash")?;
    Ok(match c {
        'd' | 'D' | 's' | 'S' | 'w' | 'W' => Escape::Class(c),
        'A' | 'Z' | 'b' | 'B' => Escape::Assertion(c),
        'n' => Escape::Char('\n'),
        'r' => Escape::Char('\r'),
        't' => Escape::Char('\t'),
        'f' => Escape::Char('\u{c}'),
        'v' => Escape::Char('\u{b}'),
        'a' => Escape::Char('\u{7}'),
        'x' => Escape::Char(hexadecimal(rest, 2)?),
        'u' => Escape::Char(hexadecimal(rest, 4)?),
        'U' => Escape::Char(hexadecimal(rest, 8)?),
        '0'..='9' => numbered(c, rest)?,
        c if c.is_ascii_alphabetic() => {
            return Err(format!("`\\{c}` is no escape that is known here"));
        }
        c => Escape::Char(c),
    })
}

fn hexadecimal(rest: &mut Source<'_>, digits: usize) -> Result<char, String> {
    let text: String = rest.by_ref().take(digits).collect();
    let code = u32::from_str_radix(&text, 16).ok().filter(|_| text.len() == digits);
    code.and_then(char::from_u32).ok_or_else(|| format!("`{text}` is no character's number"))
}

/// An octal character (a leading zero, or three octal digits) or a group.
fn numbered(first: char, rest: &mut Source<'_>) -> Result<Escape, String> {
    let mut digits = String::from(first);
    while digits.len() < 3 && rest.peek().is_some_and(char::is_ascii_digit) {
        digits.extend(rest.next());
    }
    let octal = first == '0' || digits.len() == 3;
    let number = u32::from_str_radix(&digits, if octal { 8 } else { 10 });
    let number = number.map_err(|_| format!("`\\{digits}` is no octal character"))?;
    if !octal {
        return Ok(Escape::Backreference(number));
    }
    char::from_u32(number).map(Escape::Char).ok_or_else(|| format!("`\\{digits}` is no character"))
}

/// The class that `\d` and its kin stand for, usable within a class too.
pub(super) fn class_of(letter: char) -> String {
    match letter {
        's' => format!("[{SPACE}]"),
        'S' => format!("[^{SPACE}]"),
        'w' => format!("[{WORD}]"),
        'W' => format!("[^{WORD}]"),
        digit => format!("\\{digit}"),
    }
}

/// Appends a character that stands for itself.
pub(super) fn push_literal(c: char, out: &mut String) {
    if c.is_whitespace() || c.is_control() || c == '#' {
        out.push_str(&format!("\\x{{{:x}}}", u32::from(c)));
    } else if c.is_ascii_punctuation() && !"<>'\"`!%,/:;=@_".contains(c) {
        out.extend(['\\', c]);
    } else {
        out.push(c);
    }
}
