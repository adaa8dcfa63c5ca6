// Kernels by which the emulator itself is tested: products in each of the ways that kernels form
// them, and faults that it must see.
#include "common.cuh"

// out (16×8) = a (16×16) · b (8×16)ᵀ by registers; b is given both ways round.
extern "C" __global__ void by_registers(const bf16 *a, const bf16 *b, const bf16 *b_transposed,
                                        float *out, float *out_transposed) {
  __shared__ __align__(128) bf16 left[16 * 16], right[8 * 16], turned[16 * 8];
  unsigned lane = threadIdx.x;
  for (unsigned i = lane; i < 256; i += 32) left[i] = a[i];
  for (unsigned i = lane; i < 128; i += 32) right[i] = b[i], turned[i] = b_transposed[i];
  __syncwarp();
  unsigned x[4], y[2], z[2];
  load_matrix_x4(x, left + lane % 16 * 16 + lane / 16 * 8);
  load_matrix_x2(y, right + lane % 8 * 16 + lane / 8 % 2 * 8);
  load_matrix_x2_transposed(z, turned + lane % 16 * 8);
  float d[4] = {}, e[4] = {};
  multiply_16_8_16(d, x, y);
  multiply_16_8_16(e, x, z);
  for (unsigned i = 0; i < 4; i++) {
    unsigned at = (lane / 4 + i / 2 * 8) * 8 + lane % 4 * 2 + i % 2;
    out[at] = d[i];
    out_transposed[at] = e[i];
  }
}
EXPORT(by_registers)

// out (16×16) = a (16×16) · b (16×16)ᵀ by fragments.
extern "C" __global__ void by_fragments(const bf16 *a, const bf16 *b, float *out) {
  using namespace nvcuda::wmma;
  __shared__ __align__(128) bf16 left[256], right[256];
  for (unsigned i = threadIdx.x; i < 256; i += 32) left[i] = a[i], right[i] = b[i];
  __syncwarp();
  fragment<matrix_a, 16, 16, 16, bf16, row_major> x;
  fragment<matrix_b, 16, 16, 16, bf16, col_major> y;
  fragment<accumulator, 16, 16, 16, float> d;
  fill_fragment(d, 0.0f);
  load_matrix_sync(x, left, 16);
  load_matrix_sync(y, right, 16);
  mma_sync(d, x, y, d);
  store_matrix_sync(out, d, 16, mem_row_major);
}
EXPORT(by_fragments)

// Each thread writes its neighbour's number, read through shared memory.
extern "C" __global__ void turn(const float *x, float *out, unsigned fault) {
  DYNAMIC_SHARED(float, shared);
  unsigned i = threadIdx.x, n = blockDim.x;
  if (i % 4 == 0) copy_async16(shared + i, x + i, true);
  copy_commit();
  if (fault != 1) copy_wait<0>();
  if (fault != 2) __syncthreads();
  if (fault == 3 && i == 40) return;
  if (fault == 4 && i == 5) __syncthreads();
  if (fault == 5) shared[n] = 0.0f;
  float number = shared[(i + 1) % n];
  if (fault != 6) __syncthreads();
  shared[i] = warp_sum(number);
  out[i] = number + (fault == 6 ? shared[(i + 33) % n] : 0.0f);
  if (fault == 7) out[n + i] = number;
}
EXPORT(turn)
