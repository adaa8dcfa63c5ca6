// Products of tiles of rows with tiles of weights by tensor cores, bf16 into f32.
#pragma once
#include "common.cuh"

constexpr unsigned OUTPUTS = 128; // rows of weights in a tile
constexpr unsigned STEP = 64;     // inputs copied to shared memory at a time: 128 bytes a row
constexpr unsigned THREADS = 128; // four warps, two by two
constexpr unsigned NONE = 0xffffffffu;

// Where eight numbers of a tile's row lie. Rows share the banks in turn, so that eight rows are read
// at once.
__device__ __forceinline__ bf16 *at(bf16 *tile, unsigned row, unsigned eight) {
  return tile + row * STEP + (eight ^ row % 8) * 8;
}

// Copies eight numbers of each of COUNT rows, sixteen rows of the tile apart; zeros for NONE and behind
// the last input.
template <unsigned COUNT>
__device__ __forceinline__ void copy_rows(bf16 *tile, const bf16 *from, const unsigned (&rows)[COUNT],
                                          unsigned input, unsigned inputs) {
  unsigned line = threadIdx.x / 8, eight = threadIdx.x % 8;
#pragma unroll
  for (unsigned i = 0; i < COUNT; i++) {
    bool present = input < inputs && rows[i] != NONE;
    const bf16 *source = present ? from + size_t(rows[i]) * inputs + input : from;
    copy_async16(at(tile, line + 16 * i, eight), source, present);
  }
}

// A warp's operands for sixteen inputs: 16·MI rows and 64 outputs.
template <unsigned MI> struct Operands {
  unsigned rows[MI][4], outputs[8][2];

  __device__ __forceinline__ void load(bf16 *x, bf16 *w, unsigned top, unsigned left, unsigned k) {
    unsigned lane = threadIdx.x % 32;
#pragma unroll
    for (unsigned i = 0; i < MI; i++)
      load_matrix_x4(rows[i], at(x, top + 16 * i + lane % 16, 2 * k + lane / 16));
#pragma unroll
    for (unsigned j = 0; j < 8; j += 2) {
      unsigned both[4];
      load_matrix_x4(both, at(w, left + 8 * j + lane / 16 * 8 + lane % 8, 2 * k + lane / 8 % 2));
      outputs[j][0] = both[0], outputs[j][1] = both[1];
      outputs[j + 1][0] = both[2], outputs[j + 1][1] = both[3];
    }
  }
};

// sums = x · wᵀ for 32·MI rows of x and 128 of w; `row` and `weight` give the row of x and of w for each
// line of the tile, or NONE. Eight divides `inputs`. A warp holds the sums of 16·MI lines from
// warp / 2 · 16·MI on and 64 outputs from warp % 2 · 64 on: of lane l, sums[i][j][2h + c] is of line
// 16·i + 8·h + l / 4 and output 8·j + 2·(l % 4) + c. `shared` holds `stages` steps, two or three, of
// (32·MI + OUTPUTS) · STEP numbers each, and may be used again when this returns.
template <unsigned MI, typename Row, typename Weight>
__device__ __forceinline__ void multiply(bf16 *shared, unsigned stages, const bf16 *x,
                                         const bf16 *w, unsigned inputs, Row row, Weight weight,
                                         float (&sums)[MI][8][4]) {
  constexpr unsigned ROWS = 32 * MI, STAGE = (ROWS + OUTPUTS) * STEP;
  unsigned rows[2 * MI], weights[8];
#pragma unroll
  for (unsigned i = 0; i < 2 * MI; i++) rows[i] = row(threadIdx.x / 8 + 16 * i);
#pragma unroll
  for (unsigned i = 0; i < 8; i++) weights[i] = weight(threadIdx.x / 8 + 16 * i);
  unsigned steps = (inputs + STEP - 1) / STEP;
  auto copy = [&](unsigned step) {
    bf16 *tile = shared + step % stages * STAGE;
    unsigned input = step * STEP + threadIdx.x % 8 * 8;
    if (step < steps) {
      copy_rows(tile, x, rows, input, inputs);
      copy_rows(tile + ROWS * STEP, w, weights, input, inputs);
    }
    copy_commit();
  };

  unsigned top = threadIdx.x / 64 * 16 * MI, left = threadIdx.x / 32 % 2 * 64;
#pragma unroll
  for (unsigned i = 0; i < MI; i++)
#pragma unroll
    for (unsigned j = 0; j < 8; j++)
#pragma unroll
      for (unsigned c = 0; c < 4; c++) sums[i][j][c] = 0.0f;
  for (unsigned step = 0; step < stages - 1; step++) copy(step);
  for (unsigned step = 0; step < steps; step++) {
    if (stages == 2) copy_wait<0>();
    else copy_wait<1>();
    __syncthreads(); // this step has arrived, and nobody reads the one before it any more
    copy(step + stages - 1);
    bf16 *lines = shared + step % stages * STAGE, *outputs = lines + ROWS * STEP;
    Operands<MI> operands[2]; // the next are loaded while these are multiplied
    operands[0].load(lines, outputs, top, left, 0);
#pragma unroll
    for (unsigned k = 0; k < STEP / 16; k++) {
      if (k + 1 < STEP / 16) operands[(k + 1) % 2].load(lines, outputs, top, left, k + 1);
#pragma unroll
      for (unsigned i = 0; i < MI; i++)
#pragma unroll
        for (unsigned j = 0; j < 8; j++)
          multiply_16_8_16(sums[i][j], operands[k % 2].rows[i], operands[k % 2].outputs[j]);
    }
  }
  copy_wait<0>();
  __syncthreads(); // everybody has read the last step
}
