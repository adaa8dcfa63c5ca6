// Root-mean-square normalisation, and whether rows are finite. Twins: src/kernels/norm.rs and
// `all_finite` in src/kernels/vector.rs.
#include "common.cuh"

// One warp normalises one run of `width` numbers, all in f32; a row has `groups` runs, each with its
// own part of the weight.
template <typename T>
__device__ void rms_norm(const T *x, const float *weight, T *out, unsigned runs, unsigned width,
                         unsigned groups, float eps) {
  unsigned lane = threadIdx.x % 32;
  unsigned run = blockIdx.x * (blockDim.x / 32) + threadIdx.x / 32;
  if (run >= runs) return;
  x += size_t(run) * width;
  out += size_t(run) * width;
  weight += size_t(run % groups) * width;
  bool whole = width % 8 == 0 && divisible(x) && divisible(weight) && divisible(out);
  float squares = 0.0f, numbers[8], weights[8];
  for (unsigned i = lane * 8; i < width; i += 256) {
    load(x + i, numbers, width - i, whole);
#pragma unroll
    for (unsigned c = 0; c < 8; c++) squares += numbers[c] * numbers[c];
  }
  float scale = 1.0f / sqrtf(warp_sum(squares) / width + eps);
  for (unsigned i = lane * 8; i < width; i += 256) {
    load(x + i, numbers, width - i, whole);
    load(weight + i, weights, width - i, whole);
#pragma unroll
    for (unsigned c = 0; c < 8; c++) numbers[c] = numbers[c] * scale * weights[c];
    store(out + i, numbers, width - i, whole);
  }
}

// finite[row] = 1 if all numbers of the row are finite, else 0. One warp a row.
template <typename T>
__device__ void finite_rows(const T *x, unsigned char *finite, unsigned rows, unsigned width) {
  unsigned lane = threadIdx.x % 32, row = blockIdx.x * (blockDim.x / 32) + threadIdx.x / 32;
  if (row >= rows) return;
  x += size_t(row) * width;
  bool whole = width % 8 == 0 && divisible(x), all = true;
  float numbers[8];
  for (unsigned i = lane * 8; i < width; i += 256) {
    load(x + i, numbers, width - i, whole);
#pragma unroll
    for (unsigned c = 0; c < 8; c++) all &= isfinite(numbers[c]);
  }
  all = __all_sync(WARP, all);
  if (lane == 0) finite[row] = all;
}

#define KERNELS(type)                                                                              \
  extern "C" __global__ void rms_norm_##type(const type *x, const float *weight, type *out,        \
                                             unsigned runs, unsigned width, unsigned groups,       \
                                             float eps) {                                          \
    rms_norm(x, weight, out, runs, width, groups, eps);                                            \
  }                                                                                                \
  EXPORT(rms_norm_##type)                                                                          \
  extern "C" __global__ void finite_rows_##type(const type *x, unsigned char *finite, unsigned rows, \
                                                unsigned width) {                                  \
    finite_rows(x, finite, rows, width);                                                           \
  }                                                                                                \
  EXPORT(finite_rows_##type)

using f32 = float;
KERNELS(f32)
KERNELS(bf16)
