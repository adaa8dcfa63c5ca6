//! Points in the plane.

use unicode_width::UnicodeWidthStr;

use super::Axis;
use super::frame::{Frame, rows_for};
use super::marks::{Style, draw_marker, line, put, style, text};

/// A named point.
pub(in crate::pages) struct ScatterPoint {
    pub(in crate::pages) label: String,
    pub(in crate::pages) series: usize,
    pub(in crate::pages) x: f64,
    pub(in crate::pages) y: f64,
}

/// Points, and where it is meant to be seen a line with its band.
pub(in crate::pages) struct Scatter {
    pub(in crate::pages) title: String,
    pub(in crate::pages) description: String,
    pub(in crate::pages) x_label: String,
    pub(in crate::pages) y_label: String,
    /// Names of series; one has no legend.
    pub(in crate::pages) series: Vec<String>,
    pub(in crate::pages) points: Vec<ScatterPoint>,
    /// (x, value, low, high) along the line; empty for none.
    pub(in crate::pages) line: Vec<(f64, f64, f64, f64)>,
}

impl Scatter {
    /// The chart as an `svg` element.
    pub(in crate::pages) fn draw(&self) -> String {
        let named: Vec<(&str, Style)> =
            self.series.iter().enumerate().map(|(i, name)| (name.as_str(), style(i))).collect();
        let frame = Frame {
            title: &self.title,
            description: &self.description,
            x_label: &self.x_label,
            y_label: &self.y_label,
            x: around(self.points.iter().map(|point| point.x)),
            y: around(self.points.iter().map(|point| point.y)),
            height: 250.0,
            left: 52.0,
            legend_rows: rows_for(&named, 52.0),
        };
        let mut svg = frame.begin();
        frame.y_axis(&mut svg);
        frame.x_axis(&mut svg);
        self.line(&frame, &mut svg);
        let finite = |point: &&ScatterPoint| point.x.is_finite() && point.y.is_finite();
        let mut placed: Vec<(f64, f64, f64)> = Vec::new();
        for point in self.points.iter().filter(finite) {
            let (at, style) = ((frame.x(point.x), frame.y(point.y)), style(point.series));
            draw_marker(&mut svg, style.marker, at, style.colour);
            let is_right = at.0 > (frame.columns().0 + frame.columns().1) / 2.0;
            let (dx, anchor) = if is_right { (-7.0, "end") } else { (7.0, "start") };
            let width = 6.6 * point.label.width() as f64;
            let left = if is_right { at.0 - 7.0 - width } else { at.0 + 7.0 };
            // A label that would cover another is left out; the table names every point.
            let covers = |(x, y, w): &(f64, f64, f64)| {
                (at.1 - y).abs() < 12.0 && left < x + w && *x < left + width
            };
            if !placed.iter().any(covers) {
                text(&mut svg, (at.0 + dx, at.1 + 4.0), anchor, &point.label);
                placed.push((left, at.1, width));
            }
        }
        if frame.legend_rows > 0 {
            frame.legend(&mut svg, &named);
        }
        Frame::end(svg)
    }

    fn line(&self, frame: &Frame<'_>, svg: &mut String) {
        if self.line.is_empty() {
            return;
        }
        let at = |x: f64, y: f64| format!("{:.1},{:.1}", frame.x(x), frame.y(y));
        let high = self.line.iter().map(|(x, _, _, high)| at(*x, *high));
        let low = self.line.iter().rev().map(|(x, _, low, _)| at(*x, *low));
        let outline: Vec<String> = high.chain(low).collect();
        let shade = "fill=\"currentColor\" fill-opacity=\"0.12\"";
        put(svg, format_args!("<polygon points=\"{}\" {shade}/>", outline.join(" ")));
        for pair in self.line.windows(2) {
            let point = |(x, y, ..): (f64, f64, f64, f64)| (frame.x(x), frame.y(y));
            line(svg, point(pair[0]), point(pair[1]), "currentColor", "0.8", "");
        }
    }
}

/// The range of the values with a tenth of room to either side.
fn around(values: impl Iterator<Item = f64>) -> Axis {
    let finite = values.filter(|value| value.is_finite());
    let (low, high) = finite.fold((f64::MAX, f64::MIN), |(a, b), x| (a.min(x), b.max(x)));
    let room = if high > low { 0.12 * (high - low) } else { 0.5 };
    Axis::new(low - room, high + room)
}
