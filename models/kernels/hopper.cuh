// What products on Hopper are made of (sm_90a): barriers in shared memory on which some threads of a block
// wait while others go on, copies of boxes of a matrix that one thread begins, and what only Hopper has,
// products of whole tiles of shared memory by a warpgroup, four warps from a multiple of four on. PTX ISA,
// "mbarrier", "cp.async.bulk.tensor" and "Asynchronous Warpgroup Level Matrix Instructions".
#pragma once
#include "common.cuh"

constexpr unsigned BOX = 64; // rows, and numbers of each, that copy_box copies

#ifdef EMULATED
#include "emulation/hopper.h"
#else

struct Barrier {
  unsigned long long state;
};

// A phase of the barrier ends when so many threads have arrived.
__device__ __forceinline__ void barrier_init(Barrier *barrier, unsigned arrivals) {
  asm volatile("mbarrier.init.shared::cta.b64 [%0], %1;\n" ::"r"(shared_address(barrier)), "r"(arrivals)
               : "memory");
}
__device__ __forceinline__ void barrier_arrive(Barrier *barrier) {
  asm volatile("mbarrier.arrive.shared::cta.b64 _, [%0];\n" ::"r"(shared_address(barrier)) : "memory");
}
// Arrives when all copies that this thread has begun by copy_async16 are there.
__device__ __forceinline__ void barrier_arrive_copied(Barrier *barrier) {
  asm volatile("cp.async.mbarrier.arrive.noinc.shared::cta.b64 [%0];\n" ::"r"(shared_address(barrier))
               : "memory");
}
// Arrives, and lets the phase end only when so many bytes have been copied by copy_box.
__device__ __forceinline__ void barrier_expect(Barrier *barrier, unsigned bytes) {
  asm volatile("mbarrier.arrive.expect_tx.shared::cta.b64 _, [%0], %1;\n" ::"r"(shared_address(barrier)),
               "r"(bytes)
               : "memory");
}
// Makes the barriers of a block known to the engine behind copy_box, before __syncthreads.
__device__ __forceinline__ void barriers_ready() {
  asm volatile("fence.mbarrier_init.release.cluster;\n" ::: "memory");
}
// Waits for the end of the phase of this parity. The first phase has parity 0, and the one before it,
// which has parity 1, counts as ended.
__device__ __forceinline__ void barrier_wait(Barrier *barrier, unsigned parity) {
  unsigned ended;
  do {
    asm volatile("{\n.reg .pred ended;\n"
                 "mbarrier.try_wait.parity.shared::cta.b64 ended, [%1], %2;\n"
                 "selp.u32 %0, 1, 0, ended;\n}\n"
                 : "=r"(ended)
                 : "r"(shared_address(barrier)), "r"(parity)
                 : "memory");
  } while (!ended);
}

// A matrix of bf16 (CUtensorMap): kernels are given it by value, as `const __grid_constant__`.
struct alignas(64) Matrix {
  unsigned char described[128];
};

// Begins to copy 64 numbers from `column` on of each of 64 rows from `row` on, zeros for what is outside the
// matrix, to 8 KiB from a multiple of 1,024 on: rows of 128 bytes in the order of `at` (tile.cuh).
__device__ __forceinline__ void copy_box(void *to, const Matrix &matrix, unsigned column, unsigned row,
                                         Barrier *barrier) {
  asm volatile("cp.async.bulk.tensor.2d.shared::cluster.global.tile.mbarrier::complete_tx::bytes "
               "[%0], [%1, {%3, %4}], [%2];\n" ::"r"(shared_address(to)),
               "l"(&matrix), "r"(shared_address(barrier)), "r"(column), "r"(row)
               : "memory");
}

// Lets this thread's products read what copy_async16 has copied and a barrier has told of.
__device__ __forceinline__ void fence_products() {
  asm volatile("fence.proxy.async.shared::cta;\n" ::: "memory");
}

// Gives up or takes registers, for all threads of a warpgroup.
template <unsigned COUNT> __device__ __forceinline__ void keep_registers() {
  asm volatile("setmaxnreg.dec.sync.aligned.u32 %0;\n" ::"n"(COUNT));
}
template <unsigned COUNT> __device__ __forceinline__ void take_registers() {
  asm volatile("setmaxnreg.inc.sync.aligned.u32 %0;\n" ::"n"(COUNT));
}

