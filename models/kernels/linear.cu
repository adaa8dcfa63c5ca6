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
           unsigned inputs, unsigned outputs, unsigned stages) {                                   \
    unsigned down = (rows + 32 * MI - 1) / (32 * MI), across = (outputs + OUTPUTS - 1) / OUTPUTS;  \
    for (unsigned tile = blockIdx.x; tile < down * across; tile += gridDim.x)                      \
      form_tile<MI>(x, weights, bias, out, rows, inputs, outputs, stages, tile);                   \
  }                                                                                                \
  EXPORT(name)

LINEAR(linear_exactly_128, 4)
LINEAR(linear_exactly_32, 1)

// Few rows: so that many blocks share the work, each forms but sixteen rows of eight outputs, by one
// warp, and inputs are asked for far ahead. Every sum adds its products in the order of the others, and
// is the same.
constexpr unsigned FEW_ROWS = 16, FEW_OUTPUTS = 8, FEW_LINES = FEW_ROWS + FEW_OUTPUTS;
constexpr unsigned FEW_STEP = 256, FEW_STAGES = 4;
constexpr unsigned FEW_LINE = FEW_STEP + 8; // eight lines begin in other banks each

__device__ void form_few(const bf16 *x, const bf16 *weights, const float *bias, float *out,
                         unsigned rows, unsigned inputs, unsigned outputs) {
  DYNAMIC_SHARED(bf16, shared);
  unsigned down = (rows + FEW_ROWS - 1) / FEW_ROWS, lane = threadIdx.x % 32;
  unsigned first = blockIdx.x % down * FEW_ROWS, column = blockIdx.x / down * FEW_OUTPUTS;
  unsigned steps = (inputs + FEW_STEP - 1) / FEW_STEP;
  auto stage = [&](unsigned step) { return shared + step % FEW_STAGES * FEW_LINES * FEW_LINE; };
  auto copy = [&](unsigned step) {
    for (unsigned i = threadIdx.x; step < steps && i < FEW_LINES * FEW_STEP / 8; i += THREADS) {
      unsigned line = i / (FEW_STEP / 8), part = i % (FEW_STEP / 8) * 8, input = step * FEW_STEP + part;
      bool of_x = line < FEW_ROWS;
      unsigned row = of_x ? first + line : column + line - FEW_ROWS;
      bool present = input < inputs && row < (of_x ? rows : outputs);
      const bf16 *from = of_x ? x : weights;
      if (present) from += size_t(row) * inputs + input;
      copy_async16(stage(step) + line * FEW_LINE + part, from, present);
    }
    copy_commit();
  };
  float sums[4] = {};
  for (unsigned step = 0; step < FEW_STAGES - 1; step++) copy(step);
  for (unsigned step = 0; step < steps; step++) {
    copy_wait<FEW_STAGES - 2>();
    __syncthreads(); // this step has arrived, and nobody reads the one before it any more
    copy(step + FEW_STAGES - 1);
    if (threadIdx.x >= 32) continue;
    const bf16 *line = stage(step) + lane % 16 * FEW_LINE + lane / 16 * 8;
    const bf16 *weight = stage(step) + (FEW_ROWS + lane % 8) * FEW_LINE + lane / 8 % 2 * 8;
#pragma unroll
    for (unsigned k = 0; k < FEW_STEP; k += 16) {
      unsigned a[4], b[2];
      load_matrix_x4(a, line + k);
      load_matrix_x2(b, weight + k);
      multiply_16_8_16(sums, a, b);
    }
  }
  copy_wait<0>();
  if (threadIdx.x >= 32) return;
#pragma unroll
  for (unsigned c = 0; c < 4; c++) {
    unsigned row = first + lane / 4 + c / 2 * 8, output = column + lane % 4 * 2 + c % 2;
    if (row < rows && output < outputs)
      out[size_t(row) * outputs + output] = sums[c] + (bias ? bias[output] : 0.0f);
  }
}

extern "C" __global__ void __launch_bounds__(THREADS)
    linear_exactly_few(const bf16 *x, const bf16 *weights, const float *bias, float *out,
                       unsigned rows, unsigned inputs, unsigned outputs) {
  form_few(x, weights, bias, out, rows, inputs, outputs);
}
EXPORT(linear_exactly_few)
