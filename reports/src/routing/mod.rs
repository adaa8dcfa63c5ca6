//! Where the routers sent a run's tokens, measured with all doubt.
//!
//! [`Corpus`] finds the parallel texts of a run; [`RoutingStudy`] reads their rows once and
//! measures every language ([`LanguageSide`]), every two languages of a model ([`RoutingPair`]),
//! every stage of training against its base ([`StageComparison`]), and whether two languages'
//! gaps have one profile ([`GapAgreement`]). [`TaskStudy`] measures a benchmark's own questions. A measure by layer is a [`Curve`]: plain values with
//! intervals, ready to be tabled or drawn. Intervals resample rows; layers are never treated as
//! independent samples.

mod agreement;
mod controls;
mod corpus;
mod curve;
mod equal;
mod imported;
mod pair;
pub mod report;
mod rows;
mod side;
mod stages;
mod study;
mod tasks;
#[cfg(test)]
mod tests;
mod traces;

pub use agreement::GapAgreement;
pub use controls::LanguageControls;
pub use corpus::Corpus;
pub use curve::Curve;
pub use equal::{EqualText, TextNumbers};
pub use imported::{ExportedCorpus, Imported, ImportedLanguages, ImportedRates};
pub use pair::{GapOverSd, LanguageSide, PairNumbers, RoutingPair};
pub use side::{FEW_TOKENS, SideNumbers};
pub use stages::{Change, Quantity, Remediation, StageComparison};
pub use study::{BAND_DRAWS, RoutingStudy};
pub use tasks::{Contrast, Subset, TaskContrast, TaskRouting, TaskStudy};
pub use traces::{CoActivation, Saturation, TraceStudy};
