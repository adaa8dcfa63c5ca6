//! Small charts of every kind.

use super::axis::plain;
use super::*;

fn lines(values: Vec<Option<f64>>) -> LineChart {
    LineChart {
        title: "Usage entropy <b>".to_owned(),
        description: "d".to_owned(),
        x_label: "layer".to_owned(),
        y_label: "bits".to_owned(),
        positions: (0..values.len()).collect(),
        axis: Axis::new(0.0, 4.0),
        references: vec![Reference { name: "log2 16".to_owned(), value: 4.0 }],
        shade: None,
        series: vec![
            Series {
                name: "</text><script>".to_owned(),
                band: values.iter().map(|v| v.map(|v| (v - 0.25, v + 0.25))).collect(),
                values,
            },
            Series { name: "עברית".to_owned(), values: vec![Some(1.0)], band: Vec::new() },
        ],
    }
}

fn split(svg: &str) -> String {
    svg.replace("><", ">\n<")
}

#[test]
fn a_small_line_chart() {
    insta::assert_snapshot!(split(&lines(vec![Some(1.0), None, Some(3.0), Some(4.0)]).draw()));
}

#[test]
fn a_shade_is_drawn_and_named() {
    let ends = vec![Some((0.5, 1.0)), Some((0.5, 1.5)), None];
    let shade = Some(Shade { name: "<halves>".to_owned(), ends });
    let svg = LineChart { shade, ..lines(vec![Some(1.0); 3]) }.draw();
    let without = lines(vec![Some(1.0); 3]).draw();
    assert_eq!(svg.matches("<polygon").count(), without.matches("<polygon").count() + 1);
    assert!(svg.contains("&lt;halves&gt;") && svg.contains("fill=\"currentColor\""), "{svg}");
}

#[test]
fn small_bars() {
    let bar = |value, class| Bar {
        label: "1".to_owned(),
        value,
        interval: value.map(|v: f64| (v - 0.1, v + 0.1)),
        class,
    };
    let chart = BarChart {
        title: "gap".to_owned(),
        description: "d".to_owned(),
        x_label: "layer".to_owned(),
        y_label: "bits".to_owned(),
        axis: Axis::new(-1.0, 1.0),
        classes: vec!["he".to_owned(), "en".to_owned()],
        thresholds: vec![0.1, f64::NAN],
        bars: vec![bar(Some(0.5), 0), bar(Some(-0.5), 1), bar(None, 0), bar(Some(f64::NAN), 0)],
    };
    insta::assert_snapshot!(split(&chart.draw()));
}

#[test]
fn small_dots() {
    let dot = |series, value| Dot { series, value, interval: Some((value - 5.0, value + 5.0)) };
    let chart = DotChart {
        title: "scores".to_owned(),
        description: "d".to_owned(),
        x_label: "points".to_owned(),
        axis: Axis::new(0.0, 100.0),
        zero: Some(50.0),
        series: vec!["base".to_owned(), "cpt".to_owned()],
        rows: vec![DotRow {
            label: "a task with a name of more than thirty characters".to_owned(),
            dots: vec![dot(0, 40.0), dot(1, 60.0), dot(1, f64::INFINITY)],
        }],
    };
    insta::assert_snapshot!(split(&chart.draw()));
}

#[test]
fn a_small_scatter() {
    let point = |label: &str, x, y| ScatterPoint { label: label.to_owned(), series: 0, x, y };
    let chart = Scatter {
        title: "link".to_owned(),
        description: "d".to_owned(),
        x_label: "bits".to_owned(),
        y_label: "points".to_owned(),
        series: vec!["cpt".to_owned()],
        points: vec![point("a", 1.0, 10.0), point("b", 3.0, 30.0), point("c", f64::NAN, 1.0)],
        line: vec![(1.0, 10.0, 5.0, 15.0), (3.0, 30.0, 25.0, 35.0)],
    };
    insta::assert_snapshot!(split(&chart.draw()));
}

#[test]
fn small_shares() {
    let chart = ShareChart {
        title: "classes".to_owned(),
        description: "d".to_owned(),
        classes: ["he", "shared", "en"].map(str::to_owned).into(),
        rows: vec![ShareRow { label: "base".to_owned(), shares: vec![0.25, 0.7, 0.05] }],
    };
    insta::assert_snapshot!(split(&chart.draw()));
}

fn heatmap(cells: Vec<Vec<Option<f64>>>) -> Option<String> {
    let heatmap = Heatmap {
        title: "use".to_owned(),
        description: "d".to_owned(),
        x_label: "expert".to_owned(),
        y_label: "layer".to_owned(),
        scale_label: "times an even share".to_owned(),
        scale: Scale::Diverging { most: 2.0 },
        rows: (0..cells.len()).collect(),
        cells,
    };
    heatmap.draw()
}

#[test]
fn a_heatmap_is_a_small_png() {
    let svg = heatmap(vec![vec![Some(-2.0), Some(0.0)], vec![None, Some(f64::NAN)]]).unwrap();
    assert!(svg.contains("href=\"data:image/png;base64,iVBORw0KGgo") && !svg.contains("NaN"));
    let noise = |i: usize| Some(((i * 7919) % 401) as f64 / 100.0 - 2.0);
    let large = (0..48).map(|l| (0..128).map(|e| noise(l * 128 + e)).collect()).collect();
    let size = heatmap(large).unwrap().len();
    assert!(size < 12_000, "{size} bytes for 48 layers of 128 experts");
    assert_eq!((heatmap(Vec::new()), heatmap(vec![Vec::new()])), (None, None));
}

#[test]
fn nothing_that_is_not_finite_is_drawn() {
    let svg = lines(vec![Some(f64::NAN), Some(f64::INFINITY), Some(9.0), Some(-1.0)]).draw();
    assert!(!svg.contains("NaN") && !svg.contains("inf"));
    assert_eq!(svg.matches("<polyline").count(), 2);
    assert!(!lines(vec![]).draw().contains("NaN"));
    let none = Scatter {
        title: String::new(),
        description: String::new(),
        x_label: String::new(),
        y_label: String::new(),
        series: Vec::new(),
        points: Vec::new(),
        line: Vec::new(),
    };
    assert!(!none.draw().contains("NaN"));
}

#[test]
fn labels_are_text() {
    let svg = lines(vec![Some(1.0)]).draw();
    let is_text = svg.contains("&lt;script&gt;") && svg.contains("Usage entropy &lt;b&gt;");
    assert!(!svg.contains("<script") && is_text);
}

#[test]
fn ticks_are_round() {
    assert_eq!(Axis::new(0.0, 7.0).ticks(), [0.0, 2.0, 4.0, 6.0]);
    assert_eq!(Axis::new(0.0, 4.0).ticks(), [0.0, 1.0, 2.0, 3.0, 4.0]);
    assert_eq!(Axis::new(-0.5, 1.0).ticks(), [-0.5, 0.0, 0.5, 1.0]);
    assert_eq!(Axis::new(f64::NAN, 1.0), Axis::new(0.0, 1.0));
    assert_eq!(
        (plain(-0.25), plain(40.0), plain(-0.0)),
        ("\u{2212}0.25".into(), "40".into(), "0".into())
    );
}

#[test]
fn ranges_hold_what_they_must() {
    assert_eq!(Axis::holding((0.0, 4.0), [1.0, f64::NAN]), Axis::new(0.0, 4.0));
    let wide = Axis::holding((0.0, 4.0), [-1.0]);
    assert!((wide.low + 1.25).abs() < 1e-12 && wide.high == 4.0);
}
