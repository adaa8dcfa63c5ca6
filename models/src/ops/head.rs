//! Predictions of wanted rows.

use candle_core::{D, DType, Result, Tensor};

use super::host::has_kernels;
use super::matrix::{Matrix, linear};
use super::placement::wide;
use crate::RowOutput;
use crate::cuda;
use crate::kernels::head::{self as kernel, Prediction, Projection};
use crate::kernels::host::host;

/// Rows whose logits exist at once on a device: 150 k tokens of vocabulary take 300 MiB in f32.
const ROWS: usize = 512;

/// Predicts the next token after each row of `x` (`[rows, hidden]`); `targets` has one list a row.
pub(crate) fn predict(
    x: &Tensor,
    weight: &Matrix,
    bias: Option<&Tensor>,
    targets: &[&[u32]],
) -> Result<Vec<Prediction>> {
    match weight {
        Matrix::Packed(weight) => {
            let bias = bias.map(host).transpose()?;
            let projection = Projection { weight, bias: bias.as_deref() };
            return Ok(kernel::predict(&host(x)?, projection, targets));
        }
        Matrix::Dense(weight) if has_kernels(x) && cuda::predicts(x, weight) => {
            return cuda::predict(x, weight, bias, targets);
        }
        Matrix::Dense(_) => {}
    }
    let mut predictions = Vec::with_capacity(targets.len());
    for (chunk, targets) in targets.chunks(ROWS).enumerate() {
        let x = x.narrow(0, chunk * ROWS, targets.len())?;
        predictions.extend(from_logits(&linear(&x, weight, bias)?, targets)?);
    }
    Ok(predictions)
}

/// Predictions from logits `[rows, vocabulary]`.
fn from_logits(logits: &Tensor, targets: &[&[u32]]) -> Result<Vec<Prediction>> {
    let logits = logits.to_dtype(wide(logits.dtype()))?;
    let max = logits.max_keepdim(D::Minus1)?;
    let sum = logits.broadcast_sub(&max)?.exp()?.sum_keepdim(D::Minus1)?;
    let log_sums = numbers(&(sum.log()? + max)?)?;
    let argmax: Vec<u32> = logits.argmax(D::Minus1)?.to_vec1()?;
    let mut found = gather(&logits, targets)?.into_iter();
    let row = |((targets, argmax), log_sum): ((&&[u32], u32), f64)| {
        let log_probs = found.by_ref().take(targets.len()).map(|logit| logit - log_sum).collect();
        (RowOutput { argmax, log_probs }, log_sum.is_finite())
    };
    Ok(targets.iter().zip(argmax).zip(log_sums).map(row).collect())
}

/// The logits of all targets, row by row.
fn gather(logits: &Tensor, targets: &[&[u32]]) -> Result<Vec<f64>> {
    let vocabulary = logits.dim(1)?;
    let place = |row: usize, target: u32| (row * vocabulary + target as usize) as u32;
    let row = |(row, targets): (usize, &&[u32])| -> Vec<u32> {
        targets.iter().map(|&target| place(row, target)).collect()
    };
    let places: Vec<u32> = targets.iter().enumerate().flat_map(row).collect();
    if places.is_empty() {
        return Ok(vec![]);
    }
    let places = Tensor::new(places, logits.device())?;
    numbers(&logits.flatten_all()?.index_select(&places, 0)?)
}

fn numbers(x: &Tensor) -> Result<Vec<f64>> {
    let x = x.flatten_all()?;
    match x.dtype() {
        DType::F64 => x.to_vec1(),
        _ => Ok(x.to_vec1::<f32>()?.into_iter().map(f64::from).collect()),
    }
}
