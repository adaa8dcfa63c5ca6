//! Bars by layer or by expert.

use super::Axis;
use super::frame::{Frame, rows_for};
use super::marks::{Marker, Style, line, rect, style, text, whisker};

/// One bar.
pub(in crate::pages) struct Bar {
    /// What stands under it; may be empty.
    pub(in crate::pages) label: String,
    /// `None` is a gap.
    pub(in crate::pages) value: Option<f64>,
    pub(in crate::pages) interval: Option<(f64, f64)>,
    /// Place of its class among the chart's.
    pub(in crate::pages) class: usize,
}

/// Bars from zero; classes differ in colour and are named in the legend, and lie apart.
pub(in crate::pages) struct BarChart {
    pub(in crate::pages) title: String,
    pub(in crate::pages) description: String,
    pub(in crate::pages) x_label: String,
    pub(in crate::pages) y_label: String,
    pub(in crate::pages) axis: Axis,
    /// Names of classes; one or none has no legend.
    pub(in crate::pages) classes: Vec<String>,
    /// Dashed lines across.
    pub(in crate::pages) thresholds: Vec<f64>,
    pub(in crate::pages) bars: Vec<Bar>,
}

impl BarChart {
    /// The chart as an `svg` element.
    pub(in crate::pages) fn draw(&self) -> String {
        let of_class = |place| Style { dash: "", marker: Marker::Square, ..style(place) };
        let named: Vec<(&str, Style)> =
            self.classes.iter().enumerate().map(|(i, name)| (name.as_str(), of_class(i))).collect();
        let frame = Frame {
            title: &self.title,
            description: &self.description,
            x_label: &self.x_label,
            y_label: &self.y_label,
            x: Axis::new(0.0, self.bars.len().max(1) as f64),
            y: self.axis,
            height: 200.0,
            left: 52.0,
            legend_rows: rows_for(&named, 52.0),
        };
        let mut svg = frame.begin();
        frame.y_axis(&mut svg);
        frame.x_name(&mut svg);
        for threshold in self.thresholds.iter().filter(|value| frame.y.holds(**value)) {
            let ((left, right), y) = (frame.columns(), frame.y(*threshold));
            line(&mut svg, (left, y), (right, y), "currentColor", "0.7", "3 3");
        }
        let every = self.bars.len().div_ceil(12).max(1);
        for (place, bar) in self.bars.iter().enumerate() {
            draw(&frame, &mut svg, place, bar, of_class(bar.class).colour);
            if place.is_multiple_of(every) && !bar.label.is_empty() {
                let at = (frame.x(place as f64 + 0.5), frame.rows().1 + 16.0);
                text(&mut svg, at, "middle", &bar.label);
            }
        }
        if frame.legend_rows > 0 {
            frame.legend(&mut svg, &named);
        }
        Frame::end(svg)
    }
}

fn draw(frame: &Frame<'_>, svg: &mut String, place: usize, bar: &Bar, colour: &str) {
    let Some(value) = bar.value.filter(|value| value.is_finite()) else { return };
    let (left, right) = (frame.x(place as f64 + 0.1), frame.x(place as f64 + 0.9));
    let (zero, end) = (frame.y(0.0), frame.y(value));
    rect(svg, (left, zero.min(end)), (right - left, (zero - end).abs()), colour);
    let ends = bar.interval.filter(|(low, high)| low.is_finite() && high.is_finite());
    if let Some((low, high)) = ends {
        let x = (left + right) / 2.0;
        whisker(svg, (x, frame.y(low)), (x, frame.y(high)), "currentColor");
    }
}
