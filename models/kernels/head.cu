// Predictions of wanted rows: the vocabulary projection fused with log-softmax, so that no logits are
// written. Twin: src/kernels/head.rs.
#include "tile.cuh"

// What a tile of the vocabulary says about a row: its largest logit, that token, and the sum of
// exp(logit - largest).
struct Part {
  float largest;
  unsigned token;
  float sum;
};

// Larger logits win, then lower tokens; NaN never does, but makes the sum NaN.
__device__ __forceinline__ Part join(Part a, Part b) {
  bool second = b.largest > a.largest || (b.largest == a.largest && b.token < a.token);
  float largest = second ? b.largest : a.largest;
  // A part without any number has nothing to scale, and infinities less each other would be NaN.
  float x = a.largest == largest ? a.sum : a.sum * expf(a.largest - largest);
  float y = b.largest == largest ? b.sum : b.sum * expf(b.largest - largest);
  return {largest, second ? b.token : a.token, x + y};
}

__device__ __forceinline__ Part join_lanes(Part part, int with) {
  Part other = {__shfl_xor_sync(WARP, part.largest, with), __shfl_xor_sync(WARP, part.token, with),
                __shfl_xor_sync(WARP, part.sum, with)};
  // The lower lane's part comes first on both sides, so that both form the same sum.
  return threadIdx.x % 32 & with ? join(other, part) : join(part, other);
}

// Writes the parts [across, rows] of one tile of rows and tokens.
template <unsigned MI>
__device__ void summarise(const bf16 *x, const bf16 *weights, const float *bias, float *largest,
                          unsigned *tokens, float *sums_out, unsigned rows, unsigned inputs,
                          unsigned vocabulary, unsigned stages, unsigned tile) {
  constexpr unsigned ROWS = 32 * MI;
  DYNAMIC_SHARED(bf16, shared);
  unsigned down = (rows + ROWS - 1) / ROWS, first = tile % down * ROWS, column = tile / down;
  auto row = [&](unsigned line) { return first + line < rows ? first + line : NONE; };
  auto weight = [&](unsigned line) {
    unsigned token = column * OUTPUTS + line;
    return token < vocabulary ? token : NONE;
  };
  float sums[MI][8][4];
  multiply(shared, stages, x, weights, inputs, row, weight, sums);

  // Of each row: sixteen logits a thread, then four threads, then two warps.
  Part *parts = reinterpret_cast<Part *>(shared); // [ROWS, 2]
  unsigned lane = threadIdx.x % 32, warp = threadIdx.x / 32;
#pragma unroll
  for (unsigned i = 0; i < MI; i++)
#pragma unroll
    for (unsigned half = 0; half < 2; half++) {
      Part part = {-INFINITY, 0xffffffffu, 0.0f};
#pragma unroll
      for (unsigned j = 0; j < 8; j++)
#pragma unroll
        for (unsigned c = 0; c < 2; c++) {
          unsigned token = column * OUTPUTS + warp % 2 * 64 + 8 * j + lane % 4 * 2 + c;
          if (token >= vocabulary) continue;
          float logit = sums[i][j][2 * half + c] + (bias ? bias[token] : 0.0f);
          if (isnan(logit)) part.sum = logit;
          else part = join(part, {logit, token, 1.0f});
        }
      part = join_lanes(join_lanes(part, 1), 2);
      if (lane % 4 == 0) parts[(warp / 2 * 16 * MI + 16 * i + 8 * half + lane / 4) * 2 + warp % 2] = part;
    }
  __syncthreads();
  if (threadIdx.x < ROWS && first + threadIdx.x < rows) {
    Part all = join(parts[threadIdx.x * 2], parts[threadIdx.x * 2 + 1]);
    size_t at = size_t(column) * rows + first + threadIdx.x;
    largest[at] = all.largest;
    tokens[at] = all.token;
    sums_out[at] = all.sum;
  }
  __syncthreads(); // the next tile is copied over the parts
}

#define SUMMARISE(name, MI)                                                                        \
  extern "C" __global__ void __launch_bounds__(THREADS, 2)                                         \
      name(const bf16 *x, const bf16 *weights, const float *bias, float *largest, unsigned *tokens,  \
           float *sums, unsigned rows, unsigned inputs, unsigned vocabulary, unsigned stages) {    \
    unsigned down = (rows + 32 * MI - 1) / (32 * MI), across = (vocabulary + OUTPUTS - 1) / OUTPUTS; \
    for (unsigned tile = blockIdx.x; tile < down * across; tile += gridDim.x)                      \
      summarise<MI>(x, weights, bias, largest, tokens, sums, rows, inputs, vocabulary, stages,    \
                    tile);                                                                         \
  }                                                                                                \
  EXPORT(name)

SUMMARISE(summarise_128, 4)
SUMMARISE(summarise_64, 2)
SUMMARISE(summarise_32, 1)

// Joins the parts of each row, one warp a row, and forms the logits of its targets, whose tokens are
// targets[offsets[row] .. offsets[row + 1]]. Of every row out has three numbers: token, largest, sum;
// then come the targets' logits.
extern "C" __global__ void predict(const bf16 *x, const bf16 *weights, const float *bias,
                                   const float *largest, const unsigned *tokens, const float *sums,
                                   const unsigned *offsets, const unsigned *targets, unsigned *out,
                                   unsigned rows, unsigned inputs, unsigned across) {
  unsigned lane = threadIdx.x % 32, row = blockIdx.x * (blockDim.x / 32) + threadIdx.x / 32;
  if (row >= rows) return;
  Part part = {-INFINITY, 0xffffffffu, 0.0f};
  for (unsigned i = lane; i < across; i += 32) {
    size_t at = size_t(i) * rows + row;
    part = join(part, {largest[at], tokens[at], sums[at]});
  }
  for (int with = 16; with > 0; with /= 2) part = join_lanes(part, with);
  if (lane == 0) {
    out[3 * row] = part.token;
    out[3 * row + 1] = __float_as_uint(part.largest);
    out[3 * row + 2] = __float_as_uint(part.sum);
  }
  x += size_t(row) * inputs;
  for (unsigned i = offsets[row]; i < offsets[row + 1]; i++) {
    const bf16 *weight = weights + size_t(targets[i]) * inputs;
    float dot = 0.0f;
    for (unsigned k = lane; k < inputs; k += 32) dot += to_f32(x[k]) * to_f32(weight[k]);
    dot = warp_sum(dot);
    if (lane == 0) out[3 * rows + i] = __float_as_uint(dot + (bias ? bias[targets[i]] : 0.0f));
  }
}
EXPORT(predict)
