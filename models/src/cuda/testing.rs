//! Random inputs and comparisons for the tests of kernels.

use std::sync::OnceLock;

use candle_core::{DType, Device, Result, Tensor};

/// Where the tests of kernels run: on the first GPU where `HARNESS_TEST_GPU` is set, else in host
/// memory, on the emulator.
pub(crate) fn device() -> Device {
    static DEVICE: OnceLock<Device> = OnceLock::new();
    let gpu = || Device::new_cuda(0).expect("HARNESS_TEST_GPU is set, so there must be a GPU");
    let find = || if std::env::var_os("HARNESS_TEST_GPU").is_some() { gpu() } else { Device::Cpu };
    DEVICE.get_or_init(find).clone()
}

/// Numbers of about unit size, the same for the same seed, as an f32 tensor on [`device`].
pub(crate) fn random(shape: &[usize], seed: u32) -> Result<Tensor> {
    Tensor::from_vec(numbers(shape.iter().product(), seed), shape, &device())
}

/// Roughly normal numbers.
pub(crate) fn numbers(count: usize, seed: u32) -> Vec<f32> {
    let mut state = u64::from(seed) * 0x9e37_79b9 + 0x7f4a_7c15;
    let mut uniform = move || {
        state =
            state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 40) as f32 / (1 << 24) as f32
    };
    (0..count).map(|_| (uniform() + uniform() + uniform() - 1.5) * 2.0).collect()
}

/// Asserts that two lists agree within `tolerance` relative to the larger of 1 and the number.
#[track_caller]
pub(crate) fn close(ours: &Tensor, expected: &[f32], tolerance: f32) {
    let read = |t: &Tensor| t.to_dtype(DType::F32)?.flatten_all()?.to_vec1::<f32>();
    let ours = read(ours).expect("a tensor can be copied");
    assert_eq!(ours.len(), expected.len());
    for (i, (&a, &b)) in ours.iter().zip(expected).enumerate() {
        let same = (a - b).abs() <= tolerance * b.abs().max(1.0) || (a.is_nan() && b.is_nan());
        assert!(same, "number {i}: {a} instead of {b}");
    }
}

/// Runs a comparison in f32 and on the numbers rounded to bf16: with the tensor, its numbers in f32,
/// and how near the result must be to what f32 gives for them.
pub(crate) fn in_both_types(
    x: &Tensor,
    compare: impl Fn(&Tensor, &[f32], f32) -> Result<()>,
) -> Result<()> {
    for (dtype, tolerance) in [(DType::F32, 2e-6), (DType::BF16, 1.0 / 256.0)] {
        let x = x.to_dtype(dtype)?;
        let exact: Vec<f32> = x.to_dtype(DType::F32)?.flatten_all()?.to_vec1()?;
        compare(&x, &exact, tolerance)?;
    }
    Ok(())
}
