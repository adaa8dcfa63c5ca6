// What every kernel includes. A host compiler with -DEMULATED takes emulation/cuda.h in CUDA's place.
#pragma once

#ifdef EMULATED
#include "emulation/cuda.h"
#else

#include <cuda_bf16.h>
#include <math_constants.h>
#include <mma.h>
#ifndef INFINITY
#define INFINITY CUDART_INF_F
#endif

// Makes a kernel known to the tests; nothing on a device.
#define EXPORT(kernel)
// Dynamic shared memory of a launch, from a multiple of so many bytes on; all kernels of a file ask for
// the same.
#define DYNAMIC_SHARED_FROM(bytes, type, name)                                                     \
  extern __shared__ __align__(bytes) unsigned char dynamic_shared_bytes[];                         \
  type *name = reinterpret_cast<type *>(dynamic_shared_bytes)
#define DYNAMIC_SHARED(type, name) DYNAMIC_SHARED_FROM(128, type, name)

__device__ __forceinline__ unsigned shared_address(const void *pointer) {
  return static_cast<unsigned>(__cvta_generic_to_shared(pointer));
}

// Begins to copy 16 bytes from global to shared memory; zeros where not `present`.
__device__ __forceinline__ void copy_async16(void *shared, const void *global, bool present) {
  int bytes = present ? 16 : 0;
  asm volatile("cp.async.cg.shared.global [%0], [%1], 16, %2;\n" ::"r"(shared_address(shared)),
               "l"(global), "r"(bytes)
               : "memory");
}
// Closes the group of copies that this thread began.
__device__ __forceinline__ void copy_commit() { asm volatile("cp.async.commit_group;\n" ::: "memory"); }
// Waits until at most so many of this thread's groups are under way.
template <int PENDING> __device__ __forceinline__ void copy_wait() {
  asm volatile("cp.async.wait_group %0;\n" ::"n"(PENDING) : "memory");
}

// Four 8×8 matrices of bf16: lane 8m + r gives the address of row r of matrix m; lane l receives
// the numbers (l/4, 2(l%4)) and (l/4, 2(l%4)+1) of each.
__device__ __forceinline__ void load_matrix_x4(unsigned (&r)[4], const void *row) {
  asm volatile("ldmatrix.sync.aligned.m8n8.x4.shared.b16 {%0,%1,%2,%3}, [%4];\n"
               : "=r"(r[0]), "=r"(r[1]), "=r"(r[2]), "=r"(r[3])
               : "r"(shared_address(row))
               : "memory");
}
// The same of the transposed matrices.
__device__ __forceinline__ void load_matrix_x4_transposed(unsigned (&r)[4], const void *row) {
  asm volatile("ldmatrix.sync.aligned.m8n8.x4.trans.shared.b16 {%0,%1,%2,%3}, [%4];\n"
               : "=r"(r[0]), "=r"(r[1]), "=r"(r[2]), "=r"(r[3])
               : "r"(shared_address(row))
               : "memory");
}
// Two matrices, addressed by lanes 0 to 15; the other lanes give any valid address.
__device__ __forceinline__ void load_matrix_x2(unsigned (&r)[2], const void *row) {
  asm volatile("ldmatrix.sync.aligned.m8n8.x2.shared.b16 {%0,%1}, [%2];\n"
               : "=r"(r[0]), "=r"(r[1])
               : "r"(shared_address(row))
               : "memory");
}
__device__ __forceinline__ void load_matrix_x2_transposed(unsigned (&r)[2], const void *row) {
  asm volatile("ldmatrix.sync.aligned.m8n8.x2.trans.shared.b16 {%0,%1}, [%2];\n"
               : "=r"(r[0]), "=r"(r[1])
               : "r"(shared_address(row))
               : "memory");
}

// d += a · b, 16×16 by 16×8 of bf16 into f32. With g = lane/4 and t = 2(lane%4):
// a[0] = A(g, t..t+1), a[1] = A(g+8, t..), a[2] = A(g, t+8..), a[3] = A(g+8, t+8..);
// b[0] = B(t..t+1, g), b[1] = B(t+8.., g); d[0..1] = D(g, t..t+1), d[2..3] = D(g+8, t..).
__device__ __forceinline__ void multiply_16_8_16(float (&d)[4], const unsigned (&a)[4],
                                                 const unsigned (&b)[2]) {
  asm("mma.sync.aligned.m16n8k16.row.col.f32.bf16.bf16.f32 "
      "{%0,%1,%2,%3}, {%4,%5,%6,%7}, {%8,%9}, {%0,%1,%2,%3};\n"
      : "+f"(d[0]), "+f"(d[1]), "+f"(d[2]), "+f"(d[3])
      : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b[0]), "r"(b[1]));
}
#endif

using bf16 = __nv_bfloat16;
constexpr unsigned WARP = 0xffffffffu; // all lanes

