// Routed experts: products of the rows that chose an expert with its matrices, and the weighted sum
// of each token's experts. Twin: src/kernels/experts.rs.
//
// A block forms tiles of 32·MI rows by 128 outputs. Sixty-four inputs of both are copied to shared
// memory at a time, some steps ahead of the tensor cores that multiply them. The sort lists the tiles on the
// device (sort.cu), and blocks take them in turn, so the host never learns how many rows an expert has.
#include "activation.cuh"

constexpr unsigned OUTPUTS = 128; // rows of weights in a tile
constexpr unsigned STEP = 64;     // inputs copied at a time: 128 bytes a row
constexpr unsigned STAGES = 3;    // steps in shared memory
constexpr unsigned THREADS = 256; // eight warps, two by four

// One product. Rows of x and of out are in the order of the sort, but where `order` is given row i
// of x belongs to choice order[i], and so to token order[i] / top_k.
struct Product {
  const bf16 *x;       // [rows, inputs]
  const bf16 *weights; // [experts, outputs, inputs]
  const float *bias;   // [experts, outputs], or null
  bf16 *out;           // [rows, outputs], or [rows, outputs / 2] with a gate
  const unsigned *order, *starts, *tiles;
  unsigned top_k, inputs, outputs, activation;
  float alpha, limit;
};

// Where eight numbers of a tile's row lie. Rows share the banks in turn, so that eight rows are read
// at once.
__device__ __forceinline__ bf16 *at(bf16 *tile, unsigned row, unsigned eight) {
  return tile + row * STEP + (eight ^ row % 8) * 8;
}

// Row of the weights that row `row` of a tile holds. With a gate, eight rows of the gate and the eight
// that they go with follow each other, so that one thread ends up with both.
template <bool GATED>
__device__ __forceinline__ unsigned weight_row(unsigned column, unsigned row, unsigned width) {
  if (!GATED) return column * OUTPUTS + row;
  return row / 8 % 2 * width + column * (OUTPUTS / 2) + row / 16 * 8 + row % 8;
}

template <unsigned MI, bool GATED> __device__ void form_tile(const Product &p, unsigned tile) {
  constexpr unsigned ROWS = 32 * MI, STAGE = (ROWS + OUTPUTS) * STEP;
  constexpr unsigned COLUMNS = GATED ? OUTPUTS / 2 : OUTPUTS;
  DYNAMIC_SHARED(bf16, shared);
  unsigned width = GATED ? p.outputs / 2 : p.outputs, across = (width + COLUMNS - 1) / COLUMNS;
  unsigned expert = p.tiles[1 + 2 * (tile / across)], first = p.tiles[2 + 2 * (tile / across)];
  unsigned end = min(first + ROWS, p.starts[expert + 1]), column = tile % across;
  unsigned thread = threadIdx.x, lane = thread % 32, warp = thread / 32;

  // Each thread copies eight numbers of some rows.
  unsigned line = thread / 8, eight = thread % 8;
  const bf16 *rows[MI], *weights[4];
  bool has_row[MI], has_weight[4];
  for (unsigned i = 0; i < MI; i++) {
    unsigned row = first + line + 32 * i;
    has_row[i] = row < end;
    unsigned from = !has_row[i] ? 0 : p.order ? p.order[row] / p.top_k : row;
    rows[i] = p.x + size_t(from) * p.inputs;
  }
  for (unsigned i = 0; i < 4; i++) {
    unsigned row = line + 32 * i, inner = column * COLUMNS + (GATED ? row / 16 * 8 + row % 8 : row);
    has_weight[i] = inner < width;
    unsigned from = has_weight[i] ? weight_row<GATED>(column, row, width) : 0;
    weights[i] = p.weights + (size_t(expert) * p.outputs + from) * p.inputs;
  }
  unsigned steps = (p.inputs + STEP - 1) / STEP;
  auto copy = [&](unsigned step) {
    if (step < steps) {
      bf16 *x = shared + step % STAGES * STAGE, *w = x + ROWS * STEP;
      unsigned input = step * STEP + eight * 8;
      bool inside = input < p.inputs;
      input = inside ? input : 0;
      for (unsigned i = 0; i < MI; i++)
        copy_async16(at(x, line + 32 * i, eight), rows[i] + input, inside && has_row[i]);
      for (unsigned i = 0; i < 4; i++)
        copy_async16(at(w, line + 32 * i, eight), weights[i] + input, inside && has_weight[i]);
    }
    copy_commit();
  };

  // A warp multiplies 16·MI rows by 32 outputs.
  unsigned top = warp / 4 * 16 * MI, left = warp % 4 * 32;
  float sums[MI][4][4] = {};
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
  __syncthreads(); // the next tile is copied over this one

  const float *bias = p.bias ? p.bias + size_t(expert) * p.outputs : nullptr;
#pragma unroll
  for (unsigned i = 0; i < MI; i++)
#pragma unroll
    for (unsigned half = 0; half < 2; half++) {
      unsigned row = first + top + 16 * i + lane / 4 + 8 * half;
      if (row >= end) continue;
#pragma unroll
      for (unsigned j = 0; j < 4; j += GATED ? 2 : 1) {
        unsigned inner = column * COLUMNS + (GATED ? left / 2 + 4 * j : left + 8 * j) + lane % 4 * 2;
        if (inner >= width) continue;
        float out[2];
#pragma unroll
        for (unsigned c = 0; c < 2; c++) {
          float sum = sums[i][j][2 * half + c];
          if (bias) sum += bias[inner + c];
          if (GATED) {
            float up = sums[i][j + 1][2 * half + c];
            if (bias) up += bias[width + inner + c];
            out[c] = activated(p.activation, sum, up, p.alpha, p.limit);
          } else {
            out[c] = activated(p.activation, sum);
          }
        }
        *reinterpret_cast<unsigned *>(p.out + size_t(row) * width + inner) = pack_bf16(out[0], out[1]);
      }
    }
}

