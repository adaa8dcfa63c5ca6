//! Text of others on pages and terminals.
//!
//! Aliases, reasons and cards come from files and models. On a page they are shown as text,
//! whatever they hold; characters that would reorder or hide their surroundings are named.

use std::borrow::Cow;
use std::fmt::Write as _;

/// Characters that steer the direction of text around them, or a terminal.
fn steers(c: char) -> bool {
    matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{61c}')
        || (c.is_control() && !matches!(c, '\n' | '\t'))
}

/// The text with characters that steer named: `⟨U+202E⟩`.
pub(super) fn visible(text: &str) -> Cow<'_, str> {
    if !text.contains(steers) {
        return Cow::Borrowed(text);
    }
    let mut shown = String::with_capacity(text.len() + 8);
    for c in text.chars() {
        match steers(c) {
            true => write!(shown, "⟨U+{:04X}⟩", u32::from(c)).expect("strings accept every write"),
            false => shown.push(c),
        }
    }
    Cow::Owned(shown)
}

/// Text for a terminal: one line, nothing that steers.
pub fn terminal_safe(text: &str) -> String {
    visible(text).replace(['\n', '\t'], " ")
}

/// Text for Markdown, inside and outside tables: nothing of it is markup, a mention or a link.
pub(crate) fn markdown(text: &str) -> String {
    let text = visible(text);
    let mut escaped = String::with_capacity(text.len());
    let mut characters = text.chars().peekable();
    let mut inside = false;
    while let Some(c) = characters.next() {
        let next = characters.peek().copied();
        let ends = next.is_none_or(|next| !next.is_alphanumeric());
        match c {
            '\n' | '\t' => escaped.push(' '),
            // Nothing but a letter or one of these makes a tag of it, and p < 0.001 stays readable.
            '<' if next.is_none_or(|n| n.is_alphabetic() || "/!?<".contains(n)) => {
                escaped.push_str("&lt;");
            }
            '>' => escaped.push_str("&gt;"),
            '&' => escaped.push_str("&amp;"),
            '@' => escaped.push_str("&#64;"),
            // Within a word an underscore is no markup.
            '_' if inside && !ends => escaped.push(c),
            '|' | '`' | '*' | '_' | '[' | ']' | '\\' | '~' | '#' | '!' | '$' => {
                escaped.extend(['\\', c]);
            }
            _ => escaped.push(c),
        }
        inside = c.is_alphanumeric();
    }
    // A bare address would become a link.
    escaped.replace("://", ":&#47;&#47;")
}

/// Text for HTML and for text and attributes of SVG.
pub(super) fn html(text: &str) -> String {
    let text = visible(text);
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '&' => escaped.push_str("&amp;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            _ => escaped.push(c),
        }
    }
    escaped
}

/// Text for a cell of a spreadsheet: a leading character that would begin a formula is quoted.
pub(crate) fn cell(text: &str) -> Cow<'_, str> {
    match text.trim_start().chars().next() {
        Some('=' | '+' | '-' | '@' | '|' | '%' | '\t' | '\r') => Cow::Owned(format!("'{text}")),
        _ => Cow::Borrowed(text),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn directions_and_escapes_are_named() {
        assert_eq!(visible("a\u{202e}b\u{1b}[2J"), "a⟨U+202E⟩b⟨U+001B⟩[2J");
        assert_eq!(visible("שלום 日本語\n"), "שלום 日本語\n");
        assert_eq!(
            terminal_safe("\u{1b}]52;c;x\u{7}\r\na\tb\u{9b}"),
            "⟨U+001B⟩]52;c;x⟨U+0007⟩⟨U+000D⟩ a b⟨U+009B⟩"
        );
    }

    #[test]
    fn markdown_has_no_markup_left() {
        let escaped = markdown("|`a` <b> @x\n# [l](javascript:1) https://e.org *_~!$");
        assert_eq!(
            escaped,
            r"\|\`a\` &lt;b&gt; &#64;x \# \[l\](javascript:1) https:&#47;&#47;e.org \*\_\~\!\$"
        );
    }

    #[test]
    fn less_than_stays_readable_where_it_is_no_tag() {
        assert_eq!(
            markdown("p < 0.001, <0.5, a<b <!x </p> <<i> <"),
            "p < 0.001, <0.5, a&lt;b &lt;\\!x &lt;/p&gt; &lt;&lt;i&gt; &lt;"
        );
    }

    #[test]
    fn names_stay_readable() {
        assert_eq!(markdown("heb_lb_snli _x_ a__b"), r"heb_lb_snli \_x\_ a\_\_b");
    }

    #[test]
    fn html_has_no_tags_left() {
        assert_eq!(
            html("</script><img onerror='x' a=\"&\">"),
            "&lt;/script&gt;&lt;img onerror=&#39;x&#39; a=&quot;&amp;&quot;&gt;"
        );
    }

    #[test]
    fn formulas_are_quoted() {
        for text in ["=1+1", "+1", "-1", "@SUM(A1)", " =1", "\t=1", "\r=1"] {
            assert!(cell(text).starts_with('\''), "{text:?}");
        }
        assert_eq!(cell("base"), "base");
        assert_eq!(cell(""), "");
    }
}
