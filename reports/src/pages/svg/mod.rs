//! A small writer of line charts.
//!
//! Axes, lines, markers and a legend; one escape function; nothing that is not finite is drawn,
//! a missing value is a gap. Series differ in dash and marker as well as in colour. Styles are
//! presentation attributes, which a content security policy allows.

mod marks;

use self::marks::{Marker, draw_marker, grid_line, plain, put, runs, text, ticks};
use super::text::html;

const WIDTH: f64 = 640.0;
const HEIGHT: f64 = 280.0;
const LEFT: f64 = 52.0;
const RIGHT: f64 = 130.0;
const TOP: f64 = 14.0;
const BOTTOM: f64 = 42.0;

/// Colour, dash pattern, marker. The colours stay apart for red-green blindness.
const STYLES: [(&str, &str, Marker); 4] = [
    ("#C0392B", "", Marker::Circle),
    ("#2E6FBB", "7 4", Marker::Square),
    ("#8E6C00", "2 3", Marker::Diamond),
    ("#4A7C59", "9 3 2 3", Marker::Circle),
];

/// One line of a chart.
pub(super) struct Series {
    /// Shown in the legend.
    pub(super) name: String,
    /// One value a position; `None` is a gap.
    pub(super) values: Vec<Option<f64>>,
    /// Interval at each position, drawn as a shade; empty for none.
    pub(super) band: Vec<Option<(f64, f64)>>,
}

/// A chart of lines over the same positions, from 0 to `top`.
pub(super) struct LineChart {
    pub(super) title: String,
    pub(super) description: String,
    pub(super) x_label: String,
    pub(super) y_label: String,
    /// What stands under each position.
    pub(super) positions: Vec<usize>,
    pub(super) top: f64,
    /// A dashed line with its name.
    pub(super) ceiling: Option<(String, f64)>,
    pub(super) series: Vec<Series>,
}

