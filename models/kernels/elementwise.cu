// What is done to every number of a matrix by itself. Twins: src/kernels/rotary.rs,
// src/kernels/activation.rs and the loops of src/kernels/vector.rs. Arithmetic is in f32.
#include "activation.cuh"

// The eight numbers from here on that this thread does, of `numbers`.
__device__ __forceinline__ size_t first_of_thread() {
  return (size_t(blockIdx.x) * blockDim.x + threadIdx.x) * 8;
}

// Rotates, in every head of `width` numbers, the 2 · angles from `first` on by a row's angles.
template <typename T>
__device__ void rotate(const T *x, const float *cosine, const float *sine, T *out, size_t numbers,
                       unsigned row_width, unsigned width, unsigned first, unsigned angles,
                       unsigned neighbours) {
  size_t start = first_of_thread();
  if (start >= numbers) return;
  unsigned count = numbers - start < 8 ? unsigned(numbers - start) : 8;
  bool whole = count == 8 && divisible(x) && divisible(out);
  float mine[8];
  load(x + start, mine, count, whole);
  bool together = whole && !neighbours && (width | first | angles) % 8 == 0;
  if (together && divisible(cosine) && divisible(sine)) { // all eight in one half of one head
    size_t row = start / row_width;
    unsigned at = unsigned(start - row * row_width) % width - first;
    if (at < 2 * angles) {
      bool second = at >= angles;
      size_t angle = row * angles + (second ? at - angles : at);
      float others[8], cos[8], sin[8];
      load_eight(second ? x + start - angles : x + start + angles, others);
      load_eight(cosine + angle, cos);
      load_eight(sine + angle, sin);
#pragma unroll
      for (unsigned c = 0; c < 8; c++)
        mine[c] = turned(mine[c], others[c], cos[c], sin[c], second);
    }
    return store_eight(out + start, mine);
  }
  for (unsigned c = 0; c < count; c++) {
    size_t i = start + c, row = i / row_width;
    unsigned at = unsigned(i % row_width) % width - first; // wraps around below `first`
    if (at >= 2 * angles) continue;
    unsigned angle = neighbours ? at / 2 : at % angles, apart = neighbours ? 1 : angles;
    bool second = neighbours ? at % 2 == 1 : at >= angles;
    float cos = cosine[row * angles + angle], sin = sine[row * angles + angle];
    float other = to_f32(second ? x[i - apart] : x[i + apart]);
    mine[c] = turned(mine[c], other, cos, sin, second);
  }
  store(out + start, mine, count, whole);
}

// [rows, outer] to [rows, inner].
template <typename T>
__device__ void activate(const T *x, T *out, size_t numbers, unsigned inner, unsigned activation,
                         float alpha, float limit) {
  size_t start = first_of_thread();
  if (start >= numbers) return;
  unsigned count = numbers - start < 8 ? unsigned(numbers - start) : 8;
  bool gated = activation != RELU_SQUARED, whole = inner % 8 == 0 && divisible(x) && divisible(out);
  float gate[8], up[8];
  if (whole || !gated) {
    size_t from = gated ? start / inner * 2 * inner + start % inner : start;
    load(x + from, gate, count, whole);
    if (gated) load(x + from + inner, up, count, whole);
  } else { // eight numbers may be of two rows
    for (unsigned c = 0; c < count; c++) {
      size_t from = (start + c) / inner * 2 * inner + (start + c) % inner;
      gate[c] = to_f32(x[from]), up[c] = to_f32(x[from + inner]);
    }
  }
  for (unsigned c = 0; c < count; c++)
    gate[c] = gated ? activated(activation, gate[c], up[c], alpha, limit)
                    : activated(activation, gate[c]);
  store(out + start, gate, count, whole);
}

// x times the sigmoid (or, if `silu`, the SiLU) of a gate that has one number for `each` of x.
template <typename T>
__device__ void gate(const T *x, const T *gates, T *out, size_t numbers, unsigned each,
                     unsigned silu) {
  size_t start = first_of_thread();
  if (start >= numbers) return;
  unsigned count = numbers - start < 8 ? unsigned(numbers - start) : 8;
  bool whole = count == 8 && divisible(x) && divisible(out);
  float number[8], g[8];
  load(x + start, number, count, whole);
  if (each == 1) load(gates + start, g, count, whole && divisible(gates));
  else
    for (unsigned c = 0; c < count; c++) g[c] = to_f32(gates[(start + c) / each]);
  for (unsigned c = 0; c < count; c++) number[c] *= silu ? g[c] * sigmoid(g[c]) : sigmoid(g[c]);
  store(out + start, number, count, whole);
}

// x + scale · change.
template <typename T>
__device__ void add(const T *x, const T *change, T *out, size_t numbers, float scale) {
  size_t start = first_of_thread();
  if (start >= numbers) return;
  unsigned count = numbers - start < 8 ? unsigned(numbers - start) : 8;
  bool whole = count == 8 && divisible(x) && divisible(change) && divisible(out);
  float sum[8], by[8];
  load(x + start, sum, count, whole);
  load(change + start, by, count, whole);
#pragma unroll
  for (unsigned c = 0; c < 8; c++) sum[c] += scale * by[c];
  store(out + start, sum, count, whole);
}

#define KERNELS(type)                                                                              \
  extern "C" __global__ void rotate_##type(const type *x, const float *cosine, const float *sine,  \
                                           type *out, unsigned rows, unsigned row_width,           \
                                           unsigned width, unsigned first, unsigned angles,        \
                                           unsigned neighbours) {                                  \
    rotate(x, cosine, sine, out, size_t(rows) * row_width, row_width, width, first, angles,        \
           neighbours);                                                                            \
  }                                                                                                \
  EXPORT(rotate_##type)                                                                            \
  extern "C" __global__ void activate_##type(const type *x, type *out, unsigned rows,              \
                                             unsigned inner, unsigned activation, float alpha,     \
                                             float limit) {                                        \
    activate(x, out, size_t(rows) * inner, inner, activation, alpha, limit);                       \
  }                                                                                                \
  EXPORT(activate_##type)                                                                          \
  extern "C" __global__ void gate_##type(const type *x, const type *gates, type *out,              \
                                         unsigned rows, unsigned width, unsigned each,             \
                                         unsigned silu) {                                          \
    gate(x, gates, out, size_t(rows) * width, each, silu);                                         \
  }                                                                                                \
  EXPORT(gate_##type)                                                                              \
  extern "C" __global__ void add_##type(const type *x, const type *change, type *out,              \
                                        unsigned rows, unsigned width, float scale) {              \
    add(x, change, out, size_t(rows) * width, scale);                                              \
  }                                                                                                \
  EXPORT(add_##type)

using f32 = float;
KERNELS(f32)
KERNELS(bf16)
