//! Figures of the page, taken from the report that the harness drew of the run.

use std::path::Path;

use super::read::{ReadError, text};

/// The figure that shows a model's usage entropy by layer and language.
const TITLE: &str = "<title>Usage entropy by layer: ";

/// The SVG of a model's usage entropy in the run's `report.html`, on a white ground so that it can
/// be read on a page of any colour; `None` if the report has none.
///
/// # Errors
/// There is no report.
pub fn entropy_figure(run: &Path, alias: &str) -> Result<Option<String>, ReadError> {
    Ok(figure(&text(&run.join("report.html"))?, alias))
}

fn figure(report: &str, alias: &str) -> Option<String> {
    let title = report.find(&format!("{TITLE}{alias}</title>"))?;
    let start = report[..title].rfind("<svg ")?;
    let length = report[start..].find("</svg>")? + "</svg>".len();
    let figure = &report[start..start + length];
    Some(figure.replacen("<svg ", "<svg style=\"background: white\" ", 1) + "\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_figure_of_a_model_is_found() {
        let report = "<svg a=\"1\"><title>Usage entropy by layer: base</title></svg>\
                      <p><svg b=\"2\"><title>Usage entropy by layer: cpt</title><g/></svg></p>";
        let found = figure(report, "cpt").unwrap();
        assert_eq!(
            found,
            "<svg style=\"background: white\" b=\"2\"><title>Usage entropy by layer: cpt</title>\
             <g/></svg>\n"
        );
        assert_eq!(figure(report, "sft"), None);
    }
}
