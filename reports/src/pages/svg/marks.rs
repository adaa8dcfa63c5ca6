//! Points, lines, text and round numbers.

use std::fmt::Write as _;

use crate::pages::text::html;

/// Shape of a point.
#[derive(Clone, Copy)]
pub(super) enum Marker {
    Circle,
    Square,
    Diamond,
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

/// Four to eight round values from 0 to `top`.
pub(super) fn ticks(top: f64) -> Vec<f64> {
    if !top.is_finite() || top <= 0.0 {
        return vec![0.0];
    }
    let rough = top / 6.0;
    let unit = 10.0_f64.powf(rough.log10().floor());
    let step = [1.0, 2.0, 5.0, 10.0]
        .into_iter()
        .map(|m| m * unit)
        .find(|step| *step >= rough)
        .unwrap_or(unit);
    (0..=20).map(|i| f64::from(i) * step).take_while(|value| *value <= top * (1.0 + 1e-9)).collect()
}

pub(super) fn plain(value: f64) -> String {
    let text = format!("{value:.2}");
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

pub(super) fn grid_line(
    svg: &mut String,
    (x, end): (f64, f64),
    y: f64,
    colour: &str,
    opacity: &str,
    dash: &str,
) {
    put(
        svg,
        format_args!(
            "<line x1=\"{x}\" y1=\"{y:.1}\" x2=\"{end}\" y2=\"{y:.1}\" stroke=\"{colour}\" stroke-opacity=\"{opacity}\" stroke-dasharray=\"{dash}\"/>"
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

pub(super) fn draw_marker(svg: &mut String, marker: Marker, (x, y): (f64, f64), colour: &str) {
    match marker {
        Marker::Circle => put(
            svg,
            format_args!("<circle cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"3\" fill=\"{colour}\"/>"),
        ),
        Marker::Square => put(
            svg,
            format_args!(
                "<rect x=\"{:.1}\" y=\"{:.1}\" width=\"6\" height=\"6\" fill=\"{colour}\"/>",
                x - 3.0,
                y - 3.0
            ),
        ),
        Marker::Diamond => put(
            svg,
            format_args!("<path d=\"M{x:.1} {:.1}l4 4l-4 4l-4 -4z\" fill=\"{colour}\"/>", y - 4.0),
        ),
    }
}

pub(super) fn put(svg: &mut String, piece: std::fmt::Arguments<'_>) {
    svg.write_fmt(piece).expect("strings accept every write");
}
