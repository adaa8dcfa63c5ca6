//! One writer a run.
