// Products that stay f32: routers decide on them. Twin: src/kernels/matrix.rs.
#include "tile.cuh"

// out (f32 [rows, outputs]) = x · weightsᵀ + bias, tile by tile. bf16 times bf16 is exact in f32.
template <unsigned MI>
__device__ void form_tile(const bf16 *x, const bf16 *weights, const float *bias, float *out,
                          unsigned rows, unsigned inputs, unsigned outputs, unsigned stages,
                          unsigned tile) {
  constexpr unsigned ROWS = 32 * MI;
  DYNAMIC_SHARED(bf16, shared);
  unsigned across = (outputs + OUTPUTS - 1) / OUTPUTS;
  unsigned first = tile / across * ROWS, column = tile % across * OUTPUTS;
  auto row = [&](unsigned line) { return first + line < rows ? first + line : NONE; };
  auto weight = [&](unsigned line) { return column + line < outputs ? column + line : NONE; };
  float sums[MI][8][4];
  multiply(shared, stages, x, weights, inputs, row, weight, sums);

  unsigned lane = threadIdx.x % 32, warp = threadIdx.x / 32;
#pragma unroll
  for (unsigned i = 0; i < MI; i++)
#pragma unroll
    for (unsigned c = 0; c < 4; c++) {
      unsigned row = first + warp / 2 * 16 * MI + 16 * i + lane / 4 + c / 2 * 8;
      if (row >= rows) continue;
#pragma unroll
      for (unsigned j = 0; j < 8; j++) {
        unsigned output = column + warp % 2 * 64 + 8 * j + lane % 4 * 2 + c % 2;
        if (output < outputs)
          out[size_t(row) * outputs + output] = sums[i][j][c] + (bias ? bias[output] : 0.0f);
      }
    }
}

#define LINEAR(name, MI)                                                                           \
  extern "C" __global__ void __launch_bounds__(THREADS, 2)                                         \
      name(const bf16 *x, const bf16 *weights, const float *bias, float *out, unsigned rows,       \
           unsigned inputs, unsigned outputs, unsigned stages) {                                                    \
    unsigned down = (rows + 32 * MI - 1) / (32 * MI), across = (outputs + OUTPUTS - 1) / OUTPUTS;  \
    for (unsigned tile = blockIdx.x; tile < down * across; tile += gridDim.x)                      \
      form_tile<MI>(x, weights, bias, out, rows, inputs, outputs, stages, tile);                           \
  }                                                                                                \
  EXPORT(name)

LINEAR(linear_exactly_128, 4)
LINEAR(linear_exactly_32, 1)
