//! [`DescribedMatrix`]: a matrix as Hopper's copy engine knows it.

use std::ffi::c_void;

use candle_core::cuda_backend::cudarc::driver::DeviceRepr;
use candle_core::cuda_backend::cudarc::driver::sys::{
    CUtensorMap, CUtensorMapDataType, CUtensorMapFloatOOBfill, CUtensorMapInterleave,
    CUtensorMapL2promotion, CUtensorMapSwizzle, cuTensorMapEncodeTiled,
};
use candle_core::{Error, Result};

/// Rows of a box, and numbers of each: `BOX` of `hopper.cuh`.
const BOX: u32 = 64;

/// `Matrix` of `hopper.cuh`: rows of bf16, read in boxes of 64 rows by 64 numbers.
#[repr(transparent)]
pub(super) struct DescribedMatrix(CUtensorMap);

#[expect(unsafe_code, reason = "cudarc's word that a kernel may be given the type")]
// SAFETY: a driver's plain data, which kernels take by value.
unsafe impl DeviceRepr for DescribedMatrix {}

impl DescribedMatrix {
    /// Describes the matrix of `rows` rows of `columns` numbers at a device's address.
    ///
    /// # Errors
    /// If 8 does not divide `columns`, or 16 the address.
    pub(super) fn new(address: u64, (rows, columns): (usize, usize)) -> Result<Self> {
        let mut map = CUtensorMap { opaque: [0; 16] };
        let (sizes, stride) = ([columns as u64, rows as u64], [columns as u64 * 2]);
        #[expect(unsafe_code, reason = "a function of the driver")]
        // SAFETY: every pointer is to as many numbers as a matrix of two dimensions has, and the driver
        // only notes the address.
        let done = unsafe {
            cuTensorMapEncodeTiled(
                &raw mut map,
                CUtensorMapDataType::CU_TENSOR_MAP_DATA_TYPE_BFLOAT16,
                2,
                address as *mut c_void,
                sizes.as_ptr(),
                stride.as_ptr(),
                [BOX; 2].as_ptr(),
                [1; 2].as_ptr(),
                CUtensorMapInterleave::CU_TENSOR_MAP_INTERLEAVE_NONE,
                CUtensorMapSwizzle::CU_TENSOR_MAP_SWIZZLE_128B,
                CUtensorMapL2promotion::CU_TENSOR_MAP_L2_PROMOTION_L2_256B,
                CUtensorMapFloatOOBfill::CU_TENSOR_MAP_FLOAT_OOB_FILL_NONE,
            )
        };
        done.result().map_err(Error::wrap)?;
        Ok(Self(map))
    }
}
