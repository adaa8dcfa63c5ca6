//! Filters, metrics and aggregations.
