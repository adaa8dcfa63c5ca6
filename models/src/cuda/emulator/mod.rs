//! Runs kernels in host memory: their sources, compiled by a C++ compiler (`kernels/emulation/`).
//!
//! Tests begin with [`needs_emulator`], which skips them where there is no compiler. Every launch
//! runs twice, with the threads in opposite orders; both must write the same.

mod memory;

use std::collections::HashMap;
use std::ffi::{CStr, c_char, c_int, c_void};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Arc, LazyLock, Mutex, OnceLock};

use candle_core::{Error, Result, Storage, StorageRef};
use libloading::Library;

use super::launch::{Argument, Launch, matrix_shape};
use memory::{UNTOUCHED, address, bytes};
pub(super) use memory::{address_of, address_of_storage, unguarded, untouched, zeros};

/// Leaves a test (of `Result<()>`) that needs a compiler where there is none.
macro_rules! needs_emulator {
    () => {
        if !$crate::cuda::emulator::available() {
            return Ok(());
        }
    };
}
pub(crate) use needs_emulator;

/// Whether kernels can run: on a GPU, or on the emulator, which wants Linux and a C++ compiler. Says
/// that a test is skipped where they cannot.
pub(crate) fn available() -> bool {
    static FOUND: OnceLock<bool> = OnceLock::new();
    if !super::testing::device().is_cpu() {
        return true;
    }
    let found = *FOUND.get_or_init(|| {
        let said = || Command::new(compiler()).arg("--version").output();
        cfg!(target_os = "linux") && said().is_ok_and(|said| said.status.success())
    });
    if !found {
        eprintln!("skipped: the kernels' emulator needs Linux and a C++ compiler ({})", compiler());
    }
    found
}

fn compiler() -> String {
    std::env::var("CXX").unwrap_or_else(|_| "g++".into())
}

/// Runs the kernel twice, in opposite orders, from the same memory.
pub(super) fn run(mut launch: Launch<'_>) -> Result<()> {
    let before = contents(&mut launch)?;
    run_once(&mut launch, true)?;
    let reversed = contents(&mut launch)?;
    for (buffer, before) in buffers(&mut launch)?.into_iter().zip(&before) {
        buffer.copy_from_slice(before);
    }
    run_once(&mut launch, false)?;
    if contents(&mut launch)? == reversed {
        return Ok(());
    }
    Err(Error::msg(format!("{}: the result depends on the order of its threads", launch.kernel)))
}

fn buffers<'a>(launch: &'a mut Launch<'_>) -> Result<Vec<&'a mut [u8]>> {
    let given = launch.arguments.iter_mut().filter_map(|argument| match argument {
        Argument::Buffer(buffer) => Some(&mut buffer.storage),
        _ => None,
    });
    given
        .chain(launch.written.iter_mut().map(|buffer| &mut buffer.storage))
        .map(|storage| match storage {
            Storage::Cpu(storage) => bytes(storage),
            _ => Err(Error::msg("the emulator was given memory of another device")),
        })
        .collect()
}

fn contents(launch: &mut Launch<'_>) -> Result<Vec<Vec<u8>>> {
    Ok(buffers(launch)?.into_iter().map(|b| b.to_vec()).collect())
}

/// `emulation::Launch` of `launch.h`.
#[repr(C)]
struct Call {
    grid: [u32; 3],
    threads: [u32; 3],
    shared: usize,
    reversed: c_int,
    arguments: *const *const c_void,
    sizes: *const usize,
    count: usize,
    message: *mut c_char,
    capacity: usize,
}

/// What a kernel is given: a number or pointer, or `Matrix` of `emulation/hopper.h`.
#[repr(C, align(64))]
struct Value([u64; 16]);

impl Value {
    fn new(first: [u64; 3]) -> Self {
        let mut words = [0; 16];
        words[..3].copy_from_slice(&first);
        Self(words)
    }
}