impl LineChart {
    /// The chart as an `svg` element. Values that are not finite are left out.
    pub(super) fn draw(&self) -> String {
        let mut svg = format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {HEIGHT}\" role=\"img\" \
             font-family=\"system-ui, sans-serif\" font-size=\"12\" fill=\"currentColor\">\
             <title>{}</title><desc>{}</desc>",
            html(&self.title),
            html(&self.description)
        );
        self.axes(&mut svg);
        self.ceiling(&mut svg);
        for (series, (colour, ..)) in self.series.iter().zip(STYLES.iter().cycle()) {
            self.band(&mut svg, series, colour);
        }
        for (series, style) in self.series.iter().zip(STYLES.iter().cycle()) {
            self.line(&mut svg, series, style);
        }
        self.legend(&mut svg);
        svg.push_str("</svg>");
        svg
    }

    fn x(&self, position: usize) -> f64 {
        let steps = self.positions.len().saturating_sub(1).max(1) as f64;
        LEFT + (WIDTH - LEFT - RIGHT) * position as f64 / steps
    }

    fn y(&self, value: f64) -> f64 {
        HEIGHT - BOTTOM - (HEIGHT - TOP - BOTTOM) * (value / self.top).clamp(0.0, 1.0)
    }

    fn axes(&self, svg: &mut String) {
        for value in ticks(self.top) {
            let y = self.y(value);
            grid_line(svg, (LEFT, WIDTH - RIGHT), y, "currentColor", "0.15", "");
            text(svg, (LEFT - 6.0, y + 4.0), "end", &plain(value));
        }
        let every = self.positions.len().div_ceil(12).max(1);
        for (position, number) in self.positions.iter().enumerate().step_by(every) {
            text(svg, (self.x(position), HEIGHT - BOTTOM + 16.0), "middle", &number.to_string());
        }
        text(svg, ((LEFT + WIDTH - RIGHT) / 2.0, HEIGHT - 6.0), "middle", &self.x_label);
        let middle = (TOP + HEIGHT - BOTTOM) / 2.0;
        put(svg, format_args!("<g transform=\"rotate(-90 14 {middle:.1})\">"));
        text(svg, (14.0, middle), "middle", &self.y_label);
        svg.push_str("</g>");
    }

    fn ceiling(&self, svg: &mut String) {
        let Some((name, value)) = self.ceiling.as_ref().filter(|(_, value)| value.is_finite())
        else {
            return;
        };
        let y = self.y(*value);
        grid_line(svg, (LEFT, WIDTH - RIGHT), y, "currentColor", "0.7", "3 3");
        text(svg, (WIDTH - RIGHT + 8.0, y + 4.0), "start", name);
    }

    fn band(&self, svg: &mut String, series: &Series, colour: &str) {
        let end = |pick: fn((f64, f64)) -> f64| -> Vec<Option<f64>> {
            series.band.iter().map(|ends| ends.map(pick)).collect()
        };
        for (low, high) in runs(&end(|ends| ends.0)).iter().zip(runs(&end(|ends| ends.1))) {
            let outline = high.iter().chain(low.iter().rev());
            let points: Vec<String> =
                outline.map(|(i, v)| format!("{:.1},{:.1}", self.x(*i), self.y(*v))).collect();
            put(
                svg,
                format_args!(
                    "<polygon points=\"{}\" fill=\"{colour}\" fill-opacity=\"0.18\"/>",
                    points.join(" ")
                ),
            );
        }
    }

    fn line(
        &self,
        svg: &mut String,
        series: &Series,
        (colour, dash, marker): &(&str, &str, Marker),
    ) {
        for run in runs(&series.values) {
            let points: Vec<String> =
                run.iter().map(|(i, v)| format!("{:.1},{:.1}", self.x(*i), self.y(*v))).collect();
            put(
                svg,
                format_args!(
                    "<polyline points=\"{}\" fill=\"none\" stroke=\"{colour}\" stroke-width=\"2\" stroke-dasharray=\"{dash}\"/>",
                    points.join(" ")
                ),
            );
            run.iter()
                .for_each(|(i, v)| draw_marker(svg, *marker, (self.x(*i), self.y(*v)), colour));
        }
    }

    fn legend(&self, svg: &mut String) {
        let x = WIDTH - RIGHT + 8.0;
        for (row, (series, (colour, dash, marker))) in
            self.series.iter().zip(STYLES.iter().cycle()).enumerate()
        {
            let y = HEIGHT - BOTTOM - 16.0 * (self.series.len() - row) as f64;
            put(
                svg,
                format_args!(
                    "<line x1=\"{x}\" y1=\"{y}\" x2=\"{}\" y2=\"{y}\" stroke=\"{colour}\" stroke-width=\"2\" stroke-dasharray=\"{dash}\"/>",
                    x + 24.0
                ),
            );
            draw_marker(svg, *marker, (x + 12.0, y), colour);
            text(svg, (x + 30.0, y + 4.0), "start", &series.name);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chart(values: Vec<Option<f64>>) -> LineChart {
        LineChart {
            title: "Usage entropy <b>".to_owned(),
            description: "d".to_owned(),
            x_label: "layer".to_owned(),
            y_label: "bits".to_owned(),
            positions: (0..values.len()).collect(),
            top: 4.0,
            ceiling: Some(("log2 16".to_owned(), 4.0)),
            series: vec![Series {
                name: "</text><script>".to_owned(),
                band: values.iter().map(|v| v.map(|v| (v - 0.25, v + 0.25))).collect(),
                values,
            }],
        }
    }

    #[test]
    fn a_small_chart() {
        insta::assert_snapshot!(
            chart(vec![Some(1.0), None, Some(3.0), Some(4.0)]).draw().replace("><", ">\n<")
        );
    }

    #[test]
    fn nothing_that_is_not_finite_is_drawn() {
        let svg = chart(vec![Some(f64::NAN), Some(f64::INFINITY), Some(9.0), Some(-1.0)]).draw();
        assert!(!svg.contains("NaN") && !svg.contains("inf"));
        assert_eq!(svg.matches("<polyline").count(), 1);
        assert!(!chart(vec![]).draw().contains("NaN"));
    }

    #[test]
    fn labels_are_text() {
        let svg = chart(vec![Some(1.0)]).draw();
        assert!(
            !svg.contains("<script")
                && svg.contains("&lt;script&gt;")
                && svg.contains("Usage entropy &lt;b&gt;")
        );
    }

    #[test]
    fn ticks_are_round() {
        assert_eq!(ticks(7.0), [0.0, 2.0, 4.0, 6.0]);
        assert_eq!(ticks(4.0), [0.0, 1.0, 2.0, 3.0, 4.0]);
        assert_eq!(ticks(f64::NAN), [0.0]);
    }
}
