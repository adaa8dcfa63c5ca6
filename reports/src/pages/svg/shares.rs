//! Bars cut into shares of a whole.

use super::Axis;
use super::frame::{Frame, rows_for};
use super::marks::{Marker, Style, put, rect, style, text};

/// A named bar and its parts, in the order of the chart's classes; parts sum to at most 1.
pub(in crate::pages) struct ShareRow {
    pub(in crate::pages) label: String,
    pub(in crate::pages) shares: Vec<f64>,
}

/// One bar a row, parts side by side with their per cent written in them.
pub(in crate::pages) struct ShareChart {
    pub(in crate::pages) title: String,
    pub(in crate::pages) description: String,
    pub(in crate::pages) classes: Vec<String>,
    pub(in crate::pages) rows: Vec<ShareRow>,
}

const ROW: f64 = 30.0;

impl ShareChart {
    /// The chart as an `svg` element.
    pub(in crate::pages) fn draw(&self) -> String {
        let of_class = |place| Style { dash: "", marker: Marker::Square, ..style(place) };
        let named: Vec<(&str, Style)> =
            self.classes.iter().enumerate().map(|(i, name)| (name.as_str(), of_class(i))).collect();
        let frame = Frame {
            title: &self.title,
            description: &self.description,
            x_label: "per cent",
            y_label: "",
            x: Axis::new(0.0, 100.0),
            y: Axis::new(0.0, 1.0),
            height: 52.0 + ROW * self.rows.len() as f64,
            left: 110.0,
            legend_rows: rows_for(&named, 8.0),
        };
        let mut svg = frame.begin();
        frame.x_axis(&mut svg);
        for (place, row) in self.rows.iter().enumerate() {
            let top = frame.rows().0 + ROW * place as f64;
            text(&mut svg, (102.0, top + 17.0), "end", &row.label);
            bar(&frame, &mut svg, row, top);
        }
        Frame { left: 8.0, ..frame }.legend(&mut svg, &named);
        Frame::end(svg)
    }
}

fn bar(frame: &Frame<'_>, svg: &mut String, row: &ShareRow, top: f64) {
    let mut from = 0.0;
    for (class, share) in row.shares.iter().enumerate().filter(|(_, share)| share.is_finite()) {
        let (left, right) = (frame.x(100.0 * from), frame.x(100.0 * (from + share)));
        rect(svg, (left, top + 3.0), (right - left, ROW - 8.0), style(class).colour);
        if right - left > 30.0 {
            let percent = format!("{:.0} %", 100.0 * share);
            put(svg, format_args!("<g fill=\"#ffffff\">"));
            text(svg, ((left + right) / 2.0, top + 18.0), "middle", &percent);
            svg.push_str("</g>");
        }
        from += share;
    }
}
