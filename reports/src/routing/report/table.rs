//! A table of numbers with their doubt, before it is drawn.

use harness_metrics::routing::bands::Spread;
use harness_metrics::{Estimate, Interval};
use serde::Serialize;

use crate::pages::format::fixed;
use crate::pages::markdown;
use crate::terminal::layout;

/// A table that is yet to be drawn.
#[derive(Clone, PartialEq, Debug, Default, Serialize)]
pub struct Table {
    /// What it is about.
    pub title: String,
    /// How to read it.
    pub about: String,
    /// Header.
    pub columns: Vec<String>,
    /// Leading columns that hold text.
    pub texts: usize,
    /// Cells, one a column.
    pub rows: Vec<Vec<Cell>>,
}

/// One cell.
#[derive(Clone, PartialEq, Debug, Serialize)]
#[serde(untagged)]
pub enum Cell {
    /// There is no value.
    None,
    /// Words.
    Text(String),
    /// A number to be shown with so many decimals.
    Number(f64, usize),
    /// A number with its interval.
    Estimate(f64, Option<Interval>, usize),
    /// A number with half the width of its interval.
    Around(f64, Option<Interval>, usize),
    /// Mean and central 95 % of what chance makes.
    Spread(Spread, usize),
}

impl Cell {
    /// Words.
    pub(crate) fn text(text: impl Into<String>) -> Self {
        Self::Text(text.into())
    }

    /// A count.
    pub(crate) fn count(count: impl TryInto<u64>) -> Self {
        count.try_into().map_or(Self::None, |count| Self::Number(count as f64, 0))
    }

    /// A number that may not exist.
    pub(crate) fn number(value: Option<f64>, digits: usize) -> Self {
        value.map_or(Self::None, |value| Self::Number(value, digits))
    }

    /// An estimate that may not exist.
    pub(crate) fn estimate(estimate: Option<&Estimate>, digits: usize) -> Self {
        estimate.map_or(Self::None, |estimate| {
            Self::Estimate(estimate.value, estimate.interval.clone(), digits)
        })
    }

    /// An estimate that may not exist, shown short: `0.40 ±0.08`.
    pub(crate) fn around(estimate: Option<&Estimate>, digits: usize) -> Self {
        estimate.map_or(Self::None, |estimate| {
            Self::Around(estimate.value, estimate.interval.clone(), digits)
        })
    }

    /// A control that may not exist.
    pub(crate) fn spread(spread: Option<&Spread>, digits: usize) -> Self {
        spread.map_or(Self::None, |spread| Self::Spread(*spread, digits))
    }

    /// As people read it: `0.40 (0.31 to 0.48)`, `–` where there is nothing.
    fn shown(&self) -> String {
        match self {
            Self::None => "–".to_owned(),
            Self::Text(text) => text.clone(),
            Self::Number(value, digits) => fixed(*value, *digits),
            Self::Estimate(value, None, digits) | Self::Around(value, None, digits) => {
                fixed(*value, *digits)
            }
            Self::Around(value, Some(i), digits) => {
                format!("{} ±{}", fixed(*value, *digits), fixed((i.high - i.low) / 2.0, *digits))
            }
            Self::Estimate(value, Some(i), digits) => with_ends(*value, i.low, i.high, *digits),
            Self::Spread(spread, digits) => {
                with_ends(spread.mean, spread.low, spread.high, *digits)
            }
        }
    }
}

fn with_ends(value: f64, low: f64, high: f64, digits: usize) -> String {
    format!("{} ({} to {})", fixed(value, digits), fixed(low, digits), fixed(high, digits))
}

impl Table {
    /// An empty table; the first `texts` columns hold text.
    pub(crate) fn new(title: impl Into<String>, texts: usize, columns: &[&str]) -> Self {
        let columns = columns.iter().map(|&column| column.to_owned()).collect();
        Self { title: title.into(), about: String::new(), columns, texts, rows: Vec::new() }
    }

