//! Element-wise loops, compiled for the widest vectors of the running CPU.
//!
//! `f32::exp` calls the C library once per number; the polynomial here (Cephes' `expf`, within two
//! units in the last place) lets the compiler compute sixteen at a time.

const LANES: usize = 16;

/// Compiles a function's body for AVX-512, AVX2 and the baseline, and picks at run time.
macro_rules! widest {
    ($(#[$doc:meta])* fn $name:ident($($arg:ident: $ty:ty),*) $(-> $ret:ty)? $body:block) => {
        $(#[$doc])*
        pub(crate) fn $name($($arg: $ty),*) $(-> $ret)? {
            #[inline(always)]
            fn body($($arg: $ty),*) $(-> $ret)? $body

            #[cfg(target_arch = "x86_64")]
            {
                #[target_feature(enable = "avx512f")]
                fn avx512($($arg: $ty),*) $(-> $ret)? { body($($arg),*) }
                #[target_feature(enable = "avx2")]
                fn avx2($($arg: $ty),*) $(-> $ret)? { body($($arg),*) }
                if std::arch::is_x86_feature_detected!("avx512f") {
                    #[expect(unsafe_code, reason = "the feature was just detected")]
                    // SAFETY: the CPU has AVX-512F.
                    return unsafe { avx512($($arg),*) };
                }
                if std::arch::is_x86_feature_detected!("avx2") {
                    #[expect(unsafe_code, reason = "the feature was just detected")]
                    // SAFETY: the CPU has AVX2.
                    return unsafe { avx2($($arg),*) };
                }
            }
            body($($arg),*)
        }
    };
}

/// e^x; 0 below -87.33, NaN for NaN.
#[inline(always)]
fn exp(x: f32) -> f32 {
    const ROUND: f32 = 12_582_912.0; // 1.5 · 2^23: adding it leaves the nearest integer in the low bits
    let bounded = if x > 88.37 { 88.37 } else { x };
    let shifted = bounded * std::f32::consts::LOG2_E + ROUND;
    let n = shifted - ROUND;
    let r = bounded - n * 0.693_359_4 + n * 2.121_944_4e-4;
    let p = 1.987_569_1e-4 * r + 1.398_199_9e-3;
    let p = (p * r + 8.333_452e-3) * r + 4.166_579_6e-2;
    let p = (p * r + 1.666_666_5e-1) * r + 0.5;
    let power = (shifted.to_bits().wrapping_sub(ROUND.to_bits()).wrapping_add(127)) << 23;
    let value = (p * r * r + r + 1.0) * f32::from_bits(power);
    if x < -87.33 { 0.0 } else { value }
}

#[inline(always)]
fn fold(lanes: [f32; LANES], rest: f32, join: impl Fn(f32, f32) -> f32) -> f32 {
    lanes.into_iter().fold(rest, join)
}

widest! {
    /// The largest number; NaN is passed over.
    fn max(x: &[f32]) -> f32 {
        let larger = |a: f32, b: f32| if b > a { b } else { a };
        let (chunks, rest) = x.as_chunks::<LANES>();
        let mut lanes = [f32::NEG_INFINITY; LANES];
        for chunk in chunks {
            for i in 0..LANES {
                lanes[i] = larger(lanes[i], chunk[i]);
            }
        }
        fold(lanes, rest.iter().copied().fold(f32::NEG_INFINITY, larger), larger)
    }
}

widest! {
    /// Replaces every `x` by `exp(x - shift)` and returns their sum.
    fn exp_sum(x: &mut [f32], shift: f32) -> f32 {
        let (chunks, rest) = x.as_chunks_mut::<LANES>();
        let mut lanes = [0.0; LANES];
        for chunk in chunks {
            for i in 0..LANES {
                chunk[i] = exp(chunk[i] - shift);
                lanes[i] += chunk[i];
            }
        }
        let mut tail = 0.0;
        for x in rest {
            *x = exp(*x - shift);
            tail += *x;
        }
        fold(lanes, tail, |a, b| a + b)
    }
}

widest! {
    /// Sum of squares.
    fn squares(x: &[f32]) -> f32 {
        let (chunks, rest) = x.as_chunks::<LANES>();
        let mut lanes = [0.0; LANES];
        for chunk in chunks {
            for i in 0..LANES {
                lanes[i] += chunk[i] * chunk[i];
            }
        }
        fold(lanes, rest.iter().map(|x| x * x).sum(), |a, b| a + b)
    }
}

widest! {
    /// Sum of products.
    fn dot(x: &[f32], y: &[f32]) -> f32 {
        let (x_chunks, x_rest) = x.as_chunks::<LANES>();
        let (y_chunks, y_rest) = y.as_chunks::<LANES>();
        let mut lanes = [0.0; LANES];
        for (x, y) in x_chunks.iter().zip(y_chunks) {
            for i in 0..LANES {
                lanes[i] += x[i] * y[i];
            }
        }
        let rest = x_rest.iter().zip(y_rest).map(|(x, y)| x * y).sum();
        fold(lanes, rest, |a, b| a + b)
    }
}

widest! {
    /// `out[i] = silu(gate[i]) · up[i]`, with silu(x) = x / (1 + e^-x).
    fn silu_mul(out: &mut [f32], gate: &[f32], up: &[f32]) {
        for ((out, &gate), &up) in out.iter_mut().zip(gate).zip(up) {
            *out = gate / (1.0 + exp(-gate)) * up;
        }
    }
}

widest! {
    /// `out[i] = gelu(gate[i]) · up[i]`, with GELU's approximation by tanh, written as
    /// x · sigmoid(2y) for 0.5 · x · (1 + tanh(y)).
    fn gelu_mul(out: &mut [f32], gate: &[f32], up: &[f32]) {
        const TWICE_ROOT: f32 = 1.595_769; // 2 · √(2/π)
        for ((out, &x), &up) in out.iter_mut().zip(gate).zip(up) {
            let twice = TWICE_ROOT * (x + 0.044_715 * x * x * x);
            *out = x / (1.0 + exp(-twice)) * up;
        }
    }
}

widest! {
    /// `out[i] = g / (1 + e^(-alpha·g)) · (u + 1)` with g and u bounded by `limit`, g only from above.
    fn clamped_silu_mul(out: &mut [f32], gate: &[f32], up: &[f32], alpha: f32, limit: f32) {
        for ((out, &gate), &up) in out.iter_mut().zip(gate).zip(up) {
            let gate = if gate > limit { limit } else { gate };
            *out = gate / (1.0 + exp(-alpha * gate)) * (up.clamp(-limit, limit) + 1.0);
        }
    }
}

widest! {
    /// `x = x / (1 + e^-x)`.
    fn silu(x: &mut [f32]) {
        for x in x {
            *x /= 1.0 + exp(-*x);
        }
    }
}

widest! {
    /// `x += y · z`, element by element.
    fn add_product(x: &mut [f32], y: &[f32], z: &[f32]) {
        for ((x, &y), &z) in x.iter_mut().zip(y).zip(z) {
            *x += y * z;
        }
    }
}

widest! {
    /// `out[i] = x[i] · factor[i] · exp(end - start[i])`.
    fn decayed(out: &mut [f32], x: &[f32], factor: &[f32], start: &[f64], end: f64) {
        for (((out, &x), &factor), &start) in out.iter_mut().zip(x).zip(factor).zip(start) {
            *out = x * factor * exp((end - start) as f32);
        }
    }
}

widest! {
    /// `x = max(x, 0)²`.
    fn relu_squared(x: &mut [f32]) {
        for x in x {
            let positive = if *x < 0.0 { 0.0 } else { *x };
            *x = positive * positive;
        }
    }
}

widest! {
    /// `x = 1 / (1 + e^-x)`.
    fn sigmoid(x: &mut [f32]) {
        for x in x {
            *x = 1.0 / (1.0 + exp(-*x));
        }
    }
}

widest! {
    /// `x *= factor`.
    fn scale(x: &mut [f32], factor: f32) {
        for x in x {
            *x *= factor;
        }
    }
}

widest! {
    /// `x += factor · y`.
    fn add_scaled(x: &mut [f32], y: &[f32], factor: f32) {
        for (x, &y) in x.iter_mut().zip(y) {
            *x += factor * y;
        }
    }
}

widest! {
    /// `out = x · factor · weight`, element by element.
    fn scale_by(out: &mut [f32], x: &[f32], weight: &[f32], factor: f32) {
        for ((out, &x), &weight) in out.iter_mut().zip(x).zip(weight) {
            *out = x * factor * weight;
        }
    }
}

/// The nearest bf16, ties to even; NaN stays NaN.
#[inline(always)]
fn nearest_bf16(x: f32) -> u32 {
    let bits = x.to_bits();
    let nearest = bits.wrapping_add(0x7fff + (bits >> 16 & 1)) >> 16;
    if x.is_nan() { bits >> 16 | 0x40 } else { nearest }
}

widest! {
    /// Rounds numbers to bf16, two to an element of `out`: the first of each pair in the low half.
    fn round_pairs(out: &mut [u32], x: &[f32]) {
        let (pairs, rest) = x.as_chunks::<2>();
        for (out, &[low, high]) in out.iter_mut().zip(pairs) {
            *out = nearest_bf16(low) | nearest_bf16(high) << 16;
        }
        if let ([last], Some(out)) = (rest, out.last_mut()) {
            *out = nearest_bf16(*last);
        }
    }
}

widest! {
    /// Whether every number is finite.
    fn all_finite(x: &[f32]) -> bool {
        // The exponent bits of infinities and NaN are all ones; `max` needs no early exit.
        x.iter().map(|x| x.to_bits() & 0x7f80_0000).fold(0, u32::max) != 0x7f80_0000
    }
}

/// Turns a row of logits into probabilities.
pub(crate) fn softmax(row: &mut [f32]) {
    let sum = exp_sum(row, max(row));
    scale(row, 1.0 / sum);
}

/// ln(1 + e^x), as PyTorch bounds it.
pub(crate) fn softplus(x: f32) -> f32 {
    if x > 20.0 { x } else { x.exp().ln_1p() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exp_is_within_two_units_in_the_last_place() {
        let worst = (-8700..=8800)
            .map(|i| i as f32 / 100.0)
            .map(|x| (f64::from(exp(x)) / f64::from(x).exp() - 1.0).abs())
            .fold(0.0, f64::max);
        assert!(worst < 2.4e-7, "{worst}");
    }

    #[test]
    fn exp_keeps_its_limits() {
        assert_eq!(exp(f32::NEG_INFINITY), 0.0);
        assert_eq!(exp(0.0), 1.0);
        assert!(exp(f32::NAN).is_nan());
        assert!(exp(f32::INFINITY) > 2e38);
    }

    #[test]
    fn pairs_are_rounded_as_half_rounds() {
        let mut x: Vec<f32> = (0..999).map(|i| f32::from_bits(i * 0x0041_8937)).collect();
        x.extend([f32::NAN, f32::INFINITY, f32::MAX, -0.0]);
        let mut out = vec![0; x.len().div_ceil(2)];
        round_pairs(&mut out, &x);
        for (i, &x) in x.iter().enumerate() {
            let half = half::bf16::from_bits((out[i / 2] >> (i % 2 * 16)) as u16);
            let expected = half::bf16::from_f32(x);
            assert!(half == expected || (half.is_nan() && expected.is_nan()), "{x}");
        }
    }

    #[test]
    fn softmax_sums_to_one_and_passes_nan_on() {
        let mut row: Vec<f32> = (0..37).map(|i| i as f32 * 3.0).collect();
        softmax(&mut row);
        assert!((row.iter().sum::<f32>() - 1.0).abs() < 1e-6);
        let mut row = [0.0, f32::NAN, 1.0];
        softmax(&mut row);
        assert!(row.iter().any(|p| p.is_nan()));
    }

    #[test]
    fn finiteness_is_seen_anywhere_in_a_row() {
        let mut row = [1.0f32; 40];
        assert!(all_finite(&row));
        row[39] = f32::INFINITY;
        assert!(!all_finite(&row));
        row[39] = f32::NAN;
        assert!(!all_finite(&row));
    }
}
