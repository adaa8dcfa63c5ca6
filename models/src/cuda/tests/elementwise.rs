//! Element by element against `crate::kernels`.

use super::super::emulator::needs_emulator;
use super::super::testing::{close, device, in_both_types, numbers, random};
use super::*;
use crate::kernels::rotary::{self, Layout};
use crate::kernels::vector;

#[test]
fn heads_are_rotated_as_on_the_cpu() -> Result<()> {
    needs_emulator!();
    let cases = [(1, 1, 2, 0, 1), (5, 3, 12, 2, 4), (7, 2, 64, 0, 32), (3, 4, 16, 0, 4)];
    for (rows, heads, width, first, angles) in cases {
        let (cos, sin) = (numbers(rows * angles, 2), numbers(rows * angles, 3));
        let table = |numbers: &[f32]| Tensor::from_slice(numbers, (rows, angles), &device());
        let tables = (table(&cos)?, table(&sin)?);
        for pairs in [Pairs::Halves, Pairs::Neighbours] {
            let layout = Layout { heads, width, first, angles, pairs };
            in_both_types(&random(&[rows, heads * width], 1)?, |x, exact, tolerance| {
                let mut expected = exact.to_vec();
                rotary::rotate(&mut expected, layout, &cos, &sin);
                let ours = rotate(x, heads, first, (&tables.0, &tables.1), pairs)?;
                close(&ours, &expected, tolerance);
                Ok(())
            })?;
        }
    }
    Ok(())
}

#[test]
fn activations_are_those_of_the_cpu() -> Result<()> {
    needs_emulator!();
    let clamped = Activation::ClampedSwiGlu { alpha: 1.702, limit: 1.0 };
    for activation in [Activation::SwiGlu, Activation::GeGlu, Activation::ReluSquared, clamped] {
        for (rows, inner) in [(1, 1), (5, 13), (3, 64), (300, 16)] {
            let x = random(&[rows, activation.outer(inner)], 1)?;
            in_both_types(&x, |x, exact, tolerance| {
                let expected = activation.apply(exact.to_vec(), inner);
                close(&activate(x, activation, inner)?, &expected, tolerance);
                Ok(())
            })?;
        }
    }
    Ok(())
}

#[test]
fn gates_open_as_on_the_cpu() -> Result<()> {
    needs_emulator!();
    for (rows, width) in [(1, 1), (5, 13), (3, 64)] {
        for each in [1, width] {
            let gates = numbers(rows * width / each, 2);
            let gate = Tensor::from_slice(&gates, (rows, width / each), &device())?;
            in_both_types(&random(&[rows, width], 1)?, |x, exact, tolerance| {
                let gate = gate.to_dtype(x.dtype())?;
                let mut gates = gate.to_dtype(candle_core::DType::F32)?.flatten_all()?.to_vec1()?;
                vector::sigmoid(&mut gates);
                let expected: Vec<f32> =
                    exact.iter().enumerate().map(|(i, x)| x * gates[i / each]).collect();
                close(&gated(x, &gate)?, &expected, tolerance);
                Ok(())
            })?;
        }
        let gate = random(&[rows, width], 3)?;
        in_both_types(&random(&[rows, width], 1)?, |x, exact, tolerance| {
            let gate = gate.to_dtype(x.dtype())?;
            let mut gates = gate.to_dtype(candle_core::DType::F32)?.flatten_all()?.to_vec1()?;
            vector::silu(&mut gates);
            let expected: Vec<f32> = exact.iter().zip(&gates).map(|(x, g)| x * g).collect();
            close(&silu_gated(x, &gate)?, &expected, tolerance);
            Ok(())
        })?;
    }
    Ok(())
}

#[test]
fn a_scaled_change_is_added() -> Result<()> {
    needs_emulator!();
    for (rows, width) in [(1, 1), (5, 13), (3, 64)] {
        let change = random(&[rows, width], 2)?;
        in_both_types(&random(&[rows, width], 1)?, |x, exact, tolerance| {
            let change = change.to_dtype(x.dtype())?;
            let by: Vec<f32> =
                change.to_dtype(candle_core::DType::F32)?.flatten_all()?.to_vec1()?;
            let expected: Vec<f32> = exact.iter().zip(&by).map(|(x, y)| x + 0.25 * y).collect();
            close(&add(x, &change, 0.25)?, &expected, tolerance);
            Ok(())
        })?;
    }
    let (x, narrower) = (random(&[2, 8], 1)?, random(&[2, 4], 1)?);
    assert!(add(&x, &narrower, 1.0).is_err() && gated(&x, &narrower).is_err());
    assert!(activate(&x, Activation::SwiGlu, 8).is_err());
    Ok(())
}

#[test]
fn rows_that_start_anywhere_are_taken() -> Result<()> {
    needs_emulator!();
    // A view whose first number does not lie where eight can be read at once.
    let all = random(&[9, 3], 1)?;
    let (x, change) = (all.narrow(0, 1, 8)?, all.narrow(0, 0, 8)?);
    let ours = add(&x, &change, 1.0)?;
    close(&ours, &(x + change)?.flatten_all()?.to_vec1()?, 1e-6);
    Ok(())
}
