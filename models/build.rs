//! Compiles the kernels under `kernels/` to PTX, where the feature `cuda` is on.

use std::env;
use std::error::Error;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The oldest cards with bf16 in their tensor cores. A newer card's driver compiles on from there.
const ARCHITECTURE: &str = "compute_80";
/// What files whose names end in `_hopper` are for, and nothing else.
const HOPPER: &str = "compute_90a";

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo::rerun-if-changed=build.rs");
    if env::var_os("CARGO_FEATURE_CUDA").is_none() {
        return Ok(());
    }
    println!("cargo::rerun-if-changed=kernels");
    let nvcc = find_nvcc().ok_or(
        "the feature `cuda` needs nvcc: install the CUDA toolkit (13.0 was tried), or set NVCC to the \
         program or CUDA_HOME to the toolkit's folder; docs/cuda.md shows a way without root",
    )?;
    println!("cargo::rustc-env=HARNESS_CUDA_VERSION={}", version(&nvcc)?);
    let out = PathBuf::from(env::var("OUT_DIR")?);
    for entry in std::fs::read_dir("kernels")? {
        let source = entry?.path();
        if source.extension().is_some_and(|e| e == "cu") {
            compile(&nvcc, &source, &out)?;
        }
    }
    Ok(())
}

fn find_nvcc() -> Option<PathBuf> {
    let variable = |name: &str| {
        println!("cargo::rerun-if-env-changed={name}");
        env::var_os(name)
    };
    if let Some(nvcc) = variable("NVCC") {
        return Some(nvcc.into());
    }
    let toolkits = ["CUDA_HOME", "CUDA_PATH"].into_iter().filter_map(variable);
    let folders = toolkits.map(|home| Path::new(&home).join("bin"));
    let path = variable("PATH").unwrap_or_default();
    let mut folders = folders.chain(env::split_paths(&path)).chain(["/usr/local/cuda/bin".into()]);
    folders.find_map(|folder| Some(folder.join("nvcc")).filter(|nvcc| nvcc.is_file()))
}

/// The toolkit's version as drivers tell theirs: 13000 for 13.0.
fn version(nvcc: &Path) -> Result<u32, Box<dyn Error>> {
    let said = Command::new(nvcc).arg("--version").output();
    let said = said.map_err(|error| format!("{} cannot be run: {error}", nvcc.display()))?;
    let said = String::from_utf8_lossy(&said.stdout);
    let release = said.split("release ").nth(1).and_then(|rest| rest.split(',').next());
    let parts = release.and_then(|release| release.split_once('.'));
    let (major, minor) = parts.ok_or("nvcc --version names no release")?;
    Ok(major.parse::<u32>()? * 1000 + minor.parse::<u32>()? * 10)
}

fn compile(nvcc: &Path, source: &Path, out: &Path) -> Result<(), Box<dyn Error>> {
    let name = source.with_extension("ptx");
    let target = out.join(name.file_name().ok_or("a kernel without a name")?);
    let mut command = Command::new(nvcc);
    command.args(["--ptx", "--std=c++17", "-O3", "--expt-relaxed-constexpr"]);
    let is_hopper = source.file_stem().is_some_and(|s| s.to_string_lossy().ends_with("_hopper"));
    let architecture = if is_hopper { HOPPER } else { ARCHITECTURE };
    command.arg(format!("--gpu-architecture={architecture}"));
    let made = command.arg("-o").arg(target).arg(source).output();
    let made = made.map_err(|error| format!("{} cannot be run: {error}", nvcc.display()))?;
    if made.status.success() {
        return Ok(());
    }
    let said = String::from_utf8_lossy(&made.stderr);
    Err(format!("{} does not compile {}:\n{said}", nvcc.display(), source.display()).into())
}
