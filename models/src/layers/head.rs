//! The vocabulary projection of wanted rows.

use std::sync::Arc;

use candle_core::{Result, Tensor};

use super::Norm;
use super::linear::gather_rows;
use crate::kernels::head::{Prediction, Projection, predict};
use crate::kernels::host::host;
use crate::kernels::packed::Packed;
use crate::kernels::vector;

/// Final norm and vocabulary projection.
pub(crate) struct Head {
    pub(crate) norm: Norm,
    /// `[vocab, hidden]`; the embedding's own where tied.
    pub(crate) weight: Arc<Packed>,
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
        let wanted = self.norm.forward(&gather_rows(x, rows.iter().copied())?)?;
        let mut wanted = host(&wanted)?.to_vec();
        if self.divisor != 1.0 {
            vector::scale(&mut wanted, 1.0 / self.divisor);
        }
        let bias = self.bias.as_ref().map(host).transpose()?;
        let projection = Projection { weight: &self.weight, bias: bias.as_deref() };
        Ok(predict(&wanted, projection, targets))
    }
}