__device__ __forceinline__ float to_f32(float x) { return x; }
__device__ __forceinline__ float to_f32(bf16 x) { return __bfloat162float(x); }
template <typename T> __device__ __forceinline__ T from_f32(float x);
template <> __device__ __forceinline__ float from_f32<float>(float x) { return x; }
template <> __device__ __forceinline__ bf16 from_f32<bf16>(float x) { return __float2bfloat16_rn(x); }

// Two numbers as one register of bf16: the first in the low half.
__device__ __forceinline__ unsigned pack_bf16(float low, float high) {
  __nv_bfloat162 pair = __floats2bfloat162_rn(low, high);
  return *reinterpret_cast<unsigned *>(&pair);
}

// Sum and maximum over the lanes of a warp, in a fixed order; every lane has the result.
__device__ __forceinline__ float warp_sum(float x) {
  for (int with = 16; with > 0; with /= 2) x += __shfl_xor_sync(WARP, x, with);
  return x;
}
__device__ __forceinline__ float warp_max(float x) {
  for (int with = 16; with > 0; with /= 2) x = fmaxf(x, __shfl_xor_sync(WARP, x, with));
  return x;
}

// Sum over a block of at most 32 warps; every thread has the result. All threads must call it.
__device__ __forceinline__ float block_sum(float x) {
  __shared__ float parts[32];
  int lane = threadIdx.x % 32, warp = threadIdx.x / 32, warps = blockDim.x / 32;
  x = warp_sum(x);
  __syncthreads(); // an earlier call's parts have been read
  if (lane == 0) parts[warp] = x;
  __syncthreads();
  return warp_sum(lane < warps ? parts[lane] : 0.0f);
}

// A number of a pair, rotated by an angle; `second` for the later one. Spelled out, so that all kernels
// round alike.
__device__ __forceinline__ float turned(float x, float other, float cos, float sin, bool second) {
  float by = other * sin;
  return fmaf(x, cos, second ? by : -by);
}

// Greater for what is chosen first: larger numbers, then lower indices, NaN last of all.
__device__ __forceinline__ unsigned long long key_of(float number, unsigned index) {
  unsigned bits = __float_as_uint(number + 0.0f); // -0 becomes +0
  unsigned order = isnan(number) ? 0 : bits & 0x80000000u ? ~bits : bits | 0x80000000u;
  return static_cast<unsigned long long>(order) << 32 | (0xffffffffu - index);
}

__device__ __forceinline__ unsigned index_of(unsigned long long key) {
  return 0xffffffffu - static_cast<unsigned>(key);
}

__device__ __forceinline__ unsigned long long warp_max_key(unsigned long long key) {
  for (int with = 16; with > 0; with /= 2) {
    unsigned long long other = __shfl_xor_sync(WARP, key, with);
    key = other > key ? other : key;
  }
  return key;
}

// Whether eight numbers can be read or written at once.
__device__ __forceinline__ bool divisible(const void *pointer) {
  return reinterpret_cast<size_t>(pointer) % 16 == 0;
}
__device__ __forceinline__ void load_eight(const bf16 *from, float (&to)[8]) {
  uint4 eight = *reinterpret_cast<const uint4 *>(from);
  const bf16 *numbers = reinterpret_cast<const bf16 *>(&eight);
#pragma unroll
  for (unsigned i = 0; i < 8; i++) to[i] = to_f32(numbers[i]);
}
__device__ __forceinline__ void load_eight(const float *from, float (&to)[8]) {
  float4 low = *reinterpret_cast<const float4 *>(from);
  float4 high = *reinterpret_cast<const float4 *>(from + 4);
  to[0] = low.x, to[1] = low.y, to[2] = low.z, to[3] = low.w;
  to[4] = high.x, to[5] = high.y, to[6] = high.z, to[7] = high.w;
}
__device__ __forceinline__ void store_eight(bf16 *to, const float (&from)[8]) {
  *reinterpret_cast<uint4 *>(to) = make_uint4(pack_bf16(from[0], from[1]), pack_bf16(from[2], from[3]),
                                              pack_bf16(from[4], from[5]), pack_bf16(from[6], from[7]));
}
__device__ __forceinline__ void store_eight(float *to, const float (&from)[8]) {
  *reinterpret_cast<float4 *>(to) = make_float4(from[0], from[1], from[2], from[3]);
  *reinterpret_cast<float4 *>(to + 4) = make_float4(from[4], from[5], from[6], from[7]);
}
// Eight numbers at once where `whole`; else the first `count`, and zeros.
template <typename T>
__device__ __forceinline__ void load(const T *from, float (&to)[8], unsigned count, bool whole) {
  if (whole) return load_eight(from, to);
  for (unsigned i = 0; i < 8; i++) to[i] = i < count ? to_f32(from[i]) : 0.0f;
}
template <typename T>
__device__ __forceinline__ void store(T *to, const float (&from)[8], unsigned count, bool whole) {
  if (whole) return store_eight(to, from);
  for (unsigned i = 0; i < 8 && i < count; i++) to[i] = from_f32<T>(from[i]);
}
