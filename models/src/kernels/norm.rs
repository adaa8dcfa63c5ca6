//! Root-mean-square normalisation (arXiv:1910.07467).

use rayon::prelude::*;

use super::vector;

/// Numbers below which splitting the work costs more than it saves.
pub(crate) const SERIAL: usize = 1 << 14;

/// Divides every run of `weight.len()` numbers by its root mean square and multiplies by `weight`.
pub(crate) fn rms_norm(x: &[f32], weight: &[f32], eps: f32) -> Vec<f32> {
    let width = weight.len();
    let mut out = vec![0.0; x.len()];
    let row = |(out, x): (&mut [f32], &[f32])| {
        let mean = vector::squares(x) / width as f32;
        vector::scale_by(out, x, weight, 1.0 / (mean + eps).sqrt());
    };
    let rows = SERIAL.div_ceil(width);
    out.par_chunks_mut(width).zip(x.par_chunks(width)).with_min_len(rows).for_each(row);
    out
}

/// Centres every run of `weight.len()` numbers, divides it by its standard deviation, multiplies by
/// `weight` and adds `bias` (layer normalisation, arXiv:1607.06450).
pub(crate) fn layer_norm(x: &[f32], weight: &[f32], bias: &[f32], eps: f32) -> Vec<f32> {
    let width = weight.len();
    let mut out = x.to_vec();
    out.par_chunks_mut(width).with_min_len(SERIAL.div_ceil(width)).for_each(|row| {
        let mean = (row.iter().map(|&x| f64::from(x)).sum::<f64>() / width as f64) as f32;
        row.iter_mut().for_each(|x| *x -= mean);
        let scale = 1.0 / (vector::squares(row) / width as f32 + eps).sqrt();
        row.iter_mut().zip(weight).zip(bias).for_each(|((x, w), b)| *x = *x * scale * w + b);
    });
    out
}

/// `x + y`, element by element.
pub(crate) fn add(x: &[f32], y: &[f32]) -> Vec<f32> {
    let mut sum = x.to_vec();
    let chunks = sum.par_chunks_mut(SERIAL).zip(y.par_chunks(SERIAL));
    chunks.for_each(|(x, y)| vector::add_scaled(x, y, 1.0));
    sum
}

/// Adds `bias` to every row.
pub(crate) fn add_bias(x: &mut [f32], bias: &[f32]) {
    x.par_chunks_mut(bias.len())
        .with_min_len(64)
        .for_each(|row| vector::add_scaled(row, bias, 1.0));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_normalised_row_has_mean_square_one() {
        let x: Vec<f32> = (0..40).map(|i| i as f32 - 7.5).collect();
        let y = rms_norm(&x, &[1.0; 20], 0.0);
        for row in y.chunks(20) {
            assert!((row.iter().map(|v| v * v).sum::<f32>() / 20.0 - 1.0).abs() < 1e-5);
        }
    }
}
