// Products of experts with many rows on Hopper: tiles of 128 rows and 256 rows of weights by `wgmma`.
//
// Of the three warpgroups of a block, the first has steps of 64 inputs copied into a ring in shared memory,
// and the other two multiply them, each with 64 of the tile's rows, so that steps are on their way
// while others are multiplied and while finished sums are written. A block takes tiles in turn.
// Weights are copied in boxes by the engine that multiprocessors have for that, rows of x by threads, which
// can gather those of tokens.
#include "experts.cuh"
#include "hopper.cuh"

constexpr unsigned ROWS = 128, LINES = 256; // rows of x and of weights in a tile
constexpr unsigned STAGES = 4;              // steps in shared memory
constexpr unsigned WARPS = 8;               // that multiply
// Registers of a thread; three warpgroups have 504 in all.
constexpr unsigned COPY_REGISTERS = 88, SUM_REGISTERS = 208;

struct Ring {
  bf16 x[STAGES][ROWS * STEP], weights[STAGES][LINES * STEP];
  Barrier full[STAGES], empty[STAGES];
};

// The tiles of a product. All whole ones are formed first, then those of the last outputs, where they
// have no more than half the outputs of a whole one.
template <bool GATED> struct Tiles {
  static constexpr unsigned OUT = GATED ? LINES / 2 : LINES; // outputs of a whole tile
  unsigned width, across, whole, all;

  __device__ __forceinline__ explicit Tiles(const Product &p) {
    width = GATED ? p.outputs / 2 : p.outputs;
    across = (width + OUT / 2 - 1) / OUT;
    whole = p.tiles[0] * across, all = across * OUT < width ? whole + p.tiles[0] : whole;
  }
};

template <bool GATED> struct Tile {
  unsigned expert, first, end, column, width, lines;

  __device__ __forceinline__ Tile(const Product &p, const Tiles<GATED> &tiles, unsigned number) {
    bool half = number >= tiles.whole;
    unsigned row = half ? number - tiles.whole : number / tiles.across;
    expert = p.tiles[1 + 2 * row], first = p.tiles[2 + 2 * row];
    end = min(first + ROWS, p.starts[expert + 1]);
    column = (half ? tiles.across : number % tiles.across) * tiles.OUT;
    width = tiles.width, lines = half ? LINES / 2 : LINES;
  }

  // Copies 64 inputs of the tile's rows of weights; with a gate, its rows are followed by those of `up`.
  __device__ __forceinline__ void copy_weights(bf16 *to, const Matrix &weights, unsigned outputs,
                                               unsigned input, Barrier *barrier) const {
    unsigned each = GATED ? lines / 2 : lines, row = expert * outputs + column;
    for (unsigned i = 0; i < lines; i += BOX)
      copy_box(to + i * STEP, weights, input, row + (i < each ? i : width + i - each), barrier);
  }
};

// The first warpgroup: has all steps of all tiles of this block copied.
template <bool GATED>
__device__ void copy_tiles(const Product &p, const Matrix &weights, Ring &ring) {
  Tiles<GATED> tiles(p);
  unsigned line = threadIdx.x / 8, begun = 0;
  for (unsigned number = blockIdx.x; number < tiles.all; number += gridDim.x) {
    Tile<GATED> tile(p, tiles, number);
    unsigned rows[ROWS / 16];
#pragma unroll
    for (unsigned i = 0; i < ROWS / 16; i++) {
      unsigned row = tile.first + line + 16 * i;
      rows[i] = row < tile.end ? p.row_of_x(row) : NONE;
    }
    for (unsigned input = 0; input < p.inputs; input += STEP, begun++) {
      unsigned stage = begun % STAGES;
      Barrier *full = &ring.full[stage];
      barrier_wait(&ring.empty[stage], begun / STAGES % 2 ^ 1);
      if (threadIdx.x == 0) {
        barrier_expect(full, tile.lines * STEP * 2);
        tile.copy_weights(ring.weights[stage], weights, p.outputs, input, full);
      }
      copy_rows(ring.x[stage], p.x, rows, input + threadIdx.x % 8 * 8, p.inputs);
      barrier_arrive_copied(full);
    }
  }
  copy_wait<0>();
}

// Lane i of each four has the i-th pair of four runs of eight numbers; afterwards it has the i-th run.
__device__ __forceinline__ void gather_runs(unsigned (&pairs)[4]) {
#pragma unroll
  for (unsigned by = 1; by < 4; by *= 2) {
    bool high = threadIdx.x & by;
#pragma unroll
    for (unsigned n = 0; n < 2; n++) {
      unsigned i = by == 1 ? 2 * n : n, j = i + by;
      unsigned other = __shfl_xor_sync(WARP, high ? pairs[i] : pairs[j], by);
      if (high) pairs[i] = other;
      else pairs[j] = other;
    }
  }
}

