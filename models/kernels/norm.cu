// Root-mean-square normalisation, and whether rows are finite. Twins: src/kernels/norm.rs and
// `all_finite` in src/kernels/vector.rs.
#include "common.cuh"

constexpr unsigned HELD = 2;            // times eight numbers that a thread holds
constexpr unsigned NARROW = HELD * 256; // numbers of a run that a warp holds

// What a thread does of the runs of a matrix. A run of at most NARROW numbers takes a warp of a block, a
// wider one a whole block. That depends on the width alone, so a run's sum is the same whatever else is
// in the matrix.
struct Part {
  bool warp;
  unsigned run, first, step; // numbers first..first + 8, first + step..first + step + 8 and so on

  __device__ explicit Part(unsigned width) {
    warp = width <= NARROW;
    run = warp ? blockIdx.x * (blockDim.x / 32) + threadIdx.x / 32 : blockIdx.x;
    first = (warp ? threadIdx.x % 32 : threadIdx.x) * 8;
    step = (warp ? 32 : blockDim.x) * 8;
  }
  // The sum over all threads of the run.
  __device__ float sum(float x) const { return warp ? warp_sum(x) : block_sum(x); }

  // A thread's next numbers of a run that starts at x, all on their way at once; zeros behind the end.
  template <typename T>
  __device__ void load(const T *x, float (&to)[HELD][8], unsigned from, unsigned width, bool whole) const {
#pragma unroll
    for (unsigned k = 0; k < HELD; k++) {
      unsigned i = from + k * step, left = i < width ? width - i : 0;
      ::load(x + i, to[k], left, whole && left > 0);
    }
  }
};

// Normalises runs of `width` numbers, all in f32; a row has `groups` runs, each with its own part of the
// weight.
template <typename T>
__device__ void rms_norm(const T *x, const float *weight, T *out, unsigned runs, unsigned width,
                         unsigned groups, float eps) {
  Part part(width);
  if (part.run >= runs) return;
  x += size_t(part.run) * width;
  out += size_t(part.run) * width;
  weight += size_t(part.run % groups) * width;
  bool whole = width % 8 == 0 && divisible(x) && divisible(weight) && divisible(out);
  float squares = 0.0f, numbers[HELD][8], weights[HELD][8];
  unsigned stretch = HELD * part.step;
  for (unsigned from = part.first; from < width; from += stretch) {
    part.load(x, numbers, from, width, whole);
    part.load(weight, weights, from, width, whole);
#pragma unroll
    for (unsigned k = 0; k < HELD; k++)
#pragma unroll
      for (unsigned c = 0; c < 8; c++) squares += numbers[k][c] * numbers[k][c];
  }
  float scale = 1.0f / sqrtf(part.sum(squares) / width + eps);
  for (unsigned from = part.first; from < width; from += stretch) {
    if (width > stretch) { // more than the threads hold
      part.load(x, numbers, from, width, whole);
      part.load(weight, weights, from, width, whole);
    }
#pragma unroll
    for (unsigned k = 0; k < HELD; k++) {
      unsigned i = from + k * part.step;
      if (i >= width) break;
#pragma unroll
      for (unsigned c = 0; c < 8; c++) numbers[k][c] = numbers[k][c] * scale * weights[k][c];
      store(out + i, numbers[k], width - i, whole);
    }
  }
}

// finite[row] = 1 if all numbers of the row are finite, else 0.
template <typename T>
__device__ void finite_rows(const T *x, unsigned char *finite, unsigned rows, unsigned width) {
  Part part(width);
  if (part.run >= rows) return;
  x += size_t(part.run) * width;
  bool whole = width % 8 == 0 && divisible(x);
  float numbers[HELD][8], others = 0.0f; // how many are not
  for (unsigned from = part.first; from < width; from += HELD * part.step) {
    part.load(x, numbers, from, width, whole);
#pragma unroll
    for (unsigned k = 0; k < HELD; k++)
#pragma unroll
      for (unsigned c = 0; c < 8; c++) others += isfinite(numbers[k][c]) ? 0.0f : 1.0f;
  }
  others = part.sum(others);
  if (part.first == 0) finite[part.run] = others == 0.0f;
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
