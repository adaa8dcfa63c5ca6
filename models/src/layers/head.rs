//! The vocabulary projection of wanted rows.

use std::sync::Arc;

use candle_core::{Result, Tensor};

use super::RmsNorm;
use super::linear::gather_rows;
use crate::kernels::head::{Prediction, predict};
use crate::kernels::host::host;
use crate::kernels::packed::Packed;

/// Final norm and vocabulary projection.
pub(crate) struct Head {
    pub(crate) norm: RmsNorm,
    /// `[vocab, hidden]`; the embedding's own where tied.
    pub(crate) weight: Arc<Packed>,
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
        Ok(predict(&host(&wanted)?, &self.weight, targets))
    }
}
