// The part of CUDA C++ that the kernels use, for a host compiler: see fibers.h.
#pragma once

#include "launch.h"

#include <algorithm>
#include <cmath>

#define __global__
#define __device__
#define __host__
#define __forceinline__ inline
#define __restrict__ __restrict
#define __shared__ static thread_local
#define __constant__ static const
#define __align__(n) __attribute__((aligned(n)))
#define __launch_bounds__(...)

// -- synchronisation
inline void __syncthreads() { emulation::pause(emulation::State::AtBlock, "__syncthreads"); }
inline void __threadfence() {}
inline void __threadfence_block() {}

namespace emulation {
inline void full(unsigned mask) {
  if (mask != 0xffffffffu) fail("only whole warps may exchange");
}
} // namespace emulation

inline void __syncwarp(unsigned mask = 0xffffffffu) {
  emulation::full(mask);
  emulation::pause(emulation::State::AtWarp, "__syncwarp");
}
template <typename T> T __shfl_sync(unsigned mask, T value, int from) {
  emulation::full(mask);
  return emulation::exchange("__shfl_sync", value, unsigned(from) % 32);
}
template <typename T> T __shfl_xor_sync(unsigned mask, T value, int with) {
  emulation::full(mask);
  return emulation::exchange("__shfl_xor_sync", value, emulation::lane() ^ unsigned(with));
}
template <typename T> T __shfl_down_sync(unsigned mask, T value, unsigned by) {
  emulation::full(mask);
  unsigned from = emulation::lane() + by;
  return emulation::exchange("__shfl_down_sync", value, from < 32 ? from : emulation::lane());
}
template <typename T> T __shfl_up_sync(unsigned mask, T value, unsigned by) {
  emulation::full(mask);
  unsigned lane = emulation::lane();
  return emulation::exchange("__shfl_up_sync", value, lane >= by ? lane - by : lane);
}
inline unsigned __ballot_sync(unsigned mask, int predicate) {
  emulation::full(mask);
  return emulation::gather("__ballot_sync", predicate, [](auto of) {
    unsigned bits = 0;
    for (unsigned i = 0; i < 32; i++) bits |= unsigned(of(i) != 0) << i;
    return bits;
  });
}
inline int __any_sync(unsigned mask, int predicate) { return __ballot_sync(mask, predicate) != 0; }
inline int __all_sync(unsigned mask, int predicate) { return __ballot_sync(mask, predicate) == ~0u; }
template <typename T> unsigned __match_any_sync(unsigned mask, T value) {
  emulation::full(mask);
  return emulation::gather("__match_any_sync", value, [&](auto of) {
    unsigned bits = 0;
    for (unsigned i = 0; i < 32; i++) bits |= unsigned(of(i) == value) << i;
    return bits;
  });
}

// -- atomics: one block and one thread run at a time
template <typename T> T atomicAdd(T *at, std::common_type_t<T> by) {
  T old = *at;
  *at = old + by;
  return old;
}
template <typename T> T atomicMax(T *at, std::common_type_t<T> by) {
  T old = *at;
  *at = std::max(old, by);
  return old;
}
template <typename T> T atomicOr(T *at, std::common_type_t<T> by) {
  T old = *at;
  *at = old | by;
  return old;
}

// -- vectors
struct alignas(8) float2 { float x, y; };
struct alignas(16) float4 { float x, y, z, w; };
struct alignas(8) uint2 { unsigned x, y; };
struct alignas(16) uint4 { unsigned x, y, z, w; };
struct alignas(16) int4 { int x, y, z, w; };
inline float2 make_float2(float x, float y) { return {x, y}; }
inline float4 make_float4(float x, float y, float z, float w) { return {x, y, z, w}; }
inline uint2 make_uint2(unsigned x, unsigned y) { return {x, y}; }
inline uint4 make_uint4(unsigned x, unsigned y, unsigned z, unsigned w) { return {x, y, z, w}; }

