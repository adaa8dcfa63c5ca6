//! Training of the miniature Qwen3-MoE, in candle with autograd.
//!
//! A [`batch`] packs whole documents end to end; nothing attends across their borders. The
//! [`model`] is a chain of differentiable [`operations`], most of which are written here as
//! candle custom operations with a backward pass of their own, for two reasons: candle's fused
//! softmax, norm and rotary kernels cut the gradient without an error, and its element-wise
//! kernels are slow on cores that others use too. Every operation runs on one thread and adds in
//! a fixed order, so a training is a function of its seed; stages that do not depend on each
//! other can be trained side by side as processes of their own.
//!
//! [`run`] is the loop, [`state`] what it keeps on disk to be resumed, [`skills`] a check of what
//! has been learnt that needs nothing but this crate.

pub mod batch;
pub mod model;
pub mod operations;
pub mod optimizer;
pub mod run;
pub mod skills;
pub mod state;