template <unsigned MI, bool GATED> __device__ void form_product(const Product &p) {
  constexpr unsigned COLUMNS = GATED ? OUTPUTS / 2 : OUTPUTS;
  unsigned width = GATED ? p.outputs / 2 : p.outputs, across = (width + COLUMNS - 1) / COLUMNS;
  unsigned tiles = p.tiles[0] * across;
  for (unsigned tile = blockIdx.x; tile < tiles; tile += gridDim.x) form_tile<MI, GATED>(p, tile);
}

#define PRODUCT(name, MI, GATED)                                                                   \
  extern "C" __global__ void __launch_bounds__(THREADS, 2)                                         \
      name(const bf16 *x, const bf16 *weights, const float *bias, bf16 *out, const unsigned *order,  \
           const unsigned *starts, const unsigned *tiles, unsigned top_k, unsigned inputs,         \
           unsigned outputs, unsigned activation, float alpha, float limit) {                      \
    form_product<MI, GATED>({x, weights, bias, out, order, starts, tiles, top_k, inputs, outputs,  \
                             activation, alpha, limit});                                           \
  }                                                                                                \
  EXPORT(name)

PRODUCT(product_gated_128, 4, true)
PRODUCT(product_gated_32, 1, true)
PRODUCT(product_plain_128, 4, false)
PRODUCT(product_plain_32, 1, false)

// The weighted sum of each token's rows of `y` ([choices, width], in the order of the sort), best
// ranked first. One warp a token; eight divides the width.
extern "C" __global__ void combine(const bf16 *y, const unsigned *place, const float *weights,
                                   bf16 *out, unsigned tokens, unsigned top_k, unsigned width) {
  unsigned lane = threadIdx.x % 32, token = blockIdx.x * (blockDim.x / 32) + threadIdx.x / 32;
  if (token >= tokens) return;
  place += size_t(token) * top_k;
  weights += size_t(token) * top_k;
  for (unsigned i = lane * 8; i < width; i += 256) {
    float sum[8] = {};
    for (unsigned rank = 0; rank < top_k; rank++) {
      uint4 eight = *reinterpret_cast<const uint4 *>(y + size_t(place[rank]) * width + i);
      const bf16 *numbers = reinterpret_cast<const bf16 *>(&eight);
#pragma unroll
      for (unsigned c = 0; c < 8; c++) sum[c] += weights[rank] * to_f32(numbers[c]);
    }
    uint4 packed = make_uint4(pack_bf16(sum[0], sum[1]), pack_bf16(sum[2], sum[3]),
                              pack_bf16(sum[4], sum[5]), pack_bf16(sum[6], sum[7]));
    *reinterpret_cast<uint4 *>(out + size_t(token) * width + i) = packed;
  }
}
EXPORT(combine)
