//! Routing in and out of files: tables and arrays that other programs wrote, and tables for other programs.
//!
//! [`import`] reads rates (the wide tables of arXiv:2605.17598's authors), counts (routing.json) and ids per token
//! (vLLM's and SGLang's arrays); [`export`] writes the wide tables and one row a (document, span, layer, expert).
//! What either means is computed in `reports` and `metrics`.

pub mod export;
pub mod import;
