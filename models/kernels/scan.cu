// The state-space scan of Mamba-2 (arXiv:2405.21060), gated. Twin: src/kernels/scan.rs.
//
// A block scans one head of one segment, a chunk of tokens at a time. With dt the step sizes and s
// the sums of dt·a up to and including a token, a chunk's outputs are
//   y = (C·Bᵀ masked, times exp(s_i − s_j)·dt_j)·x + exp(s_i)·C·Sᵀ + D·x
// and its state at the end S ← exp(s_last)·S + (exp(s_last − s_j)·dt_j·x)ᵀ·B. Products run on tensor
// cores in bf16, sums and the state itself are f32.
#include "common.cuh"

constexpr int P = 64;      // numbers of a head's input and output
constexpr int N = 128;     // numbers of B and C
constexpr int LENGTH = 64; // tokens of a chunk
constexpr int WARPS = 4;   // each has 16 tokens of the outputs and 16 of the P rows of the state

struct Segment {
  long long first, tokens; // of the packed batch
  long long before;        // address of the state that it starts from; 0: zeros
  long long after;         // address that the state at its end is written to; 0: nowhere
};

struct Shape {
  unsigned width;    // numbers of a projected row
  unsigned channels; // numbers of a convolved row: x of all heads, B of all groups, C of all groups
  unsigned heads, groups;

  __device__ unsigned inner() const { return heads * P; }
};

// Rows of WIDTH numbers in shared memory, 16 bytes a chunk; chunks change places from row to row, so
// that a column of chunks lies in different banks.
template <int WIDTH> __device__ bf16 *chunk_of(bf16 *rows, unsigned row, unsigned chunk) {
  return rows + row * WIDTH + ((chunk ^ (row & 7)) * 8);
}
template <int WIDTH> __device__ bf16 *number_of(bf16 *rows, unsigned row, unsigned column) {
  return chunk_of<WIDTH>(rows, row, column / 8) + column % 8;
}

// Begins to copy columns of a chunk's rows; zeros beyond its end.
template <int WIDTH>
__device__ void fetch(bf16 *to, const bf16 *from, unsigned stride, unsigned tokens) {
  constexpr unsigned CHUNKS = WIDTH / 8;
  for (unsigned i = threadIdx.x; i < LENGTH * CHUNKS; i += 32 * WARPS) {
    unsigned row = i / CHUNKS, chunk = i % CHUNKS;
    const bf16 *at = from + size_t(row < tokens ? row : 0) * stride + chunk * 8;
    copy_async16(chunk_of<WIDTH>(to, row, chunk), at, row < tokens);
  }
}

// The matrix of 16 rows from `row` on and 16 columns from `column` on, as a left operand.
template <int WIDTH>
__device__ void load_left(unsigned (&a)[4], bf16 *rows, unsigned row, unsigned column) {
  unsigned lane = threadIdx.x % 32;
  load_matrix_x4(a, chunk_of<WIDTH>(rows, row + lane % 16, column / 8 + lane / 16));
}
// Its transpose: 16 columns by 16 rows.
template <int WIDTH>
__device__ void load_left_transposed(unsigned (&a)[4], bf16 *rows, unsigned row, unsigned column) {
  unsigned lane = threadIdx.x % 32;
  unsigned at = row + lane / 16 * 8 + lane % 8;
  load_matrix_x4_transposed(a, chunk_of<WIDTH>(rows, at, column / 8 + lane / 8 % 2));
}
// d[0], d[1] += a · (16 rows from `row` on, 16 columns from `column` on)ᵀ
template <int WIDTH>
__device__ void multiply_rows(float (*d)[4], const unsigned (&a)[4], bf16 *rows, unsigned row,
                              unsigned column) {
  unsigned lane = threadIdx.x % 32, r[4];
  unsigned at = row + lane / 16 * 8 + lane % 8;
  load_matrix_x4(r, chunk_of<WIDTH>(rows, at, column / 8 + lane / 8 % 2));
  unsigned left[2] = {r[0], r[1]}, right[2] = {r[2], r[3]};
  multiply_16_8_16(d[0], a, left);
  multiply_16_8_16(d[1], a, right);
}
// d[0], d[1] += a · (16 rows from `row` on, 16 columns from `column` on)
template <int WIDTH>
__device__ void multiply_columns(float (*d)[4], const unsigned (&a)[4], bf16 *rows, unsigned row,
                                 unsigned column) {
  unsigned lane = threadIdx.x % 32, r[4];
  load_matrix_x4_transposed(r, chunk_of<WIDTH>(rows, row + lane % 16, column / 8 + lane / 16));
  unsigned left[2] = {r[0], r[1]}, right[2] = {r[2], r[3]};
  multiply_16_8_16(d[0], a, left);
  multiply_16_8_16(d[1], a, right);
}

