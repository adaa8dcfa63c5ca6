//! [`ComputeDevice`]: which processor runs a model.

use std::fmt;
use std::str::FromStr;

use candle_core::{DType, Device};
use serde::Serialize;

use crate::ops::Placement;
use crate::{ComputeDtype, Problem};

/// The processor that runs the model.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ComputeDevice {
    /// All cores of the rayon pool, with this project's own arithmetic.
    #[default]
    Cpu,
    /// The CPU with the operations that accelerators use, in bf16 where that is asked for, else in
    /// f64. Slow: it shows without an accelerator what one computes.
    Portable,
    /// An NVIDIA GPU, by its number.
    Cuda(usize),
    /// An Apple GPU, by its number.
    Metal(usize),
}

/// Memory of a device, in bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DeviceMemory {
    /// Not in use.
    pub free: u64,
    /// All of it.
    pub total: u64,
}

impl ComputeDevice {
    /// The accelerator of this machine that this build can use, else the CPU.
    pub fn best() -> Self {
        let there = |device: &ComputeDevice| device.open(ComputeDtype::Auto).is_ok();
        [ComputeDevice::Cuda(0), ComputeDevice::Metal(0)]
            .into_iter()
            .find(there)
            .unwrap_or_default()
    }

    /// What [`ComputeDtype::Auto`] means here: bf16 on accelerators; on the CPU what it says.
    pub fn resolve(self, dtype: ComputeDtype) -> ComputeDtype {
        match (self, dtype) {
            (ComputeDevice::Cuda(_) | ComputeDevice::Metal(_), ComputeDtype::Auto) => {
                ComputeDtype::Bf16
            }
            (_, dtype) => dtype,
        }
    }

    /// Its kind, without a number: results of two cards of a machine are of one kind.
    pub fn kind(self) -> &'static str {
        match self {
            ComputeDevice::Cpu => "cpu",
            ComputeDevice::Portable => "portable",
            ComputeDevice::Cuda(_) => "cuda",
            ComputeDevice::Metal(_) => "metal",
        }
    }

    /// Opens the device, to hold weights that are to compute in `dtype`.
    pub(crate) fn open(self, dtype: ComputeDtype) -> Result<Placement, Problem> {
        let rows = match dtype {
            ComputeDtype::F32 => DType::F32,
            ComputeDtype::Auto | ComputeDtype::Bf16 => DType::BF16,
        };
        match self {
            ComputeDevice::Cpu => Ok(Placement::HOST),
            ComputeDevice::Portable => {
                let dtype = if dtype == ComputeDtype::Bf16 { DType::BF16 } else { DType::F64 };
                Ok(Placement { device: Device::Cpu, dtype })
            }
            ComputeDevice::Cuda(number) => {
                Ok(Placement { device: cuda(number, rows)?, dtype: rows })
            }
            ComputeDevice::Metal(number) => Ok(Placement { device: metal(number)?, dtype: rows }),
        }
    }

    /// The memory that a device has of its own; `None` where it shares the machine's.
    pub fn memory(self) -> Option<DeviceMemory> {
        match self {
            ComputeDevice::Cuda(number) => cuda_memory(number),
            _ => None,
        }
    }
}

impl fmt::Display for ComputeDevice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ComputeDevice::Cuda(number) | ComputeDevice::Metal(number) => {
                write!(f, "{}:{number}", self.kind())
            }
            ComputeDevice::Cpu | ComputeDevice::Portable => f.write_str(self.kind()),
        }
    }
}

/// A name that is none of `auto`, `cpu`, `cuda`, `cuda:1`, `metal`, …
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "there is no device `{0}`: say auto, cpu, cuda or metal, the last two with :NUMBER where there are several"
)]
pub struct UnknownDevice(String);

impl FromStr for ComputeDevice {
    type Err = UnknownDevice;

    /// `auto` is [`ComputeDevice::best`].
    fn from_str(name: &str) -> Result<Self, UnknownDevice> {
        let unknown = || UnknownDevice(name.to_owned());
        let (kind, number) = name.split_once(':').unwrap_or((name, "0"));
        let number = number.parse().map_err(|_| unknown())?;
        match kind {
            "auto" if name == kind => Ok(ComputeDevice::best()),
            "cpu" if name == kind => Ok(ComputeDevice::Cpu),
            "cuda" => Ok(ComputeDevice::Cuda(number)),
            "metal" => Ok(ComputeDevice::Metal(number)),
            _ => Err(unknown()),
        }
    }
}

#[cfg(feature = "cuda")]
fn cuda(number: usize, rows: DType) -> Result<Device, Problem> {
    let opened = crate::cuda::card::open(number, rows == DType::BF16);
    opened.map_err(|reason| Problem::Device { reason })
}

#[cfg(feature = "cuda")]
fn cuda_memory(number: usize) -> Option<DeviceMemory> {
    crate::cuda::card::memory(number)
}

#[cfg(not(feature = "cuda"))]
fn cuda(_: usize, _: DType) -> Result<Device, Problem> {
    Err(without("NVIDIA GPUs", "cuda"))
}

#[cfg(not(feature = "cuda"))]
fn cuda_memory(_: usize) -> Option<DeviceMemory> {
    None
}

#[cfg(feature = "metal")]
fn metal(number: usize) -> Result<Device, Problem> {
    let failed = |error| Problem::Device { reason: format!("Metal device {number}: {error}") };
    Device::new_metal(number).map_err(failed)
}

#[cfg(not(feature = "metal"))]
fn metal(_: usize) -> Result<Device, Problem> {
    Err(without("Apple GPUs", "metal"))
}

#[cfg(not(all(feature = "cuda", feature = "metal")))]
fn without(devices: &str, feature: &str) -> Problem {
    let reason = format!(
        "this program was built without {devices}: build it with `--features {feature}`, or use --device cpu"
    );
    Problem::Device { reason }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_read_and_printed_alike() {
        for (name, device) in [("cpu", ComputeDevice::Cpu), ("cuda:1", ComputeDevice::Cuda(1))] {
            assert_eq!(name.parse(), Ok(device));
            assert_eq!(device.to_string(), name);
        }
        assert_eq!("cuda".parse(), Ok(ComputeDevice::Cuda(0)));
        for wrong in ["gpu", "cuda:", "cuda:x", "cpu:1", "auto:0", "portable", ""] {
            let error = wrong.parse::<ComputeDevice>().unwrap_err().to_string();
            assert!(error.contains(&format!("`{wrong}`")), "{error}");
        }
    }

    #[cfg(not(feature = "cuda"))]
    #[test]
    fn a_build_without_a_device_says_how_to_get_one() {
        let error = ComputeDevice::Cuda(0).open(ComputeDtype::Auto).unwrap_err().to_string();
        assert!(error.contains("--features cuda"), "{error}");
        assert_eq!(ComputeDevice::best(), ComputeDevice::Cpu);
    }
}