// -- arithmetic
using std::isfinite;
using std::isinf;
using std::isnan;
using std::max;
using std::min;
inline float __expf(float x) { return std::exp(x); }
inline float __logf(float x) { return std::log(x); }
inline float rsqrtf(float x) { return 1.0f / std::sqrt(x); }
inline float __fdividef(float x, float y) { return x / y; }
template <typename T> T __ldg(const T *at) { return *at; }
template <typename To, typename From> To bits_as(From from) {
  static_assert(sizeof(To) == sizeof(From));
  To to;
  memcpy(&to, &from, sizeof to);
  return to;
}
inline unsigned __float_as_uint(float x) { return bits_as<unsigned>(x); }
inline float __uint_as_float(unsigned x) { return bits_as<float>(x); }
inline int __float_as_int(float x) { return bits_as<int>(x); }
inline float __int_as_float(int x) { return bits_as<float>(x); }
inline int __popc(unsigned x) { return __builtin_popcount(x); }
inline int __ffs(int x) { return __builtin_ffs(x); }
inline int __clz(int x) { return x == 0 ? 32 : __builtin_clz(unsigned(x)); }
inline long long __double2ll_rn(double x) { return llrint(x); }
inline long long __float2ll_rn(float x) { return llrintf(x); }

// -- bf16
struct __nv_bfloat16 { unsigned short bits; };
struct alignas(4) __nv_bfloat162 { __nv_bfloat16 x, y; };
inline float __bfloat162float(__nv_bfloat16 x) { return __uint_as_float(unsigned(x.bits) << 16); }
inline __nv_bfloat16 __float2bfloat16_rn(float x) {
  unsigned bits = __float_as_uint(x);
  if (std::isnan(x)) return {0x7fff};
  return {static_cast<unsigned short>((bits + 0x7fff + (bits >> 16 & 1)) >> 16)};
}
inline __nv_bfloat16 __float2bfloat16(float x) { return __float2bfloat16_rn(x); }
inline __nv_bfloat162 __floats2bfloat162_rn(float x, float y) {
  return {__float2bfloat16_rn(x), __float2bfloat16_rn(y)};
}
inline float2 __bfloat1622float2(__nv_bfloat162 x) {
  return {__bfloat162float(x.x), __bfloat162float(x.y)};
}

// -- tensor cores by fragments: a lane holds eight numbers of an accumulator, and whole operands
namespace nvcuda::wmma {
struct matrix_a {};
struct matrix_b {};
struct accumulator {};
struct row_major {};
struct col_major {};
enum layout_t { mem_row_major, mem_col_major };

template <typename Use, int M, int N, int K, typename T, typename Layout = void> struct fragment {
  static_assert(M == 16 && N == 16 && K == 16);
  static constexpr int num_elements = std::is_same_v<Use, accumulator> ? 8 : 256;
  T x[num_elements];
};

template <typename F, typename T> void fill_fragment(F &f, T value) {
  for (auto &x : f.x) x = value;
}
template <typename Use, typename T, typename Layout>
void load_matrix_sync(fragment<Use, 16, 16, 16, T, Layout> &f, const T *from, unsigned stride) {
  emulation::aligned(from, 16, "load_matrix_sync");
  emulation::pause(emulation::State::AtWarp, "load_matrix_sync");
  for (int row = 0; row < 16; row++)
    for (int col = 0; col < 16; col++)
      f.x[row * 16 + col] = std::is_same_v<Layout, row_major> ? from[row * stride + col]
                                                              : from[col * stride + row];
}
template <typename T>
void load_matrix_sync(fragment<accumulator, 16, 16, 16, T> &f, const T *from, unsigned stride,
                      layout_t layout) {
  emulation::pause(emulation::State::AtWarp, "load_matrix_sync");
  for (int i = 0; i < 8; i++) {
    unsigned at = emulation::lane() * 8 + i, row = at / 16, col = at % 16;
    f.x[i] = layout == mem_row_major ? from[row * stride + col] : from[col * stride + row];
  }
}
template <typename T>
void store_matrix_sync(T *to, const fragment<accumulator, 16, 16, 16, T> &f, unsigned stride,
                       layout_t layout) {
  emulation::aligned(to, 16, "store_matrix_sync");
  emulation::pause(emulation::State::AtWarp, "store_matrix_sync");
  for (int i = 0; i < 8; i++) {
    unsigned at = emulation::lane() * 8 + i, row = at / 16, col = at % 16;
    to[layout == mem_row_major ? row * stride + col : col * stride + row] = f.x[i];
  }
}
template <typename A, typename B>
void mma_sync(fragment<accumulator, 16, 16, 16, float> &d,
              const fragment<matrix_a, 16, 16, 16, __nv_bfloat16, A> &a,
              const fragment<matrix_b, 16, 16, 16, __nv_bfloat16, B> &b,
              const fragment<accumulator, 16, 16, 16, float> &c) {
  emulation::pause(emulation::State::AtWarp, "mma_sync");
  for (int i = 0; i < 8; i++) {
    unsigned at = emulation::lane() * 8 + i, row = at / 16, col = at % 16;
    float sum = c.x[i];
    for (int k = 0; k < 16; k++)
      sum += __bfloat162float(a.x[row * 16 + k]) * __bfloat162float(b.x[k * 16 + col]);
    d.x[i] = sum;
  }
}
} // namespace nvcuda::wmma

