//! What feed-forward networks do between their two products.

use super::vector;

/// The function between a network's two products. With a gate, rows are `[gate | up]`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Activation {
    /// `silu(gate) · up` (arXiv:2002.05202).
    SwiGlu,
    /// `gelu(gate) · up` with GELU's approximation by tanh (arXiv:1606.08415).
    GeGlu,
    /// `gate · sigmoid(alpha · gate) · (up + 1)`, gate at most `limit` and up within ±`limit` (gpt-oss).
    ClampedSwiGlu {
        /// Gain inside the sigmoid.
        alpha: f32,
        /// Bound of both inputs.
        limit: f32,
    },
    /// `max(x, 0)²`, without a gate (arXiv:2109.08668).
    ReluSquared,
}

impl Activation {
    /// Outputs of the first product for `inner` inputs of the second.
    pub(crate) fn outer(self, inner: usize) -> usize {
        match self {
            Activation::ReluSquared => inner,
            _ => 2 * inner,
        }
    }

    /// Applies it to rows of `outer(inner)` numbers.
    pub(crate) fn apply(self, mut rows: Vec<f32>, inner: usize) -> Vec<f32> {
        match self {
            Activation::ReluSquared => vector::relu_squared(&mut rows),
            Activation::SwiGlu => return gated(&rows, inner, vector::silu_mul),
            Activation::GeGlu => return gated(&rows, inner, vector::gelu_mul),
            Activation::ClampedSwiGlu { alpha, limit } => {
                let glu = |out: &mut [f32], gate: &[f32], up: &[f32]| {
                    vector::clamped_silu_mul(out, gate, up, alpha, limit);
                };
                return gated(&rows, inner, glu);
            }
        }
        rows
    }
}

/// Applies `glu(out, gate, up)` to every row.
fn gated(rows: &[f32], inner: usize, glu: impl Fn(&mut [f32], &[f32], &[f32])) -> Vec<f32> {
    let mut out = vec![0.0; rows.len() / 2];
    for (out, row) in out.chunks_mut(inner).zip(rows.chunks(2 * inner)) {
        let (gate, up) = row.split_at(inner);
        glu(out, gate, up);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gated_activations_follow_their_formulas() {
        let (gate, up) = ([-3.0f32, 0.2, 9.0], [2.0f32, -8.0, 0.5]);
        let rows = [gate, up].concat();
        let apply = |a: Activation| a.apply(rows.clone(), 3);
        let expect = |ours: Vec<f32>, formula: &dyn Fn(f64, f64) -> f64| {
            for (i, ours) in ours.into_iter().enumerate() {
                let expected = formula(gate[i].into(), up[i].into());
                assert!((f64::from(ours) - expected).abs() < 1e-6 * expected.abs().max(1.0));
            }
        };
        expect(apply(Activation::SwiGlu), &|g, u| g / (1.0 + (-g).exp()) * u);
        let inside = |g: f64| (2.0 / std::f64::consts::PI).sqrt() * (g + 0.044_715 * g.powi(3));
        expect(apply(Activation::GeGlu), &|g, u| 0.5 * g * (1.0 + inside(g).tanh()) * u);
        let clamped = Activation::ClampedSwiGlu { alpha: 1.702, limit: 7.0 };
        expect(apply(clamped), &|g, u| {
            let (g, u) = (g.min(7.0), u.clamp(-7.0, 7.0));
            g / (1.0 + (-1.702 * g).exp()) * (u + 1.0)
        });
    }
}
