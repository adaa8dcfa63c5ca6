//! What charts share: the element, axes, a legend.

use unicode_width::UnicodeWidthStr;

use super::Axis;
use super::axis::plain;
use super::marks::{Style, draw_marker, line, put, text};
use crate::pages::text::html;

/// Width of every chart, in its own units; pages scale it.
pub(super) const WIDTH: f64 = 460.0;
const TOP: f64 = 12.0;
const BOTTOM: f64 = 40.0;
const RIGHT: f64 = 12.0;
const LEGEND_ROW: f64 = 18.0;
/// Advance of a character of the legend, about.
const CHARACTER: f64 = 6.6;

/// What is said about a chart, and where its area lies.
pub(super) struct Frame<'a> {
    pub(super) title: &'a str,
    pub(super) description: &'a str,
    pub(super) x_label: &'a str,
    pub(super) y_label: &'a str,
    pub(super) x: Axis,
    pub(super) y: Axis,
    /// Height without the legend.
    pub(super) height: f64,
    /// Room left of the area for labels.
    pub(super) left: f64,
    /// Rows of the legend.
    pub(super) legend_rows: usize,
}

impl Frame<'_> {
    /// The beginning of the element; [`Frame::end`] closes it.
    pub(super) fn begin(&self) -> String {
        let height = self.height + self.legend_height();
        format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {height:.0}\" role=\"img\" \
             font-family=\"system-ui, sans-serif\" font-size=\"12\" fill=\"currentColor\">\
             <title>{}</title><desc>{}</desc>",
            html(self.title),
            html(self.description)
        )
    }

    pub(super) fn end(mut svg: String) -> String {
        svg.push_str("</svg>");
        svg
    }

    fn legend_height(&self) -> f64 {
        LEGEND_ROW * self.legend_rows as f64
    }

    /// Top and bottom of the area.
    pub(super) fn rows(&self) -> (f64, f64) {
        (TOP + self.legend_height(), self.legend_height() + self.height - BOTTOM)
    }

    /// Left and right of the area.
    pub(super) fn columns(&self) -> (f64, f64) {
        (self.left, WIDTH - RIGHT)
    }

    pub(super) fn x(&self, value: f64) -> f64 {
        let (left, right) = self.columns();
        left + (right - left) * self.x.share(value)
    }

    pub(super) fn y(&self, value: f64) -> f64 {
        let (top, bottom) = self.rows();
        bottom - (bottom - top) * self.y.share(value)
    }

    /// Grid lines and numbers of the vertical axis, and its label.
    pub(super) fn y_axis(&self, svg: &mut String) {
        let (left, right) = self.columns();
        for value in self.y.ticks() {
            let y = self.y(value);
            let opacity = if value == 0.0 && self.y.low < 0.0 { "0.6" } else { "0.15" };
            line(svg, (left, y), (right, y), "currentColor", opacity, "");
            text(svg, (left - 6.0, y + 4.0), "end", &plain(value));
        }
        let (top, bottom) = self.rows();
        let middle = (top + bottom) / 2.0;
        put(svg, format_args!("<g transform=\"rotate(-90 12 {middle:.1})\">"));
        text(svg, (12.0, middle), "middle", self.y_label);
        svg.push_str("</g>");
    }

    /// Numbers under the horizontal axis, and its label.
    pub(super) fn x_axis(&self, svg: &mut String) {
        let (_, bottom) = self.rows();
        for value in self.x.ticks() {
            text(svg, (self.x(value), bottom + 16.0), "middle", &plain(value));
        }
        self.x_name(svg);
    }

    pub(super) fn x_name(&self, svg: &mut String) {
        let ((left, right), (_, bottom)) = (self.columns(), self.rows());
        text(svg, ((left + right) / 2.0, bottom + 34.0), "middle", self.x_label);
    }

    /// Names with their styles, above the area.
    pub(super) fn legend(&self, svg: &mut String, names: &[(&str, Style)]) {
        for (row, entries) in legend_rows(names, self.left).into_iter().enumerate() {
            let y = LEGEND_ROW * (row as f64 + 0.7);
            for (x, name, style) in entries {
                line(svg, (x, y), (x + 22.0, y), style.colour, "1", style.dash);
                draw_marker(svg, style.marker, (x + 11.0, y), style.colour);
                text(svg, (x + 27.0, y + 4.0), "start", name);
            }
        }
    }
}

/// Rows that a legend takes.
pub(super) fn rows_for(names: &[(&str, Style)], left: f64) -> usize {
    if names.len() < 2 { 0 } else { legend_rows(names, left).len() }
}

fn legend_rows<'a>(names: &[(&'a str, Style)], left: f64) -> Vec<Vec<(f64, &'a str, Style)>> {
    let mut rows: Vec<Vec<(f64, &str, Style)>> = Vec::new();
    let mut at = f64::MAX;
    for (name, style) in names {
        let width = 40.0 + CHARACTER * name.width() as f64;
        if at + width > WIDTH {
            rows.push(Vec::new());
            at = left;
        }
        if let Some(row) = rows.last_mut() {
            row.push((at, name, *style));
        }
        at += width;
    }
    rows
}
