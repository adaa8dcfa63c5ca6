//! Grouped products against [`crate::kernels::experts::mix`] on the same bf16 numbers in f32.

use super::super::emulator::needs_emulator;
use super::super::route;
use super::super::testing::{close, device, numbers};
use super::*;
use crate::kernels::experts::{Biases, Chosen, Stack};
use crate::kernels::packed::Packed;
use crate::layers::Rule;

/// Numbers are rounded to bf16 between the products, after them and at the end, by up to 2⁻⁹ each:
/// on the whole results agree to half a per cent, a single sum that nearly cancels to less.
const ROUNDING: (f32, f32) = (0.005, 0.05);

struct Case {
    tokens: usize,
    hidden: usize,
    inner: usize,
    experts: usize,
    top_k: usize,
    activation: Activation,
    biased: bool,
    /// Experts from this one on are never chosen.
    busy: usize,
}

/// bf16 numbers of about `size`, as a tensor and in f32.
fn rounded(shape: &[usize], size: f32, seed: u32) -> Result<(Tensor, Vec<f32>)> {
    let x: Vec<f32> = numbers(shape.iter().product(), seed).iter().map(|x| x * size).collect();
    let x = Tensor::from_vec(x, shape, &device())?.to_dtype(DType::BF16)?;
    let exact = x.to_dtype(DType::F32)?.flatten_all()?.to_vec1()?;
    Ok((x, exact))
}

fn packed(numbers: &[f32], experts: usize, inputs: usize) -> Vec<Packed> {
    numbers.chunks(numbers.len() / experts).map(|w| Packed::from_rows(w, inputs)).collect()
}

impl Case {
    fn routed(&self) -> Result<Routed> {
        let mut logits = numbers(self.tokens * self.experts, 1);
        for row in logits.chunks_mut(self.experts) {
            row[self.busy..].fill(-30.0);
        }
        let logits = Tensor::from_vec(logits, (self.tokens, self.experts), &device())?;
        route(&logits, None, &Rule::softmax(self.top_k, true))
    }

    /// By all instructions that the device has.
    fn check(&self) -> Result<()> {
        self.check_by(TensorCores::Any)?;
        if is_hopper(&device())? { self.check_by(TensorCores::Hopper) } else { Ok(()) }
    }

    fn check_by(&self, tensor_cores: TensorCores) -> Result<()> {
        let &Case { tokens, hidden, inner, experts, top_k, activation, .. } = self;
        let outer = activation.outer(inner);
        let routed = self.routed()?;
        let (x, x_exact) = rounded(&[tokens, hidden], 1.0, 2)?;
        let (up, up_exact) = rounded(&[experts, outer, hidden], (hidden as f32).powf(-0.5), 3)?;
        let (down, down_exact) = rounded(&[experts, hidden, inner], (inner as f32).powf(-0.5), 4)?;
        let (up_bias, down_bias) = (numbers(experts * outer, 5), numbers(experts * hidden, 6));
        let tensor = |b: &[f32]| Tensor::from_slice(b, (experts, b.len() / experts), &device());
        let tensors = (tensor(&up_bias)?, tensor(&down_bias)?);
        let biases = self.biased.then_some((&tensors.0, &tensors.1));
        let ours = mix_by(tensor_cores, &x, &routed, (&up, &down), biases, activation)?;

        let ids: Vec<u32> = routed.ids.flatten_all()?.to_vec1()?;
        let weights: Vec<f32> = routed.weights.flatten_all()?.to_vec1()?;
        let (up, down) = (packed(&up_exact, experts, hidden), packed(&down_exact, experts, inner));
        let biases = self.biased.then_some(Biases { up: &up_bias, down: &down_bias });
        let stack = Stack { up: &up, down: &down, biases, hidden, activation };
        let chosen = Chosen { ids: &ids, weights: &weights, top_k };
        let expected = crate::kernels::experts::mix(&x_exact, chosen, stack);
        close(&ours, &expected, ROUNDING.1);
        let ours: Vec<f32> = ours.to_dtype(DType::F32)?.flatten_all()?.to_vec1()?;
        let squares = |x: &mut dyn Iterator<Item = f32>| x.map(|x| x * x).sum::<f32>().sqrt();
        let apart = squares(&mut ours.iter().zip(&expected).map(|(a, b)| a - b));
        let size = squares(&mut expected.iter().copied());
        assert!(apart < ROUNDING.0 * size, "{}", apart / size);
        Ok(())
    }
}

#[test]
fn experts_are_mixed_as_on_the_cpu() -> Result<()> {
    needs_emulator!();
    let swiglu = Activation::SwiGlu;
    let clamped = Activation::ClampedSwiGlu { alpha: 1.702, limit: 1.0 };
    let case = |tokens, hidden, inner, experts, top_k, activation, biased| Case {
        tokens,
        hidden,
        inner,
        experts,
        top_k,
        activation,
        biased,
        busy: experts.max(2) - 1,
    };
    case(1, 8, 8, 3, 2, swiglu, false).check()?;
    case(37, 72, 24, 5, 2, swiglu, true).check()?;
    case(20, 136, 152, 4, 3, Activation::ReluSquared, false).check()?;
    case(9, 64, 200, 12, 4, Activation::GeGlu, false).check()?;
    case(5, 520, 16, 13, 11, swiglu, false).check()?; // wider than a warp's stretch of the sum
    case(33, 32, 40, 6, 2, clamped, true).check()
}

