//! Comparisons by themselves, for `harness compare`.

use serde::Serialize;

use super::differences_text::note;
use super::differences_view::DifferenceTable;
use super::{ReportError, comparison_rows, render};
use crate::summary::comparison::{CompareOptions, Comparison};

/// What to write comparisons as.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ComparisonFormat {
    /// Markdown.
    Markdown,
    /// One self-contained HTML page.
    Html,
    /// A sheet: a row a task and average of each comparison.
    Csv,
    /// Everything, in the metrics' own units.
    Json,
}

/// What the templates show.
#[derive(Serialize)]
pub(super) struct ComparisonPage {
    title: String,
    differences: Vec<DifferenceTable>,
    differences_note: String,
    differences_sheet: Option<&'static str>,
}

/// The comparisons as a text of that format.
///
/// # Errors
/// When the page cannot be built, which is a fault of this program.
pub fn comparison_page(
    comparisons: &[Comparison],
    options: &CompareOptions,
    format: ComparisonFormat,
) -> Result<String, ReportError> {
    let page = || ComparisonPage {
        title: title(comparisons),
        differences: comparisons.iter().map(|c| DifferenceTable::of(c, Vec::new())).collect(),
        differences_note: note(options),
        differences_sheet: None,
    };
    match format {
        ComparisonFormat::Markdown => render::compare_md(&page()),
        ComparisonFormat::Html => render::compare_html(&page()),
        ComparisonFormat::Csv => String::from_utf8(comparison_rows::sheet(comparisons)?)
            .map_err(|error| ReportError::Build(error.to_string())),
        ComparisonFormat::Json => Ok(format!("{:#}\n", comparison_rows::json(comparisons))),
    }
}

fn title(comparisons: &[Comparison]) -> String {
    let each = comparisons.iter().map(|c| format!("{} against {}", c.model, c.baseline));
    let all: Vec<String> = each.collect();
    if all.is_empty() { "Nothing to compare".to_owned() } else { all.join(", ") }
}
