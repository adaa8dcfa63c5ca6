//! Lines by layer.

use super::Axis;
use super::frame::{Frame, WIDTH, rows_for};
use super::marks::{Style, draw_marker, line, put, runs, style, text};

/// Beyond this many positions markers are drawn at some of them only.
const MOST_MARKERS: usize = 16;

/// One line of a chart.
pub(in crate::pages) struct Series {
    /// Shown in the legend.
    pub(in crate::pages) name: String,
    /// One value a position; `None` is a gap.
    pub(in crate::pages) values: Vec<Option<f64>>,
    /// Interval at each position, drawn as a shade; empty for none.
    pub(in crate::pages) band: Vec<Option<(f64, f64)>>,
}

/// A dashed line with its name.
pub(in crate::pages) struct Reference {
    pub(in crate::pages) name: String,
    pub(in crate::pages) value: f64,
}

/// A grey band to compare lines with, and its name.
pub(in crate::pages) struct Shade {
    pub(in crate::pages) name: String,
    /// Lowest and highest at each position; `None` is a gap.
    pub(in crate::pages) ends: Vec<Option<(f64, f64)>>,
}

/// A chart of lines over the same positions.
pub(in crate::pages) struct LineChart {
    pub(in crate::pages) title: String,
    pub(in crate::pages) description: String,
    pub(in crate::pages) x_label: String,
    pub(in crate::pages) y_label: String,
    /// What stands under each position.
    pub(in crate::pages) positions: Vec<usize>,
    pub(in crate::pages) axis: Axis,
    pub(in crate::pages) references: Vec<Reference>,
    pub(in crate::pages) shade: Option<Shade>,
    pub(in crate::pages) series: Vec<Series>,
}

impl LineChart {
    /// The chart as an `svg` element. Values that are not finite are left out.
    pub(in crate::pages) fn draw(&self) -> String {
        let named: Vec<(&str, Style)> = self
            .series
            .iter()
            .enumerate()
            .map(|(place, series)| (series.name.as_str(), style(place)))
            .collect();
        let last = self.positions.len().saturating_sub(1).max(1) as f64;
        let frame = Frame {
            title: &self.title,
            description: &self.description,
            x_label: &self.x_label,
            y_label: &self.y_label,
            x: Axis::new(0.0, last),
            y: self.axis,
            height: 240.0,
            left: 52.0,
            legend_rows: rows_for(&named, 52.0),
        };
        let mut svg = frame.begin();
        frame.y_axis(&mut svg);
        self.x_axis(&frame, &mut svg);
        self.references(&frame, &mut svg);
        self.shade(&frame, &mut svg);
        for (series, (_, style)) in self.series.iter().zip(&named) {
            band(&frame, &mut svg, &series.band, style.colour);
        }
        for (series, (_, style)) in self.series.iter().zip(&named) {
            draw_series(&frame, &mut svg, series, *style);
        }
        if frame.legend_rows > 0 {
            frame.legend(&mut svg, &named);
        }
        Frame::end(svg)
    }

    fn x_axis(&self, frame: &Frame<'_>, svg: &mut String) {
        let (_, bottom) = frame.rows();
        let every = self.positions.len().div_ceil(12).max(1);
        for (position, number) in self.positions.iter().enumerate().step_by(every) {
            let x = frame.x(position as f64);
            text(svg, (x, bottom + 16.0), "middle", &number.to_string());
        }
        frame.x_name(svg);
    }

    /// Named above its last position, where lines of layers part.
    fn shade(&self, frame: &Frame<'_>, svg: &mut String) {
        let Some(shade) = &self.shade else { return };
        band(frame, svg, &shade.ends, "currentColor");
        // A band of a hair's breadth would not be seen by its colour alone.
        for pick in [|ends: (f64, f64)| ends.0, |ends: (f64, f64)| ends.1] {
            let edge: Vec<Option<f64>> = shade.ends.iter().map(|ends| ends.map(pick)).collect();
            for run in runs(&edge) {
                put(
                    svg,
                    format_args!(
                        "<polyline points=\"{}\" fill=\"none\" stroke=\"currentColor\" stroke-opacity=\"0.5\" stroke-dasharray=\"1 2\"/>",
                        points(frame, run.iter().copied())
                    ),
                );
            }
        }
        if let Some((_, high)) = shade.ends.iter().rev().flatten().next() {
            let y = frame.y(*high) - 4.0;
            text(svg, (WIDTH - 14.0, y), "end", &shade.name);
        }
    }

    fn references(&self, frame: &Frame<'_>, svg: &mut String) {
        for reference in self.references.iter().filter(|line| frame.y.holds(line.value)) {
            let ((left, right), y) = (frame.columns(), frame.y(reference.value));
            line(svg, (left, y), (right, y), "currentColor", "0.7", "3 3");
            text(svg, (WIDTH - 14.0, y - 4.0), "end", &reference.name);
        }
    }
}

fn band(frame: &Frame<'_>, svg: &mut String, ends: &[Option<(f64, f64)>], colour: &str) {
    let end = |pick: fn((f64, f64)) -> f64| -> Vec<Option<f64>> {
        let finite = |ends: &(f64, f64)| ends.0.is_finite() && ends.1.is_finite();
        ends.iter().map(|ends| ends.filter(finite).map(pick)).collect()
    };
    for (low, high) in runs(&end(|ends| ends.0)).iter().zip(runs(&end(|ends| ends.1))) {
        let outline = high.iter().chain(low.iter().rev());
        let points = points(frame, outline.copied());
        let shade =
            format_args!("<polygon points=\"{points}\" fill=\"{colour}\" fill-opacity=\"0.18\"/>");
        put(svg, shade);
    }
}

fn draw_series(frame: &Frame<'_>, svg: &mut String, series: &Series, style: Style) {
    let every = series.values.len().div_ceil(MOST_MARKERS).max(1);
    for run in runs(&series.values) {
        put(
            svg,
            format_args!(
                "<polyline points=\"{}\" fill=\"none\" stroke=\"{}\" stroke-width=\"2\" stroke-dasharray=\"{}\"/>",
                points(frame, run.iter().copied()),
                style.colour,
                style.dash
            ),
        );
        let alone = run.len() == 1;
        let marked = run.iter().filter(|(position, _)| alone || position.is_multiple_of(every));
        marked.for_each(|(i, v)| {
            draw_marker(svg, style.marker, (frame.x(*i as f64), frame.y(*v)), style.colour);
        });
    }
}

fn points(frame: &Frame<'_>, values: impl Iterator<Item = (usize, f64)>) -> String {
    let points: Vec<String> =
        values.map(|(i, v)| format!("{:.1},{:.1}", frame.x(i as f64), frame.y(v))).collect();
    points.join(" ")
}
