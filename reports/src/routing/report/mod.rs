//! Routing as tables: for terminals, Markdown, spreadsheets and other programs.
//!
//! A [`RoutingReport`] holds everything that was measured, of a run or of imported tables;
//! [`RoutingReport::tables`] lays it out for people, [`RoutingReport::facts`] one number a row for
//! programs, [`RoutingReport::json`] whole.

mod bars;
mod context;
mod draw;
mod facts;
mod json;
mod languages;
mod notes;
mod specialisation;
mod stages;
mod table;
mod tasks;
mod traces;

pub use draw::{ReportOptions, RouterFacts, RoutingReport};
pub use facts::{FACT_COLUMNS, Fact};
pub use table::{Cell, Table};