    /// Leaves out rows without any value.
    pub(crate) fn drop_empty_rows(&mut self) {
        let texts = self.texts;
        self.rows.retain(|row| row.iter().skip(texts).any(|cell| *cell != Cell::None));
    }

    /// For a terminal of `width` columns.
    #[must_use]
    pub fn terminal(&self, width: usize, color: bool) -> String {
        let rows = without_repeats(&self.shown(), self.texts);
        let drawn = layout::table(&self.columns, &rows, self.texts, width);
        let mut text = format!("{}\n{drawn}\n", layout::title(&self.title, color));
        if !self.about.is_empty() {
            text.push_str(&layout::note(&self.about, width));
            text.push('\n');
        }
        text
    }

    /// As Markdown, with a heading.
    #[must_use]
    pub fn markdown(&self) -> String {
        let line = |cells: &[String]| {
            let cells: Vec<String> = cells.iter().map(|cell| markdown(cell)).collect();
            format!("| {} |\n", cells.join(" | "))
        };
        let rule = |column: usize| if column < self.texts { "---" } else { "---:" };
        let rules: Vec<&str> = (0..self.columns.len()).map(rule).collect();
        let mut text = format!("### {}\n\n{}", markdown(&self.title), line(&self.columns));
        text.push_str(&format!("| {} |\n", rules.join(" | ")));
        self.shown().iter().for_each(|row| text.push_str(&line(row)));
        if !self.about.is_empty() {
            text.push_str(&format!("\n{}\n", markdown(&self.about)));
        }
        text
    }

    fn shown(&self) -> Vec<Vec<String>> {
        self.rows.iter().map(|row| row.iter().map(Cell::shown).collect()).collect()
    }
}

/// Leading texts that are those of the row above are left blank.
fn without_repeats(rows: &[Vec<String>], texts: usize) -> Vec<Vec<String>> {
    let mut shown = rows.to_vec();
    for (number, row) in shown.iter_mut().enumerate().skip(1) {
        let above = &rows[number - 1];
        // The last text column tells rows apart.
        let same = (0..texts.saturating_sub(1)).take_while(|&column| row[column] == above[column]);
        same.collect::<Vec<_>>().into_iter().for_each(|column| row[column].clear());
    }
    shown
}

#[cfg(test)]
mod tests {
    use harness_metrics::IntervalMethod;

    use super::*;

    fn table() -> Table {
        let method = IntervalMethod::ClusterBootstrap;
        let interval = Interval { low: -0.1, high: 0.5, level: 0.95, method };
        let mut table = Table::new("A|B", 1, &["what", "base"]);
        table.rows.push(vec![Cell::text("gap"), Cell::Estimate(0.2, Some(interval), 2)]);
        table.rows.push(vec![Cell::text("none"), Cell::None]);
        table
    }

    #[test]
    fn markdown_is_escaped_and_aligned() {
        let expected = "### A\\|B\n\n| what | base |\n| --- | ---: |\n\
                        | gap | 0.20 (\u{2212}0.10 to 0.50) |\n| none | – |\n";
        assert_eq!(table().markdown(), expected);
    }

    #[test]
    fn repeated_leading_texts_are_left_blank() {
        let rows = [["a", "x", "1"], ["a", "y", "2"], ["b", "y", "3"]];
        let rows: Vec<Vec<String>> =
            rows.iter().map(|row| row.map(str::to_owned).to_vec()).collect();
        let shown = without_repeats(&rows, 2);
        assert_eq!(shown[1], ["", "y", "2"]);
        assert_eq!(shown[2], ["b", "y", "3"]);
    }

    #[test]
    fn terminals_get_title_table_and_note() {
        let table = Table { about: "How to read it.".to_owned(), ..table() };
        let text = table.terminal(60, false);
        assert!(text.starts_with("A|B\n─") && text.ends_with("How to read it.\n"), "{text}");
    }
}
