//! The gated delta rule (arXiv:2412.06464), token by token.
//!
//! Per value head with state S (key_dim × value_dim): S ← e^g·S, then S ← S + k·(β·(v − Sᵀk))ᵀ, and
//! the output is Sᵀq. Queries and keys have unit length, queries are divided by √key_dim; value heads
//! share key heads in consecutive groups.

use super::vector;

/// Added to squared lengths before the root.
const LENGTH_EPS: f32 = 1e-6;

/// Sizes of a layer.
#[derive(Clone, Copy, Debug)]
pub(crate) struct DeltaShape {
    pub(crate) key_heads: usize,
    /// A multiple of `key_heads`.
    pub(crate) value_heads: usize,
    pub(crate) key_dim: usize,
    pub(crate) value_dim: usize,
}

impl DeltaShape {
    /// Numbers of all queries, and of all keys.
    pub(crate) fn keys(&self) -> usize {
        self.key_heads * self.key_dim
    }

    /// Numbers of all values.
    pub(crate) fn values(&self) -> usize {
        self.value_heads * self.value_dim
    }

    /// Numbers of a row `[q | k | v]`.
    pub(crate) fn channels(&self) -> usize {
        2 * self.keys() + self.values()
    }
}

/// Consecutive tokens of one sequence.
#[derive(Clone, Copy)]
pub(crate) struct DeltaTokens<'a> {
    /// `[tokens, channels]`: q, k and v after the convolution.
    pub(crate) rows: &'a [f32],
    /// `[tokens, value_heads]`: factors that the state keeps, 0..1.
    pub(crate) decay: &'a [f32],
    /// `[tokens, value_heads]`: how much of the new value is written, 0..1.
    pub(crate) beta: &'a [f32],
}

/// Runs one value head from the state `before` (`[key_dim, value_dim]`; zeros where absent).
///
/// Returns `[tokens, value_dim]` and the state after the last token.
pub(crate) fn delta_head(
    shape: DeltaShape,
    tokens: DeltaTokens<'_>,
    head: usize,
    before: Option<&[f32]>,
) -> (Vec<f32>, Vec<f32>) {
    let DeltaShape { key_dim, value_dim, value_heads, .. } = shape;
    let mut state = before.map_or_else(|| vec![0.0; key_dim * value_dim], <[f32]>::to_vec);
    let mut out = vec![0.0; tokens.beta.len() / value_heads * value_dim];
    let key_head = head / (value_heads / shape.key_heads);
    let rows = tokens.rows.chunks(shape.channels()).zip(out.chunks_mut(value_dim)).enumerate();
    for (token, (row, out)) in rows {
        let q = unit(&row[key_head * key_dim..][..key_dim], 1.0 / (key_dim as f32).sqrt());
        let k = unit(&row[shape.keys() + key_head * key_dim..][..key_dim], 1.0);
        let v = &row[2 * shape.keys() + head * value_dim..][..value_dim];
        let at = token * value_heads + head;
        let mut change = v.to_vec();
        for (state, &k) in state.chunks_mut(value_dim).zip(&k) {
            vector::scale(state, tokens.decay[at]);
            vector::add_scaled(&mut change, state, -k);
        }
        vector::scale(&mut change, tokens.beta[at]);
        for ((state, &k), &q) in state.chunks_mut(value_dim).zip(&k).zip(&q) {
            vector::add_scaled(state, &change, k);
            vector::add_scaled(out, state, q);
        }
    }
    (out, state)
}

/// The vector of length `length` that points where `x` does.
fn unit(x: &[f32], length: f32) -> Vec<f32> {
    let mut unit = x.to_vec();
    vector::scale(&mut unit, length / (vector::squares(x) + LENGTH_EPS).sqrt());
    unit
}

#[cfg(test)]
mod tests {
    use super::*;

    /// With β = 1 and no decay, a key recalls the value that was last written under it.
    #[test]
    fn the_last_value_under_a_key_is_recalled() {
        let shape = DeltaShape { key_heads: 1, value_heads: 2, key_dim: 2, value_dim: 1 };
        // Rows [q | k | v of both heads]: two values under one key, one under an orthogonal key.
        let rows = [
            [1.0, 0.0, 3.0, 0.0, 5.0, 1.0],
            [1.0, 0.0, 0.0, 2.0, 9.0, 2.0],
            [1.0, 0.0, 4.0, 0.0, 7.0, 3.0],
        ];
        let rows = rows.concat();
        let tokens = DeltaTokens { rows: &rows, decay: &[1.0; 6], beta: &[1.0; 6] };
        let root = 2f32.sqrt();
        for (head, expected) in [[5.0, 5.0, 7.0], [1.0, 1.0, 3.0]].iter().enumerate() {
            let (out, state) = delta_head(shape, tokens, head, None);
            assert!(out.iter().zip(expected).all(|(o, e)| (o * root - e).abs() < 1e-5));
            assert!((state[1] - [9.0, 2.0][head]).abs() < 1e-5);
        }
    }
}
