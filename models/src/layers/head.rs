//! The vocabulary projection of wanted rows.

use std::sync::Arc;

use candle_core::{Result, Tensor};

use super::Norm;
use crate::kernels::head::Prediction;
use crate::ops::{self, Matrix};

/// Final norm and vocabulary projection.
pub(crate) struct Head {
    pub(crate) norm: Norm,
    /// `[vocab, hidden]`; the embedding's own where tied.
    pub(crate) weight: Arc<Matrix>,
    /// `[vocab]`.
    pub(crate) bias: Option<Tensor>,
    /// Divides the logits, before the bias.
    pub(crate) divisor: f32,
}

impl Head {
    /// Predicts after the given packed rows of `x`; `targets` has one list a row.
    pub(crate) fn predict(
        &self,
        x: &Tensor,
        rows: &[usize],
        targets: &[&[u32]],
    ) -> Result<Vec<Prediction>> {
        if rows.is_empty() {
            return Ok(vec![]);
        }
        let mut wanted = self.norm.forward(&ops::gather_rows(x, rows)?)?;
        if self.divisor != 1.0 {
            wanted = wanted.affine(f64::from(1.0 / self.divisor), 0.0)?;
        }
        ops::predict(&wanted, &self.weight, self.bias.as_ref(), targets)
    }
}
