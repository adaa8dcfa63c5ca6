//! stub
pub mod config;
pub mod encode;
pub mod plan;
pub mod run;
pub mod suggest;
