//! Tables for a terminal: scores, and below them routing.
//!
//! They fit the width they are given by splitting models over several tables. Text of others is
//! shown as text: nothing in it can steer the terminal.

mod differences;
pub(crate) mod layout;
mod routing;
mod scores;

pub use differences::difference_tables;

use crate::record::{Record, RecordError};
use crate::summary::Summary;

/// The tables that `harness eval` prints, at most `width` columns wide where names allow; titles
/// are bold when `color`.
///
/// # Errors
/// When the record is damaged.
pub fn summary_table(record: &Record, width: usize, color: bool) -> Result<String, RecordError> {
    Ok(tables(&Summary::draw(record)?, width, color))
}

/// [`summary_table`] for a summary that was drawn already.
#[must_use]
pub fn tables(summary: &Summary, width: usize, color: bool) -> String {
    let mut parts = scores::tables(summary, width, color);
    parts.extend(routing::table_of(summary, width, color));
    parts.join("\n\n")
}

#[cfg(test)]
mod tests {
    use unicode_width::UnicodeWidthStr;

    use super::*;
    use crate::testing;

    fn widest(text: &str) -> usize {
        text.lines().map(UnicodeWidthStr::width).max().unwrap_or(0)
    }

    #[test]
    fn a_small_run() {
        let (_dir, record) = testing::filled();
        insta::assert_snapshot!(summary_table(&record, 80, false).unwrap());
    }

    #[test]
    fn it_fits_and_has_escapes_only_when_asked() {
        let (_dir, record) = testing::filled();
        let summary = Summary::draw(&record).unwrap();
        for width in [60, 80, 120] {
            let text = tables(&summary, width, false);
            assert!(widest(&text) <= width, "{width}:\n{text}");
            assert!(!text.contains('\u{1b}'));
        }
        assert!(tables(&summary, 80, true).contains("\u{1b}[1m"));
    }

    #[test]
    fn names_cannot_steer_the_terminal() {
        let mut manifest = testing::manifest();
        let hostile = "a\u{1b}]52;c;AAAA\u{7}\r\u{202e}b";
        let task = manifest.tasks["heb_snli"].clone();
        manifest.tasks.insert(hostile.to_owned(), task);
        let dir = tempfile::tempdir().unwrap();
        let text = summary_table(&Record::open(dir.path(), &manifest).unwrap(), 80, false).unwrap();
        assert!(
            !text.chars().any(|c| (c.is_control() && c != '\n') || c == '\u{202e}'),
            "{text:?}"
        );
    }

    #[test]
    fn a_run_without_results_says_so() {
        let dir = tempfile::tempdir().unwrap();
        let record = Record::open(dir.path(), &testing::manifest()).unwrap();
        let text = summary_table(&record, 40, false).unwrap();
        assert!(text.contains("unfinished") && text.contains("no data"), "{text}");
    }
}
