//! A table of numbers as a picture: an indexed PNG, a pixel a cell, in a data address.
//!
//! 48 layers of 128 experts take about 5 kB so, and half a megabyte as rectangles.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::Axis;
use super::axis::plain;
use super::frame::{Frame, WIDTH};
use super::marks::{put, text};

/// Which colours numbers get. Beyond the ends they get the ends' colours.
#[derive(Clone, Copy)]
pub(in crate::pages) enum Scale {
    /// From 0 (light) to `most` (dark), with more steps near 0.
    Sequential { most: f64 },
    /// From −`most` (blue) over 0 (white) to `most` (red).
    Diverging { most: f64 },
}

const LEVELS: usize = 64;
type Colour = [u8; 3];
const SEQUENTIAL: [Colour; 4] = [[247, 244, 237], [240, 176, 92], [176, 58, 72], [52, 18, 64]];
const DIVERGING: [Colour; 5] =
    [[18, 62, 120], [110, 160, 212], [246, 246, 246], [224, 134, 118], [136, 26, 22]];
/// The last palette entry: a cell without a number.
const NOTHING: Colour = [150, 150, 150];

impl Scale {
    fn anchors(self) -> &'static [Colour] {
        match self {
            Self::Sequential { .. } => &SEQUENTIAL,
            Self::Diverging { .. } => &DIVERGING,
        }
    }

    /// Where a value lies between the first colour (0) and the last (1).
    fn share(self, value: f64) -> f64 {
        match self {
            Self::Sequential { most } => (value / most).clamp(0.0, 1.0).sqrt(),
            Self::Diverging { most } => (value / most).clamp(-1.0, 1.0) / 2.0 + 0.5,
        }
    }

    /// Values to name beside the colours.
    fn ticks(self) -> Vec<f64> {
        match self {
            Self::Sequential { most } => vec![0.0, most / 4.0, most],
            Self::Diverging { most } => vec![-most, 0.0, most],
        }
    }

    fn palette(self) -> Vec<u8> {
        let anchors = self.anchors();
        let colour = |level: usize| -> Colour {
            let at = level as f64 / (LEVELS - 1) as f64 * (anchors.len() - 1) as f64;
            let below = (at.floor() as usize).min(anchors.len() - 2);
            let rest = at - below as f64;
            std::array::from_fn(|channel| {
                let (a, b) =
                    (f64::from(anchors[below][channel]), f64::from(anchors[below + 1][channel]));
                (a + (b - a) * rest).round() as u8
            })
        };
        (0..LEVELS).flat_map(colour).chain(NOTHING).collect()
    }
}

/// Layers down, experts across.
pub(in crate::pages) struct Heatmap {
    pub(in crate::pages) title: String,
    pub(in crate::pages) description: String,
    pub(in crate::pages) x_label: String,
    pub(in crate::pages) y_label: String,
    /// What the colours mean.
    pub(in crate::pages) scale_label: String,
    pub(in crate::pages) scale: Scale,
    /// What stands beside each row.
    pub(in crate::pages) rows: Vec<usize>,
    /// One row of cells a layer; `None` is grey.
    pub(in crate::pages) cells: Vec<Vec<Option<f64>>>,
}

impl Heatmap {
    /// The picture as an `svg` element; `None` without a cell.
    pub(in crate::pages) fn draw(&self) -> Option<String> {
        let columns = self.cells.first().map_or(0, Vec::len);
        let image = png(&self.cells, columns, self.scale)?;
        let height = (6.0 * self.cells.len() as f64).clamp(110.0, 300.0) + 52.0;
        let frame = Frame {
            title: &self.title,
            description: &self.description,
            x_label: &self.x_label,
            y_label: &self.y_label,
            x: Axis::new(0.0, columns as f64),
            y: Axis::new(0.0, 1.0),
            height,
            left: 52.0,
            legend_rows: 2,
        };
        let mut svg = frame.begin();
        let ((left, right), (top, bottom)) = (frame.columns(), frame.rows());
        picture(&mut svg, (left, top), (right - left, bottom - top), &image);
        frame.x_axis(&mut svg);
        self.row_numbers(&mut svg, (left, top, bottom));
        let middle = (top + bottom) / 2.0;
        put(&mut svg, format_args!("<g transform=\"rotate(-90 12 {middle:.1})\">"));
        text(&mut svg, (12.0, middle), "middle", &self.y_label);
        svg.push_str("</g>");
        self.key(&mut svg);
        Some(Frame::end(svg))
    }

    fn row_numbers(&self, svg: &mut String, (left, top, bottom): (f64, f64, f64)) {
        let every = self.rows.len().div_ceil(12).max(1);
        let step = (bottom - top) / self.rows.len().max(1) as f64;
        for (place, number) in self.rows.iter().enumerate().step_by(every) {
            let y = top + step * (place as f64 + 0.5) + 4.0;
            text(svg, (left - 6.0, y), "end", &number.to_string());
        }
    }

    /// The colours and what they mean, above the picture.
    fn key(&self, svg: &mut String) {
        let (width, left) = (120.0, WIDTH - 150.0);
        let steps: Vec<Option<f64>> = (0..LEVELS).map(|level| Some(self.at_level(level))).collect();
        if let Some(image) = png(&[steps], LEVELS, self.scale) {
            picture(svg, (left, 5.0), (width, 10.0), &image);
        }
        text(svg, (left - 8.0, 14.0), "end", &self.scale_label);
        for tick in self.scale.ticks() {
            let x = left + width * self.scale.share(tick);
            text(svg, (x, 28.0), "middle", &plain(tick));
        }
    }

    fn at_level(&self, level: usize) -> f64 {
        let share = level as f64 / (LEVELS - 1) as f64;
        match self.scale {
            Scale::Sequential { most } => most * share * share,
            Scale::Diverging { most } => most * (2.0 * share - 1.0),
        }
    }
}

fn picture(svg: &mut String, (x, y): (f64, f64), (width, height): (f64, f64), image: &str) {
    put(
        svg,
        format_args!(
            "<image x=\"{x:.1}\" y=\"{y:.1}\" width=\"{width:.1}\" height=\"{height:.1}\" \
             preserveAspectRatio=\"none\" image-rendering=\"pixelated\" href=\"data:image/png;base64,{image}\"/>"
        ),
    );
}

/// The cells as base64 of a PNG with a palette; rows of other length than the first are cut or
/// filled. `None` without a cell or when the encoder refuses.
fn png(cells: &[Vec<Option<f64>>], columns: usize, scale: Scale) -> Option<String> {
    let (width, height) = (u32::try_from(columns).ok()?, u32::try_from(cells.len()).ok()?);
    if width == 0 || height == 0 {
        return None;
    }
    let level = |value: Option<f64>| match value.filter(|value| value.is_finite()) {
        Some(value) => (scale.share(value) * (LEVELS - 1) as f64).round() as u8,
        None => LEVELS as u8,
    };
    let row = |row: &Vec<Option<f64>>| -> Vec<u8> {
        (0..columns).map(|column| level(row.get(column).copied().flatten())).collect()
    };
    let pixels: Vec<u8> = cells.iter().flat_map(row).collect();
    let mut bytes = Vec::new();
    let mut encoder = png::Encoder::new(&mut bytes, width, height);
    encoder.set_color(png::ColorType::Indexed);
    encoder.set_depth(png::BitDepth::Eight);
    encoder.set_palette(scale.palette());
    let mut writer = encoder.write_header().ok()?;
    writer.write_image_data(&pixels).ok()?;
    writer.finish().ok()?;
    Some(STANDARD.encode(bytes))
}