fn run_once(launch: &mut Launch<'_>, reversed: bool) -> Result<()> {
    let library = library(launch.module.name)?;
    let borrowed: Vec<_> = launch.arguments.iter().filter_map(storage_of).collect();
    let mut tensors = borrowed.iter();
    let mut values = Vec::with_capacity(launch.arguments.len());
    for argument in &mut launch.arguments {
        let (word, size) = match argument {
            Argument::Null => (0, 8),
            Argument::Number(bits, size) => (*bits, *size),
            Argument::Tensor(tensor) => (address(tensor, tensors.next())?, 8),
            Argument::Matrix(tensor) => {
                let (rows, columns) = matrix_shape(tensor)?;
                let at = address(tensor, tensors.next())?;
                values.push((Value::new([at, columns as u64, rows as u64]), size_of::<Value>()));
                continue;
            }
            Argument::Buffer(buffer) => match &mut buffer.storage {
                Storage::Cpu(storage) => (bytes(storage)?.as_mut_ptr() as u64, 8),
                _ => return Err(Error::msg("the emulator was given memory of another device")),
            },
        };
        values.push((Value::new([word, 0, 0]), size));
    }
    let pointers: Vec<*const c_void> =
        values.iter().map(|(v, _)| (v as *const Value).cast()).collect();
    let sizes: Vec<usize> = values.iter().map(|&(_, size)| size).collect();
    let mut message = [0 as c_char; 512];
    let call = Call {
        grid: launch.grid,
        threads: launch.threads,
        shared: launch.shared,
        reversed: reversed.into(),
        arguments: pointers.as_ptr(),
        sizes: sizes.as_ptr(),
        count: values.len(),
        message: message.as_mut_ptr(),
        capacity: message.len(),
    };
    #[expect(unsafe_code, reason = "a kernel is foreign code")]
    // SAFETY: the symbol is made by EXPORT with this signature, which checks the number and sizes of
    // the arguments; the pointers live until the call returns, and the message ends in a zero.
    let (failed, said) = unsafe {
        let entry: libloading::Symbol<'_, unsafe extern "C" fn(*const Call) -> c_int> =
            library.get(format!("emulate_{}", launch.kernel)).map_err(Error::wrap)?;
        (entry(&call), CStr::from_ptr(message.as_ptr()).to_string_lossy())
    };
    if failed != 0 {
        return Err(Error::msg(format!("{}: {said}", launch.kernel)));
    }
    guards_hold(launch)
}

fn storage_of<'a>(argument: &Argument<'a>) -> Option<StorageRef<'a>> {
    match argument {
        Argument::Tensor(tensor) | Argument::Matrix(tensor) => Some(tensor.storage_and_layout().0),
        _ => None,
    }
}

fn guards_hold(launch: &mut Launch<'_>) -> Result<()> {
    let given = launch.arguments.iter_mut().filter_map(|argument| match argument {
        Argument::Buffer(buffer) => Some(&mut **buffer),
        _ => None,
    });
    for buffer in given.chain(launch.written.iter_mut().map(|buffer| &mut **buffer)) {
        if let Storage::Cpu(storage) = &mut buffer.storage {
            let size = buffer.numbers
                * candle_core::backend::BackendStorage::dtype(storage).size_in_bytes();
            if bytes(storage)?[size..].iter().any(|&byte| byte != UNTOUCHED) {
                return Err(Error::msg(format!("{} wrote behind its memory", launch.kernel)));
            }
        }
    }
    Ok(())
}

/// The library of a module's kernels, compiled at its first use.
fn library(module: &'static str) -> Result<Arc<Library>> {
    type Made = Arc<OnceLock<std::result::Result<Arc<Library>, String>>>;
    static LIBRARIES: LazyLock<Mutex<HashMap<&str, Made>>> = LazyLock::new(Mutex::default);
    let made = {
        let mut libraries =
            LIBRARIES.lock().map_err(|_| Error::msg("another test has panicked"))?;
        libraries.entry(module).or_default().clone()
    };
    made.get_or_init(|| compile(module).map(Arc::new)).clone().map_err(Error::msg)
}

fn compile(module: &str) -> std::result::Result<Library, String> {
    let folder = tempfile::tempdir().map_err(|error| error.to_string())?;
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("kernels").join(format!("{module}.cu"));
    let made: PathBuf = folder.path().join("kernels.so");
    let mut command = Command::new(compiler());
    command.args(["-std=c++17", "-O2", "-fPIC", "-shared", "-DEMULATED", "-U_FORTIFY_SOURCE"]);
    command.args(["-fno-strict-aliasing", "-x", "c++"]).arg(source).arg("-o").arg(&made);
    let said = command.output().map_err(|error| error.to_string())?;
    if !said.status.success() {
        return Err(String::from_utf8_lossy(&said.stderr).into_owned());
    }
    #[expect(unsafe_code, reason = "loading runs the library's initialisers")]
    // SAFETY: it was just compiled from sources of this crate, which have none.
    unsafe { Library::new(&made) }.map_err(|error| error.to_string())
}

#[cfg(test)]
#[path = "../tests/emulator.rs"]
mod tests;
