//! A small writer of charts.
//!
//! Axes, lines, bands, bars, dots and heatmaps; one escape function; nothing that is not finite
//! is drawn, a missing value is a gap. Series differ in dash and marker as well as in colour.
//! Styles are presentation attributes, which a content security policy allows. Every chart has a
//! title and a description; the table of its numbers stands beside it.

mod axis;
mod bars;
mod dots;
mod frame;
mod heatmap;
mod lines;
mod marks;
mod scatter;
mod shares;
#[cfg(test)]
mod tests;

pub(super) use axis::Axis;
pub(super) use bars::{Bar, BarChart};
pub(super) use dots::{Dot, DotChart, DotRow};
pub(super) use heatmap::{Heatmap, Scale};
pub(super) use lines::{LineChart, Reference, Series, Shade};
pub(super) use scatter::{Scatter, ScatterPoint};
pub(super) use shares::{ShareChart, ShareRow};
