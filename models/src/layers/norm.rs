//! Root-mean-square normalisation.

use candle_core::{Result, Tensor};

use crate::kernels::host::{host, tensor};
use crate::kernels::norm::rms_norm;

/// RMSNorm (arXiv:1910.07467) over runs as wide as its weight.
///
/// Applied to `[rows, heads · width]` with a weight of `width` numbers it normalises each head.
pub(crate) struct RmsNorm {
    pub(crate) weight: Tensor,
    pub(crate) eps: f32,
}

impl RmsNorm {
    pub(crate) fn forward(&self, x: &Tensor) -> Result<Tensor> {
        let (rows, cols) = x.dims2()?;
        tensor(rms_norm(&host(x)?, &host(&self.weight)?, self.eps), rows, cols)
    }
}
