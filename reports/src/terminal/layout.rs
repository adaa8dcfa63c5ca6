//! What all tables have in common.

use comfy_table::{CellAlignment, ContentArrangement, LineStyle, Table, TableStyle};
use unicode_width::UnicodeWidthStr;

use crate::pages::terminal_safe;

const RULE: LineStyle = LineStyle::none().fill('─').junction('─');

/// Rules above, below and under the header.
const STYLE: TableStyle =
    TableStyle::new().top_border(RULE).header_separator(RULE).bottom_border(RULE);

/// A table of at most `width` columns; all but the first `texts` columns are numbers.
pub(crate) fn table(header: &[String], rows: &[Vec<String>], texts: usize, width: usize) -> String {
    built(header, rows, texts, width).trim_fmt()
}

/// [`table`] with its columns closer together, for many of them.
pub(crate) fn dense_table(
    header: &[String],
    rows: &[Vec<String>],
    texts: usize,
    width: usize,
) -> String {
    let mut table = built(header, rows, texts, width);
    table.column_iter_mut().for_each(|column| {
        column.set_padding((0, 1));
    });
    table.trim_fmt()
}

fn built(header: &[String], rows: &[Vec<String>], texts: usize, width: usize) -> Table {
    let mut table = Table::new();
    table.load_style(STYLE);
    table.set_content_arrangement(ContentArrangement::Dynamic);
    table.set_width(u16::try_from(width.max(20)).unwrap_or(u16::MAX));
    table.set_header(safe(header));
    for row in rows {
        table.add_row(safe(row));
    }
    for column in table.column_iter_mut().skip(texts) {
        column.set_cell_alignment(CellAlignment::Right);
    }
    table
}

/// A title, bold where the terminal can.
pub(crate) fn title(text: &str, color: bool) -> String {
    let text = terminal_safe(text);
    if color { format!("\u{1b}[1m{text}\u{1b}[0m") } else { text }
}

/// A line of explanation, broken at spaces to `width` columns.
pub(crate) fn note(text: &str, width: usize) -> String {
    let mut lines = vec![String::new()];
    for word in text.split(' ') {
        let line = lines.last_mut().expect("begins with one");
        if line.is_empty() {
            line.push_str(word);
        } else if line.width() + 1 + word.width() <= width {
            line.push(' ');
            line.push_str(word);
        } else {
            lines.push(word.to_owned());
        }
    }
    lines.join("\n")
}

/// Columns that a cell takes.
pub(crate) fn columns(text: &str) -> usize {
    terminal_safe(text).width()
}

fn safe(cells: &[String]) -> Vec<String> {
    cells.iter().map(|cell| terminal_safe(cell)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn notes_break_at_spaces() {
        assert_eq!(note("one two three", 8), "one two\nthree");
        assert_eq!(note("extraordinarily", 4), "extraordinarily");
    }

    #[test]
    fn wide_characters_count_twice() {
        assert_eq!((columns("日本"), columns("שלום"), columns("a\u{1b}")), (4, 4, 9));
    }
}