// Step sizes of a chunk, and their decays.
struct Steps {
  float dt[LENGTH];
  float sum[LENGTH]; // of dt·a up to and including a token

  // By the first warp: lane i has tokens 2i and 2i + 1. Tokens beyond the end take no step.
  __device__ void fill(const bf16 *projected, unsigned width, unsigned tokens, float bias,
                       float a) {
    unsigned lane = threadIdx.x;
    float steps[2];
    for (unsigned i = 0; i < 2; i++) {
      unsigned token = lane * 2 + i;
      float x = token < tokens ? to_f32(projected[size_t(token) * width]) + bias : 0.0f;
      float softplus = x > 20.0f ? x : log1pf(__expf(x));
      steps[i] = token < tokens ? softplus : 0.0f;
    }
    float both = (steps[0] + steps[1]) * a, before = both;
    for (unsigned by = 1; by < 32; by *= 2) {
      float other = __shfl_up_sync(WARP, before, by);
      if (lane >= by) before += other;
    }
    before -= both;
    dt[lane * 2] = steps[0], dt[lane * 2 + 1] = steps[1];
    sum[lane * 2] = before + steps[0] * a, sum[lane * 2 + 1] = before + both;
  }
};

// `projected`: [rows, gate | channels | step sizes]; `rows`: [rows, channels] after the convolution;
// `out`: [rows, heads · P]. Grid: heads × segments.
extern "C" __global__ void __launch_bounds__(32 * WARPS)
    scan(const bf16 *projected, const bf16 *rows, const float *dt_bias, const float *a_log,
         const float *d_weight, const long long *segments, bf16 *out, unsigned width,
         unsigned channels, unsigned heads, unsigned groups) {
  Shape shape{width, channels, heads, groups};
  DYNAMIC_SHARED(bf16, x);                               // [LENGTH, P]
  bf16 *weighted = x + LENGTH * P;                       // x by what it adds to the state
  bf16 *b = weighted + LENGTH * P, *c = b + LENGTH * N;  // [LENGTH, N]
  bf16 *rounded = c + LENGTH * N;                        // the state, [P, N]
  __shared__ Steps steps;

  const Segment &segment = reinterpret_cast<const Segment *>(segments)[blockIdx.y];
  unsigned head = blockIdx.x, group = head / (heads / groups);
  unsigned lane = threadIdx.x % 32, mine = threadIdx.x / 32 * 16; // this warp's first row
  unsigned g = lane / 4, t = lane % 4 * 2; // this lane's row and column in every 8×8 matrix
  float a = -expf(a_log[head]), bias = dt_bias[head], d = d_weight[head];

  float state[N / 8][4] = {};
  if (segment.before != 0) {
    auto before = reinterpret_cast<const float *>(segment.before) + size_t(head) * P * N;
#pragma unroll
    for (int n = 0; n < N / 8; n++) {
#pragma unroll
      for (int i = 0; i < 4; i++)
        state[n][i] = before[(mine + g + i / 2 * 8) * N + n * 8 + t + i % 2];
    }
  }

  for (long long start = 0; start < segment.tokens; start += LENGTH) {
    bool fresh = start == 0 && segment.before == 0; // the state is zero
    bool final = start + LENGTH >= segment.tokens && segment.after == 0; // and nobody asks for it
    unsigned tokens = unsigned(min(segment.tokens - start, (long long)LENGTH));
    const bf16 *row = rows + size_t(segment.first + start) * channels;
    const bf16 *sizes = projected + size_t(segment.first + start) * width + shape.inner() + channels;
    __syncthreads(); // the chunk before has been read
    fetch<P>(x, row + head * P, channels, tokens);
    fetch<N>(b, row + shape.inner() + group * N, channels, tokens);
    fetch<N>(c, row + shape.inner() + (groups + group) * N, channels, tokens);
    copy_commit();
    if (threadIdx.x < 32) steps.fill(sizes + head, width, tokens, bias, a);
#pragma unroll
    for (int n = 0; n < N / 8; n++) {
#pragma unroll
      for (int half = 0; half < 2; half++) {
        bf16 *to = number_of<N>(rounded, mine + g + half * 8, n * 8 + t);
        *reinterpret_cast<unsigned *>(to) = pack_bf16(state[n][half * 2], state[n][half * 2 + 1]);
      }
    }
    copy_wait<0>();
    __syncthreads();

    float last = steps.sum[LENGTH - 1];
    for (unsigned i = threadIdx.x; i < LENGTH * P / 2; i += 32 * WARPS) {
      unsigned token = i / (P / 2), column = i % (P / 2) * 2;
      float weight = __expf(last - steps.sum[token]) * steps.dt[token];
      const bf16 *from = number_of<P>(x, token, column);
      *reinterpret_cast<unsigned *>(number_of<P>(weighted, token, column)) =
          pack_bf16(to_f32(from[0]) * weight, to_f32(from[1]) * weight);
    }
    __syncthreads();

    // Outputs of this warp's 16 tokens.
    if (mine < tokens) {
      float products[LENGTH / 8][4] = {}, y[P / 8][4] = {};
#pragma unroll
      for (int k = 0; k < N; k += 16) {
        unsigned left[4];
        load_left<N>(left, c, mine, k);
#pragma unroll
        for (int j = 0; j < LENGTH; j += 16)
          if (unsigned(j) <= mine) multiply_rows<N>(&products[j / 8], left, b, j, k);
#pragma unroll
        for (int p = 0; p < P; p += 16)
          if (!fresh) multiply_rows<N>(&y[p / 8], left, rounded, p, k);
      }
      float sum[2] = {steps.sum[mine + g], steps.sum[mine + g + 8]};
#pragma unroll
      for (int p = 0; p < P / 8; p++) {
#pragma unroll
        for (int i = 0; i < 4; i++) y[p][i] *= __expf(sum[i / 2]);
      }
#pragma unroll
      for (int j = 0; j < LENGTH; j += 16) {
        if (unsigned(j) > mine) continue;
        unsigned mixing[4];
#pragma unroll
        for (int part = 0; part < 4; part++) { // in the order of a left operand
          float pair[2];
          for (int i = 0; i < 2; i++) {
            unsigned token = j + part / 2 * 8 + t + i, of = mine + g + part % 2 * 8;
            float decay = __expf(sum[part % 2] - steps.sum[token]) * steps.dt[token];
            pair[i] = token <= of ? products[j / 8 + part / 2][part % 2 * 2 + i] * decay : 0.0f;
          }
          mixing[part] = pack_bf16(pair[0], pair[1]);
        }
#pragma unroll
        for (int p = 0; p < P; p += 16) multiply_columns<P>(&y[p / 8], mixing, x, j, p);
      }
#pragma unroll
      for (int half = 0; half < 2; half++) {
        unsigned token = mine + g + half * 8;
        if (token >= tokens) continue;
        size_t packed = segment.first + start + token;
#pragma unroll
        for (int p = 0; p < P / 8; p++) {
          unsigned column = p * 8 + t;
          const bf16 *gate = projected + packed * width + head * P + column;
          const bf16 *input = number_of<P>(x, token, column);
          float pair[2];
          for (int i = 0; i < 2; i++) {
            float z = to_f32(gate[i]);
            pair[i] = (y[p][half * 2 + i] + d * to_f32(input[i])) * z / (1.0f + __expf(-z));
          }
          bf16 *to = out + packed * shape.inner() + head * P + column;
          *reinterpret_cast<unsigned *>(to) = pack_bf16(pair[0], pair[1]);
        }
      }
    }

    // The state after the chunk.
    if (final) break;
    float decay = __expf(last);
#pragma unroll
    for (int n = 0; n < N / 8; n++) {
#pragma unroll
      for (int i = 0; i < 4; i++) state[n][i] *= decay;
    }
#pragma unroll
    for (int j = 0; j < LENGTH; j += 16) {
      if (unsigned(j) >= tokens) continue;
      unsigned left[4];
      load_left_transposed<P>(left, weighted, j, mine);
#pragma unroll
      for (int n = 0; n < N; n += 16) multiply_columns<N>(&state[n / 8], left, b, j, n);
    }
  }

  if (segment.after != 0) {
    auto after = reinterpret_cast<float *>(segment.after) + size_t(head) * P * N;
#pragma unroll
    for (int n = 0; n < N / 8; n++) {
#pragma unroll
      for (int i = 0; i < 4; i++)
        after[(mine + g + i / 2 * 8) * N + n * 8 + t + i % 2] = state[n][i];
    }
  }
}
EXPORT(scan)
