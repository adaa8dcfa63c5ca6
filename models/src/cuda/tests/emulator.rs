//! The emulator multiplies as tensor cores do, and sees faults.

use candle_core::{DType, Device, Tensor};

use super::super::launch::is_hopper;
use super::super::testing::{close, device, numbers, random};
use super::super::{Buffer, Launch, Module, module};
use super::*;

const CHECK: Module = module!("check");
const HOPPER: Module = module!("check_hopper");

/// `a · bᵀ` of bf16 numbers.
fn product(a: &Tensor, b: &Tensor) -> Result<Vec<f32>> {
    let exact = |t: &Tensor| t.to_dtype(DType::F32);
    exact(a)?.matmul(&exact(b)?.t()?)?.flatten_all()?.to_vec1()
}

#[test]
fn tensor_cores_multiply_in_their_layouts() -> Result<()> {
    needs_emulator!();
    let half = |shape: &[usize], seed| random(shape, seed)?.to_dtype(DType::BF16);
    let (a, b, device) = (half(&[16, 16], 1)?, half(&[8, 16], 2)?, device());
    let turned = b.t()?.contiguous()?;
    let buffer = |numbers| Buffer::new(&device, DType::F32, numbers);
    let (mut out, mut again) = (buffer(128)?, buffer(128)?);
    let launch = Launch::new(CHECK, "by_registers", 1, 32).tensor(&a).tensor(&b);
    launch.tensor(&turned).buffer(&mut out).buffer(&mut again).run(&device)?;
    close(&out.into_tensor((16, 8))?, &product(&a, &b)?, 1e-6);
    close(&again.into_tensor((16, 8))?, &product(&a, &b)?, 1e-6);
    let (b, mut out) = (half(&[16, 16], 3)?, buffer(256)?);
    let launch = Launch::new(CHECK, "by_fragments", 1, 32).tensor(&a).tensor(&b);
    launch.buffer(&mut out).run(&device)?;
    close(&out.into_tensor((16, 16))?, &product(&a, &b)?, 1e-6);
    Ok(())
}

/// `a · bᵀ` by what only Hopper has.
fn handed_over(device: &Device, fault: usize) -> Result<(Tensor, Vec<f32>)> {
    let half =
        |shape: &[usize], seed| random(shape, seed)?.to_dtype(DType::BF16)?.to_device(device);
    let (a, b) = (half(&[64, 64], 1)?, half(&[128, 64], 2)?);
    let mut out = Buffer::new(device, DType::F32, 64 * 128)?;
    let launch = Launch::new(HOPPER, "hand_over", 1, 256).shared((64 + 128) * 64 * 2 + 8);
    launch.tensor(&a).matrix(&b).buffer(&mut out).count(fault).run(device)?;
    Ok((out.into_tensor((64, 128))?, product(&a, &b)?))
}

#[test]
fn warpgroups_multiply_what_is_handed_over() -> Result<()> {
    needs_emulator!();
    if is_hopper(&device())? {
        let (out, expected) = handed_over(&device(), 0)?;
        close(&out, &expected, 1e-5);
    }
    Ok(())
}

#[test]
fn faults_in_handing_over_are_seen() -> Result<()> {
    needs_emulator!();
    let messages = [
        (1, "nobody ends a phase"),
        (2, "ended before its copies"),
        (3, "may not see what was copied"),
        (4, "products were waited for"),
    ];
    for (fault, message) in messages {
        let said = handed_over(&Device::Cpu, fault).map_or_else(|e| e.to_string(), |_| "ok".into());
        assert!(said.contains(message), "{fault}: {said}");
    }
    Ok(())
}

#[test]
fn faults_are_seen() -> Result<()> {
    needs_emulator!();
    let cpu = Device::Cpu;
    let x = Tensor::from_vec(numbers(64, 1), 64, &cpu)?;
    let turn = |fault| {
        let mut out = Buffer::new(&cpu, DType::F32, 64)?;
        let launch = Launch::new(CHECK, "turn", 1, 64).shared(64 * 4).tensor(&x);
        launch.buffer(&mut out).count(fault).run(&cpu)?;
        out.into_tensor(64)?.to_vec1::<f32>()
    };
    let mut expected = x.to_vec1::<f32>()?;
    expected.rotate_left(1);
    assert_eq!(turn(0)?, expected);
    let messages = [
        (1, "copies were waited for"),
        (2, "depends on the order"),
        (3, "thread 40 has ended"),
        (4, "lanes of a warp have parted"),
        (5, "above dynamic shared memory"),
        (6, "depends on the order"),
        (7, "wrote behind its memory"),
    ];
    for (fault, message) in messages {
        let said = turn(fault).expect_err("it must not pass").to_string();
        assert!(said.contains(message), "{fault}: {said}");
    }
    let launch = Launch::new(CHECK, "turn", 1, 64).tensor(&x).count(0).run(&cpu);
    assert!(launch.expect_err("an argument is missing").to_string().contains("3 arguments"));
    Ok(())
}