// Before the first product of a group: the sums are in their registers.
__device__ __forceinline__ void products_begin() { asm volatile("wgmma.fence.sync.aligned;\n" ::: "memory"); }
// Closes the group of products that this warpgroup began.
__device__ __forceinline__ void products_commit() {
  asm volatile("wgmma.commit_group.sync.aligned;\n" ::: "memory");
}
// Waits until at most so many groups are under way.
template <int PENDING> __device__ __forceinline__ void products_wait() {
  asm volatile("wgmma.wait_group.sync.aligned %0;\n" ::"n"(PENDING) : "memory");
}
// Keeps the compiler from reading the sums before they were waited for.
template <unsigned COUNT> __device__ __forceinline__ void products_arrived(float (&d)[COUNT]) {
#pragma unroll
  for (unsigned i = 0; i < COUNT; i++) asm volatile("" : "+f"(d[i])::"memory");
}

#define SUMS_8(i)                                                                                  \
  "+f"(d[i]), "+f"(d[i + 1]), "+f"(d[i + 2]), "+f"(d[i + 3]), "+f"(d[i + 4]), "+f"(d[i + 5]),      \
      "+f"(d[i + 6]), "+f"(d[i + 7])
#define SUMS_64(i)                                                                                 \
  SUMS_8(i), SUMS_8(i + 8), SUMS_8(i + 16), SUMS_8(i + 24), SUMS_8(i + 32), SUMS_8(i + 40),        \
      SUMS_8(i + 48), SUMS_8(i + 56)
#define NAMES_64                                                                                   \
  "%0, %1, %2, %3, %4, %5, %6, %7, %8, %9, %10, %11, %12, %13, %14, %15, "                         \
  "%16, %17, %18, %19, %20, %21, %22, %23, %24, %25, %26, %27, %28, %29, %30, %31, "               \
  "%32, %33, %34, %35, %36, %37, %38, %39, %40, %41, %42, %43, %44, %45, %46, %47, "               \
  "%48, %49, %50, %51, %52, %53, %54, %55, %56, %57, %58, %59, %60, %61, %62, %63"
#define NAMES_128                                                                                  \
  NAMES_64 ", "                                                                                    \
  "%64, %65, %66, %67, %68, %69, %70, %71, %72, %73, %74, %75, %76, %77, %78, %79, "               \
  "%80, %81, %82, %83, %84, %85, %86, %87, %88, %89, %90, %91, %92, %93, %94, %95, "               \
  "%96, %97, %98, %99, %100, %101, %102, %103, %104, %105, %106, %107, %108, %109, %110, %111, "   \
  "%112, %113, %114, %115, %116, %117, %118, %119, %120, %121, %122, %123, %124, %125, %126, %127"

// d = a · bᵀ, plus d where `add`: 64 rows and N rows of 16 bf16 each, in shared memory, into f32. Lane l
// of warp w of the warpgroup holds in d[4j + 2h + c] the sum of row 16w + 8h + l/4 and of row
// 8j + 2(l%4) + c of b. The sums may be read after products_wait.
__device__ __forceinline__ void multiply_64_rows(float (&d)[128], unsigned long long a,
                                                 unsigned long long b, bool add) {
  asm volatile("{\n.reg .pred add;\nsetp.ne.b32 add, %130, 0;\n"
               "wgmma.mma_async.sync.aligned.m64n256k16.f32.bf16.bf16 {" NAMES_128
               "}, %128, %129, add, 1, 1, 0, 0;\n}\n"
               : SUMS_64(0), SUMS_64(64)
               : "l"(a), "l"(b), "r"(unsigned(add)));
}
__device__ __forceinline__ void multiply_64_rows(float (&d)[64], unsigned long long a,
                                                 unsigned long long b, bool add) {
  asm volatile("{\n.reg .pred add;\nsetp.ne.b32 add, %66, 0;\n"
               "wgmma.mma_async.sync.aligned.m64n128k16.f32.bf16.bf16 {" NAMES_64
               "}, %64, %65, add, 1, 1, 0, 0;\n}\n"
               : SUMS_64(0)
               : "l"(a), "l"(b), "r"(unsigned(add)));
}
#endif

// Which four warps of the block this thread belongs to; the compiler sees that they all agree.
__device__ __forceinline__ unsigned warpgroup() { return __shfl_sync(WARP, threadIdx.x / 128, 0); }

// Describes rows of 128 bytes, eight after eight from a multiple of 1,024 on, whose pieces of 16 bytes
// stand in the order of `at` (tile.cuh). 16 numbers further on in the rows add 2 to it.
__device__ __forceinline__ unsigned long long described(const void *rows) {
  constexpr unsigned long long BY_128 = 1ull << 62, EIGHT_ROWS = 1024 >> 4, UNUSED = 1;
  return BY_128 | EIGHT_ROWS << 32 | UNUSED << 16 | (shared_address(rows) & 0x3ffff) >> 4;
}
