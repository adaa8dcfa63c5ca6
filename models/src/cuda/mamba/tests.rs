use super::super::emulator::needs_emulator;
use super::super::testing::{close, random};
use super::*;
use crate::kernels::convolution::Filters;
use crate::kernels::scan::{HeadParameters, Tokens, scan_group};
use crate::kernels::vector;

const SHAPE: ScanShape = ScanShape { heads: 4, head_dim: 64, groups: 2, state: 128 };
const ROWS: usize = 70 + 64 + 3 + 130;

fn weights() -> Result<MambaParameters> {
    let halved = |shape: &[usize], seed| random(shape, seed)? * 0.5;
    Ok(MambaParameters {
        conv_weight: halved(&[SHAPE.channels(), 1, 4], 1)?,
        conv_bias: Some(halved(&[SHAPE.channels()], 2)?),
        dt_bias: (halved(&[4], 3)? - 1.5)?,
        a_log: halved(&[4], 4)?,
        d: halved(&[4], 5)?,
    })
}

/// The pieces of a whole sequence's projected row.
fn width() -> usize {
    SHAPE.inner() + SHAPE.channels() + SHAPE.heads
}

/// Rounded projected rows.
fn projected(rows: usize, seed: u32) -> Result<Tensor> {
    random(&[rows, width()], seed)?.to_dtype(DType::BF16)
}

/// The mixer of the CPU on one whole sequence: gated outputs, and the state at the end.
fn twin(rows: &[f32], weights: &MambaParameters) -> Result<(Vec<f32>, Vec<f32>)> {
    let (inner, channels, heads) = (SHAPE.inner(), SHAPE.channels(), SHAPE.heads);
    let part = |from: usize, to: usize| -> Vec<f32> {
        rows.chunks(width()).flat_map(|row| row[from..to].to_vec()).collect()
    };
    let bias = weights.conv_bias.as_ref().map(exact).transpose()?;
    let filters = Filters::new(&exact(&weights.conv_weight)?, bias.as_deref(), channels);
    let input = part(inner, inner + channels);
    let mut convolved = vec![0.0; input.len()];
    filters.run(&vec![0.0; 3 * channels], &input, &mut convolved);
    let mut dt = part(inner + channels, width());
    let bias = exact(&weights.dt_bias)?;
    dt.chunks_mut(heads).for_each(|row| {
        row.iter_mut().zip(&*bias).for_each(|(dt, bias)| *dt = vector::softplus(*dt + bias));
    });
    let a: Vec<f32> = exact(&weights.a_log)?.iter().map(|a| -a.exp()).collect();
    let parameters = HeadParameters { a: &a, d: &exact(&weights.d)? };
    let tokens = Tokens { rows: &convolved, dt: &dt };
    let groups = [0, 1].map(|group| scan_group(SHAPE, parameters, tokens, group, None, true));
    let mut gated = part(0, inner);
    vector::silu(&mut gated);
    let half = inner / 2;
    for (row, gated) in gated.chunks_mut(inner).enumerate() {
        for (group, gated) in gated.chunks_mut(half).enumerate() {
            let y = &groups[group].0[row * half..][..half];
            gated.iter_mut().zip(y).for_each(|(gate, y)| *gate *= y);
        }
    }
    let states = groups.into_iter().filter_map(|(_, state)| state);
    Ok((gated, states.flatten().collect()))
}

fn exact(x: &Tensor) -> Result<Vec<f32>> {
    x.to_dtype(DType::F32)?.flatten_all()?.to_vec1()
}

/// Rounding to bf16 leaves errors in proportion to what is summed, not to the sum: they are compared with the root
/// mean square of all numbers.
#[track_caller]
fn near(ours: &Tensor, expected: &[f32]) -> Result<()> {
    let ours = exact(ours)?;
    assert_eq!(ours.len(), expected.len());
    let size = |numbers: &[f32]| {
        (numbers.iter().map(|x| x * x).sum::<f32>() / numbers.len() as f32).sqrt()
    };
    let differences: Vec<f32> = ours.iter().zip(expected).map(|(a, b)| a - b).collect();
    let (error, whole) = (size(&differences), size(expected));
    assert!(error < whole / 100.0, "{error} of {whole}");
    for (at, (difference, number)) in differences.iter().zip(expected).enumerate() {
        let bound = (number.abs() + whole) / 40.0;
        assert!(difference.abs() < bound, "number {at}: {number} is off by {difference}");
    }
    Ok(())
}

