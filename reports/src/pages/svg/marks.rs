//! Points, lines and text.

use std::fmt::Write as _;

use crate::pages::text::html;

/// Shape of a point.
#[derive(Clone, Copy)]
pub(super) enum Marker {
    Circle,
    Square,
    Diamond,
    Triangle,
}

/// What tells a series from others: never its colour alone.
#[derive(Clone, Copy)]
pub(super) struct Style {
    pub(super) colour: &'static str,
    pub(super) dash: &'static str,
    pub(super) marker: Marker,
}

/// The colours stay apart for red-green blindness, and on white and on black.
const STYLES: [Style; 6] = [
    Style { colour: "#C0392B", dash: "", marker: Marker::Circle },
    Style { colour: "#2E6FBB", dash: "7 4", marker: Marker::Square },
    Style { colour: "#B07D00", dash: "2 3", marker: Marker::Diamond },
    Style { colour: "#4A8C6A", dash: "9 3 2 3", marker: Marker::Triangle },
    Style { colour: "#8E5EA2", dash: "12 3", marker: Marker::Circle },
    Style { colour: "#6B7580", dash: "4 2", marker: Marker::Square },
];

/// The style of the series at this place.
pub(super) fn style(place: usize) -> Style {
    STYLES[place % STYLES.len()]
}

/// Stretches of finite values with their positions.
pub(super) fn runs(values: &[Option<f64>]) -> Vec<Vec<(usize, f64)>> {
    let mut runs = vec![Vec::new()];
    for (position, value) in values.iter().enumerate() {
        match value.filter(|value| value.is_finite()) {
            Some(value) => runs.last_mut().expect("begins with one").push((position, value)),
            None => runs.push(Vec::new()),
        }
    }
    runs.retain(|run| !run.is_empty());
    runs
}

pub(super) fn line(
    svg: &mut String,
    (x1, y1): (f64, f64),
    (x2, y2): (f64, f64),
    colour: &str,
    opacity: &str,
    dash: &str,
) {
    let dash =
        if dash.is_empty() { String::new() } else { format!(" stroke-dasharray=\"{dash}\"") };
    put(
        svg,
        format_args!(
            "<line x1=\"{x1:.1}\" y1=\"{y1:.1}\" x2=\"{x2:.1}\" y2=\"{y2:.1}\" stroke=\"{colour}\" stroke-opacity=\"{opacity}\"{dash}/>"
        ),
    );
}

/// Text in a direction of its own: an isolate keeps a right-to-left label from moving its
/// neighbours.
pub(super) fn text(svg: &mut String, (x, y): (f64, f64), anchor: &str, content: &str) {
    put(
        svg,
        format_args!(
            "<text x=\"{x:.1}\" y=\"{y:.1}\" text-anchor=\"{anchor}\">\u{2068}{}\u{2069}</text>",
            html(content)
        ),
    );
}

pub(super) fn rect(svg: &mut String, (x, y): (f64, f64), (width, height): (f64, f64), fill: &str) {
    put(
        svg,
        format_args!(
            "<rect x=\"{x:.1}\" y=\"{y:.1}\" width=\"{width:.1}\" height=\"{height:.1}\" fill=\"{fill}\"/>"
        ),
    );
}

pub(super) fn draw_marker(svg: &mut String, marker: Marker, (x, y): (f64, f64), colour: &str) {
    match marker {
        Marker::Circle => put(
            svg,
            format_args!("<circle cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"3\" fill=\"{colour}\"/>"),
        ),
        Marker::Square => rect(svg, (x - 2.7, y - 2.7), (5.4, 5.4), colour),
        Marker::Diamond => put(
            svg,
            format_args!("<path d=\"M{x:.1} {:.1}l4 4l-4 4l-4 -4z\" fill=\"{colour}\"/>", y - 4.0),
        ),
        Marker::Triangle => {
            put(
                svg,
                format_args!("<path d=\"M{x:.1} {:.1}l4 7h-8z\" fill=\"{colour}\"/>", y - 4.0),
            );
        }
    }
}

/// A vertical or horizontal interval through a point, with ends.
pub(super) fn whisker(svg: &mut String, (x1, y1): (f64, f64), (x2, y2): (f64, f64), colour: &str) {
    line(svg, (x1, y1), (x2, y2), colour, "1", "");
    let is_flat = (y1 - y2).abs() < 1e-9;
    for (x, y) in [(x1, y1), (x2, y2)] {
        let (dx, dy) = if is_flat { (0.0, 3.0) } else { (3.0, 0.0) };
        line(svg, (x - dx, y - dy), (x + dx, y + dy), colour, "1", "");
    }
}

pub(super) fn put(svg: &mut String, piece: std::fmt::Arguments<'_>) {
    svg.write_fmt(piece).expect("strings accept every write");
}