#[test]
fn many_rows_an_expert_take_tiles_of_128() -> Result<()> {
    needs_emulator!();
    let case = |tokens, activation| Case {
        tokens,
        hidden: 72,
        inner: 72,
        experts: 3,
        top_k: 2,
        activation,
        biased: true,
        busy: 3,
    };
    // The last tiles have more than 64 rows, up to 64, and up to 32.
    let last = |tokens| {
        let sorted = case(tokens, Activation::SwiGlu).routed()?.sorted;
        assert_eq!(sorted.tile, 128);
        let starts = sorted.starts.to_vec1::<u32>()?;
        Ok::<Vec<u32>, Error>(starts.windows(2).map(|s| (s[1] - s[0]) % 128).collect())
    };
    let rest = [last(170)?, last(230)?, last(250)?].concat();
    let sizes = [0..33, 33..65, 65..128];
    assert!(sizes.iter().all(|size| rest.iter().any(|rows| size.contains(rows))), "{rest:?}");
    case(170, Activation::SwiGlu).check()?;
    case(230, Activation::ReluSquared).check()?;
    case(250, Activation::SwiGlu).check()
}

#[test]
fn rings_and_blocks_go_round_on_hopper() -> Result<()> {
    needs_emulator!();
    // Seven and four steps of inputs in a ring of four; more tiles than blocks; outputs that take whole
    // tiles and half of one, or no whole one.
    let case = |hidden, inner, activation, biased| Case {
        tokens: 110,
        hidden,
        inner,
        experts: 3,
        top_k: 2,
        activation,
        biased,
        busy: 3,
    };
    case(424, 200, Activation::SwiGlu, true).check()?;
    case(264, 328, Activation::ReluSquared, false).check()
}

#[test]
fn a_row_is_the_same_whatever_else_is_in_the_batch() -> Result<()> {
    needs_emulator!();
    let (tokens, experts, activation) = (170, 3, Activation::SwiGlu);
    let logits = Tensor::from_vec(numbers(tokens * experts, 1), (tokens, experts), &device())?;
    let (x, up) = (rounded(&[tokens, 72], 1.0, 2)?.0, rounded(&[experts, 48, 72], 0.1, 3)?.0);
    let down = rounded(&[experts, 72, 24], 0.2, 4)?.0;
    let run = |first: usize, rows: usize| {
        let routed = route(&logits.narrow(0, first, rows)?, None, &Rule::softmax(2, true))?;
        let out = mix(&x.narrow(0, first, rows)?, &routed, &up, &down, None, activation)?;
        out.to_dtype(DType::F32)?.to_vec2::<f32>()
    };
    let (all, some) = (run(0, tokens)?, run(20, 7)?);
    assert_eq!(&all[20..27], &some[..]);
    Ok(())
}

#[test]
fn numbers_that_are_not_finite_stay_in_their_rows() -> Result<()> {
    needs_emulator!();
    let case = Case {
        tokens: 6,
        hidden: 16,
        inner: 16,
        experts: 2,
        top_k: 2,
        activation: Activation::SwiGlu,
        biased: false,
        busy: 2,
    };
    let routed = case.routed()?;
    let mut x = numbers(6 * 16, 1);
    x[16] = f32::NAN;
    let x = Tensor::from_vec(x, (6, 16), &device())?.to_dtype(DType::BF16)?;
    let (up, down) = (rounded(&[2, 32, 16], 0.3, 2)?.0, rounded(&[2, 16, 16], 0.3, 3)?.0);
    let out = mix(&x, &routed, &up, &down, None, Activation::SwiGlu)?.to_dtype(DType::F32)?;
    for (token, row) in out.to_vec2::<f32>()?.iter().enumerate() {
        assert!(row.iter().all(|y| y.is_finite() != (token == 1)), "{token}");
    }
    Ok(())
}

#[test]
fn shapes_that_do_not_fit_are_refused() -> Result<()> {
    needs_emulator!();
    let zeros = |shape: &[usize]| Tensor::zeros(shape, DType::BF16, &device());
    let logits = Tensor::zeros((2, 3), DType::F32, &device())?;
    let routed = route(&logits, None, &Rule::softmax(1, true))?;
    let run = |hidden: usize, inner: usize, outer: usize| {
        let (up, down) = (zeros(&[3, outer, hidden])?, zeros(&[3, hidden, inner])?);
        mix(&zeros(&[2, hidden])?, &routed, &up, &down, None, Activation::SwiGlu)
    };
    assert!(run(16, 8, 16).is_ok());
    assert!(run(12, 8, 16).is_err() && run(16, 8, 8).is_err() && run(16, 4, 8).is_err());
    Ok(())
}
