//! Estimates from per-document scores.
