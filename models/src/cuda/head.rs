//! Predictions of wanted rows.

use candle_core::{DType, Error, Result, Tensor};

use super::tile::{OUTPUTS, Tiles};
use super::{Buffer, Launch, Module, module};
use crate::RowOutput;
use crate::kernels::head::Prediction;

const HEAD: Module = module!("head");
/// Rows that one block joins, a warp each.
const ROWS: usize = 4;

/// Whether [`predict`] takes rows and weights of these types and this width.
pub(crate) fn predicts(x: &Tensor, weight: &Tensor) -> bool {
    let half = x.dtype() == DType::BF16 && weight.dtype() == DType::BF16;
    half && weight.dims()[1].is_multiple_of(8)
}

/// Predicts the next token after each row of `x` (bf16 `[rows, hidden]`); `targets` has one list a
/// row, of tokens below the vocabulary. `weight` is bf16 `[vocabulary, hidden]`, `bias` f32
/// `[vocabulary]`. Logits are summed in f32 and never written. Waits for the device.
///
/// # Errors
/// If a type or shape does not fit, or 8 does not divide `hidden`.
pub(crate) fn predict(
    x: &Tensor,
    weight: &Tensor,
    bias: Option<&Tensor>,
    targets: &[&[u32]],
) -> Result<Vec<Prediction>> {
    let ((rows, hidden), (vocabulary, inputs)) = (x.dims2()?, weight.dims2()?);
    if !predicts(x, weight) || hidden != inputs || rows != targets.len() {
        return Err(Error::msg(format!("no kernel projects {x:?} by {weight:?}")));
    }
    if rows == 0 {
        return Ok(vec![]);
    }
    let device = x.device();
    let parts = Parts::of(x, weight, bias)?;
    let offsets = targets.iter().scan(0, |end, list| {
        *end += list.len() as u32;
        Some(*end)
    });
    let offsets: Vec<u32> = [0].into_iter().chain(offsets).collect();
    let wanted = offsets[rows] as usize;
    // A target that nobody asks for, so that there is something to point to.
    let tokens: Vec<u32> =
        targets.iter().flat_map(|list| list.iter().copied()).chain([0]).collect();
    let (offsets, tokens) = (Tensor::new(offsets, device)?, Tensor::new(tokens, device)?);
    let mut out = Buffer::new(device, DType::U32, 3 * rows + wanted)?;
    Launch::new(HEAD, "predict", rows.div_ceil(ROWS), 32 * ROWS)
        .tensor(x)
        .tensor(weight)
        .optional(bias)
        .tensor(&parts.largest)
        .tensor(&parts.tokens)
        .tensor(&parts.sums)
        .tensor(&offsets)
        .tensor(&tokens)
        .buffer(&mut out)
        .count(rows)
        .count(hidden)
        .count(vocabulary.div_ceil(OUTPUTS))
        .run(device)?;
    let out: Vec<u32> = out.into_tensor(3 * rows + wanted)?.to_vec1()?;
    let (rows, logits) = out.split_at(3 * rows);
    let mut logits = logits.iter().map(|&bits| f32::from_bits(bits));
    let row = |(row, targets): (&[u32], &&[u32])| {
        let number = |bits: u32| f64::from(f32::from_bits(bits));
        let log_sum = number(row[1]) + number(row[2]).ln();
        let logits = logits.by_ref().take(targets.len());
        let log_probs = logits.map(|logit| f64::from(logit) - log_sum).collect();
        // Where no logit is a number there is no largest one either.
        let argmax = if (row[0] as usize) < vocabulary { row[0] } else { 0 };
        (RowOutput { argmax, log_probs }, log_sum.is_finite())
    };
    Ok(rows.chunks(3).zip(targets).map(row).collect())
}

/// What each tile of the vocabulary says about each row, `[tiles, rows]`.
struct Parts {
    largest: Tensor,
    tokens: Tensor,
    sums: Tensor,
}