// Writes the outputs of the 64 rows from `first` on.
template <unsigned COUNT, bool GATED>
__device__ __forceinline__ void write_tile(const Product &p, const Tile<GATED> &tile, unsigned first,
                                           const float (&sums)[COUNT]) {
  constexpr unsigned RUNS = COUNT / 4 / (GATED ? 2 : 1); // of eight outputs
  unsigned lane = threadIdx.x % 32;
  const float *bias = p.bias_of(tile.expert);
#pragma unroll
  for (unsigned half = 0; half < 2; half++) {
    unsigned row = first + threadIdx.x % 128 / 32 * 16 + 8 * half + lane / 4;
    bf16 *out = p.out + size_t(row) * tile.width;
#pragma unroll
    for (unsigned run = 0; run < RUNS; run += 4) {
      unsigned pairs[4];
#pragma unroll
      for (unsigned i = 0; i < 4; i++) {
        unsigned inner = tile.column + (run + i) * 8 + lane % 4 * 2, at = 4 * (run + i) + 2 * half;
        const float *up = GATED ? sums + at + COUNT / 2 : nullptr;
        pairs[i] = inner < tile.width ? p.finish<GATED>(bias, tile.width, inner, sums + at, up) : 0;
      }
      gather_runs(pairs);
      unsigned inner = tile.column + (run + lane % 4) * 8;
      if (row < tile.end && inner < tile.width)
        *reinterpret_cast<uint4 *>(out + inner) = make_uint4(pairs[0], pairs[1], pairs[2], pairs[3]);
    }
  }
}

// The warps that multiply have done so with a step, and its place in the ring may be filled anew.
__device__ __forceinline__ void release(Ring &ring, unsigned step) {
  if (threadIdx.x % 32 == 0) barrier_arrive(&ring.empty[step % STAGES]);
}

// Multiplies the steps of a tile, `begun` before it, with 64 rows, and writes what comes of them.
template <unsigned COUNT, bool GATED>
__device__ __forceinline__ void multiply_tile(const Product &p, Ring &ring, const Tile<GATED> &tile,
                                              unsigned top, unsigned begun, unsigned steps) {
  float sums[COUNT];
  for (unsigned step = begun; step < begun + steps; step++) {
    unsigned stage = step % STAGES;
    barrier_wait(&ring.full[stage], step / STAGES % 2);
    fence_products();
    unsigned long long x = described(ring.x[stage] + top * STEP), w = described(ring.weights[stage]);
    products_begin();
#pragma unroll
    for (unsigned k = 0; k < STEP / 16; k++)
      multiply_64_rows(sums, x + 2 * k, w + 2 * k, step > begun || k > 0);
    products_commit();
    products_wait<1>();
    if (step > begun) release(ring, step - 1);
  }
  products_wait<0>();
  products_arrived(sums);
  release(ring, begun + steps - 1);
  write_tile<COUNT, GATED>(p, tile, tile.first + top, sums);
}

// The other warpgroups: multiply this block's tiles from `number` on and below `end`.
template <unsigned COUNT, bool GATED>
__device__ __forceinline__ void multiply_tiles(const Product &p, Ring &ring, const Tiles<GATED> &tiles,
                                               unsigned &number, unsigned end, unsigned &begun) {
  unsigned top = (warpgroup() - 1) * 64, steps = (p.inputs + STEP - 1) / STEP;
  for (; number < end; number += gridDim.x, begun += steps) {
    Tile<GATED> tile(p, tiles, number);
    if (tile.first + top < tile.end) {
      multiply_tile<COUNT, GATED>(p, ring, tile, top, begun, steps);
    } else {
      for (unsigned step = begun; step < begun + steps; step++) {
        barrier_wait(&ring.full[step % STAGES], step / STAGES % 2);
        release(ring, step);
      }
    }
  }
}

template <bool GATED> __device__ __forceinline__ void form_products(const Product &p, const Matrix &weights) {
  DYNAMIC_SHARED_FROM(1024, Ring, ring);
  if (threadIdx.x == 0) {
    for (unsigned stage = 0; stage < STAGES; stage++) {
      barrier_init(&ring->full[stage], 128 + 1); // all that gather, and the one that has boxes copied
      barrier_init(&ring->empty[stage], WARPS);
    }
    barriers_ready();
  }
  __syncthreads();
  if (warpgroup() == 0) {
    keep_registers<COPY_REGISTERS>();
    copy_tiles<GATED>(p, weights, *ring);
  } else {
    take_registers<SUM_REGISTERS>();
    Tiles<GATED> tiles(p);
    unsigned number = blockIdx.x, begun = 0;
    multiply_tiles<LINES / 2, GATED>(p, *ring, tiles, number, tiles.whole, begun);
    multiply_tiles<LINES / 4, GATED>(p, *ring, tiles, number, tiles.all, begun);
  }
}

#define PRODUCT(name, GATED)                                                                       \
  extern "C" __global__ void __launch_bounds__(128 + 32 * WARPS, 1)                                \
      name(const bf16 *x, const __grid_constant__ Matrix weights, const float *bias, bf16 *out,    \
           const unsigned *order, const unsigned *starts, const unsigned *tiles, unsigned top_k,   \
           unsigned inputs, unsigned outputs, unsigned activation, float alpha, float limit) {     \
    Product p{x,     bias,   out,     order,      starts, tiles,                                   \
              top_k, inputs, outputs, activation, alpha,  limit};                                  \
    form_products<GATED>(p, weights);                                                              \
  }                                                                                                \
  EXPORT(name)

PRODUCT(product_gated_hopper, true)
PRODUCT(product_plain_hopper, false)
