// Products of tiles of rows with tiles of weights by tensor cores, bf16 into f32.
#pragma once
#include "common.cuh"

constexpr unsigned OUTPUTS = 128; // rows of weights in a tile
constexpr unsigned STEP = 64;     // inputs copied to shared memory at a time: 128 bytes a row
constexpr unsigned STAGES = 3;    // steps in shared memory at once
constexpr unsigned THREADS = 256; // eight warps, two by four

// Where eight numbers of a tile's row lie. Rows share the banks in turn, so that eight rows are read
// at once.
__device__ __forceinline__ bf16 *at(bf16 *tile, unsigned row, unsigned eight) {
  return tile + row * STEP + (eight ^ row % 8) * 8;
}

// sums = x · wᵀ for 32·MI rows of x and 128 of w, which `row` and `weight` give by their number in the
// tile, null where there is none; `somewhere` is any address in global memory. Eight divides `inputs`. A warp holds the sums of 16·MI rows from
// warp / 4 · 16·MI on and 32 outputs from warp % 4 · 32 on: of lane l, sums[i][j][2h + c] is of row
// 16·i + 8·h + l / 4 and output 8·j + 2·(l % 4) + c. `shared` holds STAGES · (32·MI + OUTPUTS) · STEP
// numbers and may be used again when this returns.
template <unsigned MI, typename Row, typename Weight>
__device__ __forceinline__ void multiply(bf16 *shared, const bf16 *somewhere, unsigned inputs,
                                         Row row, Weight weight, float (&sums)[MI][4][4]) {
  constexpr unsigned ROWS = 32 * MI, STAGE = (ROWS + OUTPUTS) * STEP;
  unsigned thread = threadIdx.x, lane = thread % 32, warp = thread / 32;

  // Each thread copies eight numbers of some rows.
  unsigned line = thread / 8, eight = thread % 8;
  const bf16 *rows[MI], *weights[4];
#pragma unroll
  for (unsigned i = 0; i < MI; i++) rows[i] = row(line + 32 * i);
#pragma unroll
  for (unsigned i = 0; i < 4; i++) weights[i] = weight(line + 32 * i);
  unsigned steps = (inputs + STEP - 1) / STEP;
  auto copy = [&](unsigned step) {
    if (step < steps) {
      bf16 *x = shared + step % STAGES * STAGE, *w = x + ROWS * STEP;
      unsigned input = step * STEP + eight * 8;
      bool inside = input < inputs;
#pragma unroll
      for (unsigned i = 0; i < MI; i++) {
        bool present = inside && rows[i];
        copy_async16(at(x, line + 32 * i, eight), present ? rows[i] + input : somewhere, present);
      }
#pragma unroll
      for (unsigned i = 0; i < 4; i++) {
        bool present = inside && weights[i];
        copy_async16(at(w, line + 32 * i, eight), present ? weights[i] + input : somewhere, present);
      }
    }
    copy_commit();
  };

  unsigned top = warp / 4 * 16 * MI, left = warp % 4 * 32;
#pragma unroll
  for (unsigned i = 0; i < MI; i++)
#pragma unroll
    for (unsigned j = 0; j < 4; j++)
#pragma unroll
      for (unsigned c = 0; c < 4; c++) sums[i][j][c] = 0.0f;
  for (unsigned step = 0; step < STAGES - 1; step++) copy(step);
  for (unsigned step = 0; step < steps; step++) {
    copy_wait<STAGES - 2>();
    __syncthreads(); // this step has arrived, and nobody reads the one before it any more
    copy(step + STAGES - 1);
    bf16 *x = shared + step % STAGES * STAGE, *w = x + ROWS * STEP;
#pragma unroll
    for (unsigned k = 0; k < STEP / 16; k++) {
      unsigned a[MI][4], b[4][2];
#pragma unroll
      for (unsigned i = 0; i < MI; i++)
        load_matrix_x4(a[i], at(x, top + 16 * i + lane % 16, 2 * k + lane / 16));
#pragma unroll
      for (unsigned j = 0; j < 4; j += 2) {
        unsigned both[4];
        load_matrix_x4(both, at(w, left + 8 * j + lane / 16 * 8 + lane % 8, 2 * k + lane / 8 % 2));
        b[j][0] = both[0], b[j][1] = both[1], b[j + 1][0] = both[2], b[j + 1][1] = both[3];
      }
#pragma unroll
      for (unsigned i = 0; i < MI; i++)
#pragma unroll
        for (unsigned j = 0; j < 4; j++) multiply_16_8_16(sums[i][j], a[i], b[j]);
    }
  }
  copy_wait<0>();
  __syncthreads(); // everybody has read the last step
}