// -- what common.cuh writes as assembly on a device
inline void copy_async16(void *shared, const void *global, bool present) {
  emulation::aligned(shared, 16, "copy_async16");
  if (present) emulation::aligned(global, 16, "copy_async16");
  emulation::self->copies.back().push_back({shared, global, 16, present ? size_t(16) : size_t(0)});
}
inline void copy_commit() { emulation::self->copies.emplace_back(); }
template <int PENDING> void copy_wait() {
  auto &groups = emulation::self->copies; // the last one is open
  while (groups.size() > size_t(PENDING) + 1) {
    emulation::land(groups.front());
    groups.erase(groups.begin());
  }
}

namespace emulation {
struct Four { unsigned r[4]; };
struct Six { unsigned r[6]; };

template <bool TRANSPOSED, int COUNT> void load_matrices(unsigned *r, const void *row) {
  aligned(row, 16, "ldmatrix");
  gather("ldmatrix", row, [&](auto of) {
    for (unsigned m = 0; m < COUNT; m++) {
      unsigned a = lane() / 4, b = lane() % 4 * 2;
      auto at = [&](unsigned row, unsigned col) {
        return unsigned(static_cast<const unsigned short *>(of(m * 8 + row))[col]);
      };
      r[m] = TRANSPOSED ? at(b, a) | at(b + 1, a) << 16 : at(a, b) | at(a, b + 1) << 16;
    }
    return 0;
  });
  __syncwarp(); // the rows may be written again only when all lanes have them
}

inline float half_of(unsigned pair, unsigned high) {
  return __uint_as_float((high ? pair >> 16 : pair & 0xffff) << 16);
}
} // namespace emulation

inline void load_matrix_x4(unsigned (&r)[4], const void *row) {
  emulation::load_matrices<false, 4>(r, row);
}
inline void load_matrix_x4_transposed(unsigned (&r)[4], const void *row) {
  emulation::load_matrices<true, 4>(r, row);
}
inline void load_matrix_x2(unsigned (&r)[2], const void *row) {
  emulation::load_matrices<false, 2>(r, row);
}
inline void load_matrix_x2_transposed(unsigned (&r)[2], const void *row) {
  emulation::load_matrices<true, 2>(r, row);
}

// d += a · b over registers in the layout of mma.m16n8k16 (PTX ISA, "Matrix Fragments for mma.m16n8k16
// with floating point type").
inline void multiply_16_8_16(float (&d)[4], const unsigned (&a)[4], const unsigned (&b)[2]) {
  using namespace emulation;
  Six mine{{a[0], a[1], a[2], a[3], b[0], b[1]}};
  gather("mma.m16n8k16", mine, [&](auto of) {
    for (unsigned i = 0; i < 4; i++) {
      unsigned row = lane() / 4 + i / 2 * 8, col = lane() % 4 * 2 + i % 2;
      float sum = d[i];
      for (unsigned k = 0; k < 16; k++) {
        Six left = of(row % 8 * 4 + k % 8 / 2), right = of(col * 4 + k % 8 / 2);
        sum += half_of(left.r[row / 8 + k / 8 * 2], k % 2) * half_of(right.r[4 + k / 8], k % 2);
      }
      d[i] = sum;
    }
    return 0;
  });
}

// Makes a kernel known to the tests.
#define EXPORT(kernel)                                                                             \
  extern "C" int emulate_##kernel(const emulation::Launch *launch) {                               \
    return emulation::launch(kernel, *launch);                                                     \
  }
#define DYNAMIC_SHARED_FROM(bytes, type, name)                                                     \
  type *name = reinterpret_cast<type *>(emulation::dynamic_shared())
#define DYNAMIC_SHARED(type, name) DYNAMIC_SHARED_FROM(128, type, name)
