//! Dots with intervals, a row a thing: scores of models, odds ratios.

use unicode_width::UnicodeWidthStr;

use super::Axis;
use super::frame::{Frame, rows_for};
use super::marks::{Style, draw_marker, line, style, text, whisker};

/// A value with its interval.
pub(in crate::pages) struct Dot {
    /// Place of its series.
    pub(in crate::pages) series: usize,
    pub(in crate::pages) value: f64,
    pub(in crate::pages) interval: Option<(f64, f64)>,
}

/// A named row of dots.
pub(in crate::pages) struct DotRow {
    pub(in crate::pages) label: String,
    pub(in crate::pages) dots: Vec<Dot>,
}

/// Rows of dots over one horizontal axis.
pub(in crate::pages) struct DotChart {
    pub(in crate::pages) title: String,
    pub(in crate::pages) description: String,
    pub(in crate::pages) x_label: String,
    pub(in crate::pages) axis: Axis,
    /// A vertical line where nothing is the case.
    pub(in crate::pages) zero: Option<f64>,
    /// Names of series; one has no legend.
    pub(in crate::pages) series: Vec<String>,
    pub(in crate::pages) rows: Vec<DotRow>,
}

const ROW: f64 = 13.0;

impl DotChart {
    /// The chart as an `svg` element.
    pub(in crate::pages) fn draw(&self) -> String {
        let named: Vec<(&str, Style)> =
            self.series.iter().enumerate().map(|(i, name)| (name.as_str(), style(i))).collect();
        let lanes = self.series.len().max(1) as f64;
        let step = ROW * lanes + 7.0;
        let longest = self.rows.iter().map(|row| row.label.width()).max().unwrap_or(0);
        let left = (16.0 + 6.4 * longest as f64).clamp(60.0, 210.0);
        let frame = Frame {
            title: &self.title,
            description: &self.description,
            x_label: &self.x_label,
            y_label: "",
            x: self.axis,
            y: Axis::new(0.0, 1.0),
            height: 52.0 + step * self.rows.len() as f64,
            left,
            legend_rows: rows_for(&named, 8.0),
        };
        let mut svg = frame.begin();
        self.grid(&frame, &mut svg);
        for (place, row) in self.rows.iter().enumerate() {
            let top = frame.rows().0 + step * place as f64;
            text(&mut svg, (left - 8.0, top + step / 2.0 + 4.0), "end", &shortened(&row.label));
            for dot in row.dots.iter().filter(|dot| dot.value.is_finite()) {
                let y = top + 3.5 + ROW * (dot.series as f64 + 0.5);
                draw(&frame, &mut svg, dot, y);
            }
        }
        if frame.legend_rows > 0 {
            Frame { left: 8.0, ..frame }.legend(&mut svg, &named);
        }
        Frame::end(svg)
    }

    fn grid(&self, frame: &Frame<'_>, svg: &mut String) {
        let (top, bottom) = frame.rows();
        for value in frame.x.ticks() {
            let x = frame.x(value);
            line(svg, (x, top), (x, bottom), "currentColor", "0.15", "");
        }
        if let Some(zero) = self.zero.filter(|zero| frame.x.holds(*zero)) {
            let x = frame.x(zero);
            line(svg, (x, top), (x, bottom), "currentColor", "0.7", "3 3");
        }
        frame.x_axis(svg);
    }
}

/// Labels have room for about thirty characters.
fn shortened(label: &str) -> String {
    if label.width() <= 31 {
        return label.to_owned();
    }
    let kept: String = label.chars().take(29).collect();
    format!("{kept}…")
}

fn draw(frame: &Frame<'_>, svg: &mut String, dot: &Dot, y: f64) {
    let style = style(dot.series);
    let ends = dot.interval.filter(|(low, high)| low.is_finite() && high.is_finite());
    if let Some((low, high)) = ends {
        whisker(svg, (frame.x(low), y), (frame.x(high), y), style.colour);
    }
    draw_marker(svg, style.marker, (frame.x(dot.value), y), style.colour);
}
