//! What the driver says of a card, before anything is put on it.

#[cfg(feature = "cuda")]
pub(crate) use driver::{memory, open};

/// CUDA versions as drivers tell them: 1000 · major + 10 · minor.
type Version = i32;

/// What a program has to know of a card.
#[derive(Clone, Copy, Debug)]
struct Card {
    number: usize,
    /// The newest CUDA that its driver knows.
    driver: Version,
    /// Major compute capability.
    capability: i32,
}

impl Card {
    /// Why a program built with a toolkit of version `built` cannot use it; `bf16` says whether it has to.
    fn refusal(self, built: Version, bf16: bool) -> Option<String> {
        let Card { number, driver, capability } = self;
        let name = |version: Version| format!("{}.{}", version / 1000, version % 1000 / 10);
        if driver < built {
            let (driver, built) = (name(driver), name(built));
            return Some(format!(
                "the NVIDIA driver knows CUDA {driver}, but this program was built with {built}: update the driver, \
                 or build with a toolkit of {driver} or older"
            ));
        }
        let old = bf16 && capability < 8;
        old.then(|| {
            format!(
                "CUDA device {number} has compute capability {capability}.x and no bf16 products: use --dtype f32, or \
                 a card from Ampere (8.0) on"
            )
        })
    }
}

#[cfg(feature = "cuda")]
mod driver {
    use candle_core::Device;
    use candle_core::cuda_backend::cudarc::driver::{CudaContext, DriverError, result, sys};

    use super::{Card, Version};
    use crate::DeviceMemory;

    fn look(number: usize) -> Result<(Card, DeviceMemory), String> {
        let said = |error: &dyn std::fmt::Debug| format!("CUDA device {number}: {error:?}");
        let context = CudaContext::new(number).map_err(|error| said(&error))?;
        let major = sys::CUdevice_attribute::CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MAJOR;
        let capability = context.attribute(major).map_err(|error| said(&error))?;
        give_back(&context).map_err(|error| said(&error))?;
        let (free, total) = context.mem_get_info().map_err(|error| said(&error))?;
        let memory = DeviceMemory { free: free as u64, total: total as u64 };
        Ok((Card { number, driver: version()?, capability }, memory))
    }

    /// Waits for the card and gives back what is kept of freed memory: it counts as taken.
    fn give_back(context: &CudaContext) -> Result<(), DriverError> {
        context.synchronize()?;
        #[expect(unsafe_code, reason = "cudarc has no safe functions for memory pools")]
        // SAFETY: the pool is that of a device that is there, and nothing runs that uses it.
        unsafe {
            let pool = result::device::get_default_mem_pool(context.cu_device())?;
            result::mem_pool::trim_to(pool, 0)
        }
    }

    /// Keeps freed memory for the next pass, which else would have to be mapped anew.
    fn keep_memory(context: &CudaContext) -> Result<(), DriverError> {
        let mut threshold = u64::MAX;
        let attribute = sys::CUmemPool_attribute::CU_MEMPOOL_ATTR_RELEASE_THRESHOLD;
        #[expect(unsafe_code, reason = "cudarc has no safe functions for memory pools")]
        // SAFETY: the pool is that of a device that is there; this attribute is 64 bits wide.
        unsafe {
            let pool = result::device::get_default_mem_pool(context.cu_device())?;
            result::mem_pool::set_attribute(pool, attribute, (&raw mut threshold).cast())
        }
    }

    /// Opens the card for work in one stream.
    fn start(number: usize) -> Result<Device, String> {
        let said = |error: &dyn std::fmt::Debug| format!("CUDA device {number}: {error:?}");
        let device = Device::new_cuda(number).map_err(|e| format!("CUDA device {number}: {e}"))?;
        if let Device::Cuda(cuda) = &device {
            #[expect(unsafe_code, reason = "what one stream does needs no events to order it")]
            // SAFETY: all work of a device goes through candle's one stream.
            unsafe {
                cuda.disable_event_tracking();
            }
            keep_memory(cuda.cuda_stream().context()).map_err(|error| said(&error))?;
        }
        Ok(device)
    }

    fn version() -> Result<Version, String> {
        let mut version = 0;
        #[expect(unsafe_code, reason = "cudarc has no safe function for it")]
        // SAFETY: the driver writes one number where it is told to.
        let result = unsafe { sys::cuDriverGetVersion(&raw mut version) };
        let failed = || format!("the NVIDIA driver does not tell its version: {result:?}");
        (result == sys::CUresult::CUDA_SUCCESS).then_some(version).ok_or_else(failed)
    }

    /// The version of the toolkit that made the kernels, as `build.rs` found it.
    fn built() -> Version {
        env!("HARNESS_CUDA_VERSION").parse().unwrap_or_default()
    }

    /// Opens a card for rows in bf16 or f32.
    pub(crate) fn open(number: usize, bf16: bool) -> Result<Device, String> {
        // cudarc panics where it cannot load one of NVIDIA's libraries.
        let looked = std::panic::catch_unwind(|| look(number));
        let (card, _) =
            looked.unwrap_or_else(|_| Err("NVIDIA's driver cannot be loaded".into()))?;
        match card.refusal(built(), bf16) {
            Some(reason) => Err(reason),
            None => start(number),
        }
    }

    /// The memory of a card.
    pub(crate) fn memory(number: usize) -> Option<DeviceMemory> {
        std::panic::catch_unwind(|| look(number).ok()).ok()?.map(|(_, memory)| memory)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn old_drivers_and_cards_are_refused_with_the_way_out() {
        let card = Card { number: 1, driver: 13_000, capability: 9 };
        assert_eq!(card.refusal(13_000, true), None);
        assert_eq!(card.refusal(12_040, true), None);
        let old = Card { driver: 12_040, ..card }.refusal(13_000, true).unwrap_or_default();
        assert!(old.contains("knows CUDA 12.4") && old.contains("built with 13.0"), "{old}");
        let turing = Card { capability: 7, ..card };
        assert!(turing.refusal(13_000, true).unwrap_or_default().contains("--dtype f32"));
        assert_eq!(turing.refusal(13_000, false), None);
    }
}
