// The weighted sum of each token's experts. Twin: src/kernels/experts.rs.
#include "common.cuh"

constexpr unsigned STRETCH = 256; // numbers that a warp sums
constexpr unsigned TOGETHER = 8;  // ranks whose rows are on their way at once

// Sums each token's rows of `y` ([choices, width], in the order of the sort) by weight, best ranked
// first. One warp a stretch of one token, so that few tokens are spread over the card too; eight divides
// the width.
extern "C" __global__ void combine(const bf16 *y, const unsigned *place, const float *weights,
                                   bf16 *out, unsigned tokens, unsigned top_k, unsigned width) {
  unsigned warp = blockIdx.x * (blockDim.x / 32) + threadIdx.x / 32;
  unsigned stretches = (width + STRETCH - 1) / STRETCH, token = warp / stretches;
  unsigned i = warp % stretches * STRETCH + threadIdx.x % 32 * 8;
  if (token >= tokens || i >= width) return;
  place += size_t(token) * top_k;
  weights += size_t(token) * top_k;
  float sum[8] = {};
  for (unsigned first = 0; first < top_k; first += TOGETHER) {
    unsigned from[TOGETHER];
    float weight[TOGETHER];
    uint4 rows[TOGETHER];
#pragma unroll
    for (unsigned r = 0; r < TOGETHER; r++) {
      unsigned rank = min(first + r, top_k - 1); // what is read twice is added once
      from[r] = place[rank];
      weight[r] = weights[rank];
    }
#pragma unroll
    for (unsigned r = 0; r < TOGETHER; r++)
      rows[r] = *reinterpret_cast<const uint4 *>(y + size_t(from[r]) * width + i);
#pragma unroll
    for (unsigned r = 0; r < TOGETHER; r++) {
      if (first + r >= top_k) break;
      const bf16 *numbers = reinterpret_cast<const bf16 *>(&rows[r]);
#pragma unroll
      for (unsigned c = 0; c < 8; c++) sum[c] += weight[r] * to_f32(numbers[c]);
    }
  }
  store_eight(out + size_t(token) * width + i, sum);
}
EXPORT(combine)
