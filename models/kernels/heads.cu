// Heads of queries and keys, normalised and rotated in one go: the same numbers as `rms_norm` of norm.cu
// and `rotate` of elementwise.cu give one after the other. Twins: src/kernels/norm.rs and
// src/kernels/rotary.rs.
#include "common.cuh"

// Heads of `width` numbers, [rows, count, width], with one weight for all of them.
template <typename T> struct Heads {
  const T *x;
  const float *weight;
  T *out;
  unsigned count;
  float eps;
};

// Normalises all heads, rounds, and rotates the first 2 · angles numbers of each. A thread does eight
// numbers of a head, whose `lanes` threads, a power of two up to 32, are side by side in a warp. Eight
// divides the width; of halves it divides the angles, of neighbours four does.
template <typename T>
__device__ void norm_and_rotate(Heads<T> queries, Heads<T> keys, const float *cosine,
                                const float *sine, unsigned rows, unsigned width, unsigned lanes,
                                unsigned angles, bool neighbours) {
  unsigned thread = blockIdx.x * blockDim.x + threadIdx.x, at = (thread & (lanes - 1)) * 8;
  unsigned heads = queries.count + keys.count, head = thread >> (__ffs(lanes) - 1), row = head / heads;
  head -= row * heads;
  bool is_key = head >= queries.count, present = row < rows && at < width;
  Heads<T> mine = is_key ? keys : queries;
  if (is_key) head -= queries.count;
  size_t start = (size_t(row) * mine.count + head) * width + at;

  float numbers[8], weights[8], cos[8] = {}, sin[8] = {};
  load(mine.x + start, numbers, present ? 8 : 0, present && divisible(mine.x));
  load(mine.weight + at, weights, present ? 8 : 0, present && divisible(mine.weight));
  bool rotated = present && at < 2 * angles, second = at >= angles; // of halves
  if (rotated) {
    size_t angle = size_t(row) * angles + (neighbours ? at / 2 : second ? at - angles : at);
    unsigned count = neighbours ? 4 : 8;
    bool whole = !neighbours && divisible(cosine) && divisible(sine);
    load(cosine + angle, cos, count, whole);
    load(sine + angle, sin, count, whole);
  }

  float squares = 0.0f;
#pragma unroll
  for (unsigned c = 0; c < 8; c++) squares += numbers[c] * numbers[c];
#pragma unroll
  for (unsigned with = 16; with > 0; with /= 2) {
    float others = __shfl_xor_sync(WARP, squares, with);
    squares += with < lanes ? others : 0.0f;
  }
  float scale = 1.0f / sqrtf(squares / width + mine.eps);
#pragma unroll
  for (unsigned c = 0; c < 8; c++) numbers[c] = to_f32(from_f32<T>(numbers[c] * scale * weights[c]));

  if (neighbours) {
#pragma unroll
    for (unsigned c = 0; c < 8; c += 2) {
      float a = numbers[c], b = numbers[c + 1];
      float first = turned(a, b, cos[c / 2], sin[c / 2], false);
      float last = turned(b, a, cos[c / 2], sin[c / 2], true);
      numbers[c] = rotated ? first : a;
      numbers[c + 1] = rotated ? last : b;
    }
  } else {
    unsigned apart = angles / 8, other = second ? threadIdx.x - apart : threadIdx.x + apart;
#pragma unroll
    for (unsigned c = 0; c < 8; c++) {
      float with = __shfl_sync(WARP, numbers[c], other % 32); // of the other half
      float then = turned(numbers[c], with, cos[c], sin[c], second);
      numbers[c] = rotated ? then : numbers[c];
    }
  }
  if (present) store(mine.out + start, numbers, 8, divisible(mine.out));
}

#define KERNELS(type)                                                                              \
  extern "C" __global__ void norm_and_rotate_##type(                                               \
      const type *q, const float *q_weight, type *q_out, unsigned q_heads, float q_eps,            \
      const type *k, const float *k_weight, type *k_out, unsigned k_heads, float k_eps,            \
      const float *cosine, const float *sine, unsigned rows, unsigned width, unsigned lanes,       \
      unsigned angles, unsigned neighbours) {                                                      \
    norm_and_rotate<type>({q, q_weight, q_out, q_heads, q_eps}, {k, k_weight, k_out, k_heads, k_eps}, \
                          cosine, sine, rows, width, lanes, angles, neighbours != 0);              \
  }                                                                                                \
  EXPORT(norm_and_rotate_##type)

using f32 = float;
KERNELS(f32)
KERNELS(bf16)
