// One product of every expert with the rows that chose it: what the kernels of experts.cu and
// experts_hopper.cu have in common.
#pragma once
#include "activation.cuh"
#include "tile.cuh"

// Rows of x and of out are in the order of the sort, but where `order` is given row i of x belongs to
// choice order[i], and so to token order[i] / top_k. Weights, [experts, outputs, inputs], come beside it.
struct Product {
  const bf16 *x;     // [rows, inputs]
  const float *bias; // [experts, outputs], or null
  bf16 *out;         // [rows, outputs], or [rows, outputs / 2] with a gate
  const unsigned *order, *starts, *tiles;
  unsigned top_k, inputs, outputs, activation;
  float alpha, limit;

  __device__ __forceinline__ unsigned row_of_x(unsigned row) const {
    return order ? order[row] / top_k : row;
  }
  __device__ __forceinline__ const float *bias_of(unsigned expert) const {
    return bias ? bias + size_t(expert) * outputs : nullptr;
  }

  // Outputs `inner` and the next of the `width` outputs of a row, as bf16, from two sums each.
  template <bool GATED>
  __device__ __forceinline__ unsigned finish(const float *bias, unsigned width, unsigned inner,
                                             const float *sums, const float *up) const {
    float out[2];
#pragma unroll
    for (unsigned c = 0; c < 2; c++) {
      float sum = bias ? sums[c] + bias[inner + c] : sums[c];
      if (GATED) {
        float other = bias ? up[c] + bias[width + inner + c] : up[c];
        out[c] = activated(activation, sum, other, alpha, limit);
      } else {
        out[c] = activated(activation, sum);
      }
    }
    return pack_bf16(out[0], out[1]);
  }
};
