// A kernel by which what hopper.cuh offers is tested, and faults that the emulator must see.
#include "hopper.cuh"
#include "tile.cuh"

// out (64×128) = a (64×64) · b (128×64)ᵀ: the first warpgroup has a copied by its threads and b in boxes,
// the second multiplies.
extern "C" __global__ void __launch_bounds__(256, 1)
    hand_over(const bf16 *a, const __grid_constant__ Matrix b, float *out, unsigned fault) {
  DYNAMIC_SHARED_FROM(1024, bf16, left); // 64 rows of 64; then 128 rows, and a barrier
  bf16 *right = left + 64 * STEP;
  Barrier *full = reinterpret_cast<Barrier *>(right + 128 * STEP);
  if (threadIdx.x == 0) {
    barrier_init(full, 128 + 1);
    barriers_ready();
  }
  __syncthreads();
  if (warpgroup() == 0) {
    if (threadIdx.x == 0 && fault != 1) {
      barrier_expect(full, 2 * BOX * BOX * 2);
      for (unsigned i = 0; i < 2; i++) copy_box(right + i * BOX * STEP, b, 0, i * BOX, full);
    }
    unsigned rows[4];
    for (unsigned i = 0; i < 4; i++) rows[i] = threadIdx.x / 8 + 16 * i;
    copy_rows(left, a, rows, threadIdx.x % 8 * 8, STEP);
    barrier_arrive_copied(full);
    copy_wait<0>();
  } else {
    float sums[64];
    if (fault != 2) barrier_wait(full, 0);
    if (fault != 3) fence_products();
    products_begin();
#pragma unroll
    for (unsigned k = 0; k < STEP / 16; k++)
      multiply_64_rows(sums, described(left) + 2 * k, described(right) + 2 * k, k > 0);
    products_commit();
    if (fault != 4) products_wait<0>();
    products_arrived(sums);
    unsigned thread = threadIdx.x % 128, row = thread / 32 * 16 + thread % 32 / 4;
    for (unsigned i = 0; i < 64; i++)
      out[(row + i / 2 % 2 * 8) * 128 + i / 4 * 8 + thread % 4 * 2 + i % 2] = sums[i];
  }
}
EXPORT(hand_over)
