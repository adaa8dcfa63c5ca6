//! Measures of documents that count more or less than once.

use rayon::prelude::*;

use super::DocumentTable;

/// Measures every layer under every weighting, `[layers][draws]`; `None` where a side has no token
/// or the sides have different numbers of layers.
///
/// `weights(draw, side)` says how often each document of a side counts. `measure` gets one load of
/// rates (sums divided by tokens) a side.
pub(super) fn weighted<'w, T: Send>(
    sides: &[&DocumentTable],
    draws: usize,
    weights: impl Fn(usize, usize) -> &'w [f32] + Sync,
    measure: impl Fn(&[Vec<f64>]) -> T + Sync,
) -> Vec<Vec<Option<T>>> {
    let layers = sides.iter().map(|side| side.layers()).min().unwrap_or(0);
    let tokens = |draw| -> Vec<f64> {
        let each = sides.iter().enumerate();
        each.map(|(number, side)| side.weighted_tokens(weights(draw, number))).collect()
    };
    let tokens: Vec<Vec<f64>> = (0..draws).into_par_iter().map(tokens).collect();
    let measured = |layer: usize, draw: usize| -> Option<T> {
        let load = |(number, side): (usize, &&DocumentTable)| {
            let tokens = tokens[draw][number];
            (tokens > 0.0).then(|| side.rates(layer, weights(draw, number), tokens))
        };
        let loads: Option<Vec<Vec<f64>>> = sides.iter().enumerate().map(load).collect();
        loads.map(|loads| measure(&loads))
    };
    let column = |layer| (0..draws).map(|draw| measured(layer, draw)).collect();
    (0..layers).into_par_iter().map(column).collect()
}
