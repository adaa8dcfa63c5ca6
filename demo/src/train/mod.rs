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
//! [`run`] is the loop of one stage, [`state`] what it keeps on disk to be resumed, and [`stages`]
//! knows which stage starts from which. [`skills`] and [`probe`] check what has been learnt and
//! where tokens go, with nothing but this crate; [`card`] writes it down.

pub mod batch;
pub mod card;
pub mod curve;
mod layer;
pub mod model;
pub mod operations;
pub mod optimizer;
pub mod probe;
pub mod run;
pub mod skills;
pub mod stages;
pub mod state;
