// Routed experts: products of the rows that chose an expert with its matrices. Twin: src/kernels/experts.rs.
//
// The sort lists the tiles of rows on the device (sort.cu), and blocks take them in turn, so the host
// never learns how many rows an expert has.
#include "experts.cuh"

// A tile holds 128 outputs. With a gate, eight rows of the gate and the eight of `up` that they go with
// follow each other, so that one thread ends up with both.
template <unsigned MI, bool GATED>
__device__ void form_tile(const Product &p, const bf16 *weights, unsigned stages, unsigned expert,
                          unsigned first, unsigned end, unsigned column) {
  constexpr unsigned COLUMNS = GATED ? OUTPUTS / 2 : OUTPUTS;
  DYNAMIC_SHARED(bf16, shared);
  unsigned width = GATED ? p.outputs / 2 : p.outputs;
  auto row = [&](unsigned line) -> unsigned {
    unsigned row = first + line;
    return row >= end ? NONE : p.row_of_x(row);
  };
  auto weight = [&](unsigned line) -> unsigned {
    unsigned inner = column * COLUMNS + (GATED ? line / 16 * 8 + line % 8 : line);
    return inner >= width ? NONE : GATED && line / 8 % 2 ? width + inner : inner; // gate, then up
  };
  float sums[MI][8][4];
  const bf16 *mine = weights + size_t(expert) * p.outputs * p.inputs;
  multiply(shared, stages, p.x, mine, p.inputs, row, weight, sums);

  unsigned lane = threadIdx.x % 32, warp = threadIdx.x / 32;
  unsigned top = warp / 2 * 16 * MI, left = warp % 2 * 64;
  const float *bias = p.bias_of(expert);
#pragma unroll
  for (unsigned i = 0; i < MI; i++)
#pragma unroll
    for (unsigned half = 0; half < 2; half++) {
      unsigned row = first + top + 16 * i + lane / 4 + 8 * half;
      if (row >= end) continue;
#pragma unroll
      for (unsigned j = 0; j < 8; j += GATED ? 2 : 1) {
        unsigned inner = column * COLUMNS + (GATED ? left / 2 + 4 * j : left + 8 * j) + lane % 4 * 2;
        if (inner >= width) continue;
        const float *sum = sums[i][j] + 2 * half, *up = GATED ? sums[i][j + 1] + 2 * half : nullptr;
        unsigned pair = p.finish<GATED>(bias, width, inner, sum, up);
        *reinterpret_cast<unsigned *>(p.out + size_t(row) * width + inner) = pair;
      }
    }
}

template <unsigned MI, bool GATED>
__device__ void form_product(const Product &p, const bf16 *weights, unsigned stages) {
  constexpr unsigned COLUMNS = GATED ? OUTPUTS / 2 : OUTPUTS;
  unsigned width = GATED ? p.outputs / 2 : p.outputs, across = (width + COLUMNS - 1) / COLUMNS;
  unsigned tiles = p.tiles[0] * across;
  for (unsigned tile = blockIdx.x; tile < tiles; tile += gridDim.x) {
    unsigned expert = p.tiles[1 + 2 * (tile / across)], first = p.tiles[2 + 2 * (tile / across)];
    unsigned end = min(first + 32 * MI, p.starts[expert + 1]), column = tile % across;
    // An expert's last rows seldom fill a tile, and a smaller one is formed sooner.
    if (MI > 2 && end - first <= 32) form_tile<1, GATED>(p, weights, stages, expert, first, end, column);
    else if (MI > 2 && end - first <= 64) form_tile<2, GATED>(p, weights, stages, expert, first, end, column);
    else form_tile<MI, GATED>(p, weights, stages, expert, first, end, column);
  }
}

#define PRODUCT(name, MI, GATED)                                                                   \
  extern "C" __global__ void __launch_bounds__(THREADS, 2)                                         \
      name(const bf16 *x, const bf16 *weights, const float *bias, bf16 *out, const unsigned *order, \
           const unsigned *starts, const unsigned *tiles, unsigned top_k, unsigned inputs,         \
           unsigned outputs, unsigned activation, float alpha, float limit, unsigned stages) {     \
    Product p{x,     bias,   out,     order,      starts, tiles,                                   \
              top_k, inputs, outputs, activation, alpha,  limit};                                  \
    form_product<MI, GATED>(p, weights, stages);                                                   \
  }                                                                                                \
  EXPORT(name)

PRODUCT(product_gated_128, 4, true)
PRODUCT(product_gated_32, 1, true)
PRODUCT(product_plain_128, 4, false)
PRODUCT(product_plain_32, 1, false)