impl Parts {
    fn of(x: &Tensor, weight: &Tensor, bias: Option<&Tensor>) -> Result<Self> {
        let ((rows, hidden), vocabulary, device) = (x.dims2()?, weight.dim(0)?, x.device());
        let shape = (vocabulary.div_ceil(OUTPUTS), rows);
        let buffer = |dtype| Buffer::new(device, dtype, shape.0 * rows);
        let (mut largest, mut sums) = (buffer(DType::F32)?, buffer(DType::F32)?);
        let mut tokens = buffer(DType::U32)?;
        let (kernel, tile) = match rows {
            ..=32 => ("summarise_32", 32),
            33..=64 => ("summarise_64", 64),
            _ => ("summarise_128", 128),
        };
        let tiles = Tiles::of(tile, device)?;
        tiles
            .launch(HEAD, kernel)
            .tensor(x)
            .tensor(weight)
            .optional(bias)
            .buffer(&mut largest)
            .buffer(&mut tokens)
            .buffer(&mut sums)
            .count(rows)
            .count(hidden)
            .count(vocabulary)
            .count(tiles.stages)
            .run(device)?;
        let (largest, sums) = (largest.into_tensor(shape)?, sums.into_tensor(shape)?);
        Ok(Self { largest, tokens: tokens.into_tensor(shape)?, sums })
    }
}

#[cfg(test)]
mod tests {
    use super::super::emulator::needs_emulator;
    use super::super::testing::{device, numbers};
    use super::*;
    use crate::kernels::head::{self as twin, Projection};
    use crate::kernels::packed::Packed;

    /// bf16 numbers as a tensor and in f32.
    fn rounded(shape: (usize, usize), seed: u32) -> Result<(Tensor, Vec<f32>)> {
        let x = Tensor::from_vec(numbers(shape.0 * shape.1, seed), shape, &device())?;
        let x = x.to_dtype(DType::BF16)?;
        let exact = x.to_dtype(DType::F32)?.flatten_all()?.to_vec1()?;
        Ok((x, exact))
    }

    #[test]
    fn rows_are_predicted_as_on_the_cpu() -> Result<()> {
        needs_emulator!();
        for (rows, hidden, vocabulary) in [(1, 8, 3), (5, 72, 300), (40, 64, 129), (131, 16, 260)] {
            let (x, x_exact) = rounded((rows, hidden), 1)?;
            let (weight, weight_exact) = rounded((vocabulary, hidden), 2)?;
            let lists: Vec<Vec<u32>> = (0..rows)
                .map(|row| {
                    (0..row % 4).map(|i| ((row * 37 + i * 113) % vocabulary) as u32).collect()
                })
                .collect();
            let lists: Vec<&[u32]> = lists.iter().map(|list| &list[..]).collect();
            let bias = numbers(vocabulary, 3);
            let added = Tensor::from_slice(&bias, vocabulary, &device())?;
            let packed = Packed::from_rows(&weight_exact, hidden);
            for biased in [false, true] {
                let ours = predict(&x, &weight, biased.then_some(&added), &lists)?;
                let bias = biased.then_some(&bias[..]);
                let projection = Projection { weight: &packed, bias };
                let expected = twin::predict(&x_exact, projection, &lists);
                for ((ours, finite), (expected, _)) in ours.iter().zip(&expected) {
                    assert!(*finite && ours.argmax == expected.argmax);
                    assert_eq!(ours.log_probs.len(), expected.log_probs.len());
                    let mut pairs = ours.log_probs.iter().zip(&expected.log_probs);
                    // Sums of some hundred products in f32, in another order.
                    assert!(pairs.all(|(a, b)| (a - b).abs() < 2e-5), "{ours:?} {expected:?}");
                }
            }
        }
        Ok(())
    }

    #[test]
    fn equal_logits_go_to_the_lowest_id_and_what_is_not_finite_is_told() -> Result<()> {
        needs_emulator!();
        let mut x = vec![1.0f32; 4 * 8];
        x[8] = f32::NAN;
        x[16] = f32::INFINITY;
        let x = Tensor::from_vec(x, (4, 8), &device())?.to_dtype(DType::BF16)?;
        let weight = Tensor::ones((300, 8), DType::BF16, &device())?;
        let rows = predict(&x, &weight, None, &[&[], &[1], &[], &[299]])?;
        let told: Vec<bool> = rows.iter().map(|(_, finite)| *finite).collect();
        assert_eq!(told, [true, false, false, true]);
        assert_eq!((rows[0].0.argmax, rows[3].0.argmax), (0, 0));
        assert!((rows[3].0.log_probs[0] + f64::from(300.0f32).ln()).abs() < 1e-6);
        assert!(rows[1].0.log_probs[0].is_nan());
        Ok(())
    }
}