/// Two sequences that share their first 70 tokens, one of them in three segments, and one alone; then a step that
/// continues from what was kept.
#[test]
fn segments_scan_as_whole_sequences_do_on_the_cpu() -> Result<()> {
    needs_emulator!();
    let (weights, x, step) = (weights()?, projected(ROWS, 10)?, projected(2, 11)?);
    let segment = |rows, before, keep| Scanned { rows, before, keep, appended: false };
    let segments = [
        segment(0..70, Before::Nothing, true),
        segment(70..134, Before::Segment(0), false),
        segment(134..137, Before::Segment(0), false),
        segment(137..ROWS, Before::Segment(2), true),
    ];
    let (gated, states) = mamba(&x, SHAPE, &weights, &segments)?;
    assert_eq!(states.iter().map(Option::is_some).collect::<Vec<_>>(), [true, false, false, true]);
    let (Some(trunk), Some(end)) = (&states[0], &states[3]) else { unreachable!() };
    let appended = |segment| Scanned { appended: true, ..segment };
    let steps = [
        appended(segment(0..1, Before::Kept(trunk), true)),
        appended(segment(1..2, Before::Kept(end), true)),
    ];
    let (stepped, stepped_states) = mamba(&step, SHAPE, &weights, &steps)?;

    let rows = |x: &Tensor, from: usize, to: usize| exact(&x.narrow(0, from, to - from)?);
    let trunk = rows(&x, 0, 70)?;
    let inner = SHAPE.inner();
    let first = [trunk.clone(), rows(&x, 70, 134)?].concat();
    let second = [trunk.clone(), rows(&x, 134, ROWS)?, rows(&step, 1, 2)?].concat();
    let third = [trunk, rows(&step, 0, 1)?].concat();
    let (expected, _) = twin(&first, &weights)?;
    near(&gated.narrow(0, 0, 134)?, &expected)?;
    let (expected, state) = twin(&second, &weights)?;
    near(&gated.narrow(0, 134, ROWS - 134)?, &expected[70 * inner..203 * inner])?;
    near(&stepped.narrow(0, 1, 1)?, &expected[203 * inner..])?;
    let (Some(other), Some(last)) = (&stepped_states[0], &stepped_states[1]) else {
        unreachable!()
    };
    near(&last.scan, &state)?;
    let kept = x.narrow(0, ROWS - 2, 2)?.narrow(1, inner, SHAPE.channels())?;
    let newest = step.narrow(0, 1, 1)?.narrow(1, inner, SHAPE.channels())?;
    close(&last.conv, &exact(&Tensor::cat(&[kept, newest], 0)?)?, 0.0);
    let (expected, state) = twin(&third, &weights)?;
    near(&stepped.narrow(0, 0, 1)?, &expected[70 * inner..])?;
    near(&other.scan, &state)?;

    // What lies behind another's state is continued from there, beside a segment with memory of its own.
    let more = [
        segment(0..1, Before::Kept(other), true),
        appended(segment(1..2, Before::Kept(last), true)),
    ];
    let (stepped, states) = mamba(&projected(2, 12)?, SHAPE, &weights, &more)?;
    let second = [second, rows(&projected(2, 12)?, 1, 2)?].concat();
    let (expected, state) = twin(&second, &weights)?;
    near(&stepped.narrow(0, 1, 1)?, &expected[204 * inner..])?;
    near(&states[1].as_ref().expect("it was wanted").scan, &state)?;
    assert!(states[0].is_some());
    Ok(())
}

#[test]
fn other_shapes_are_left_to_others() {
    assert!(scans(DType::BF16, SHAPE, 4));
    assert!(!scans(DType::F32, SHAPE, 4) && !scans(DType::BF16, SHAPE, 3));
    assert!(!scans(DType::BF16, ScanShape { state: 64, ..SHAPE }, 4));
}
