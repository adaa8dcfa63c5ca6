// Root-mean-square normalisation. Twin: src/kernels/norm.rs.
#include "common.cuh"

// One warp normalises one run of `width` numbers; the product with the weight is formed in f32.
template <typename T>
__device__ void rms_norm(const T *x, const float *weight, T *out, unsigned runs, unsigned width,
                         float eps) {
  unsigned lane = threadIdx.x % 32;
  unsigned run = blockIdx.x * (blockDim.x / 32) + threadIdx.x / 32;
  if (run >= runs) return;
  x += size_t(run) * width;
  out += size_t(run) * width;
  float squares = 0.0f;
  for (unsigned i = lane; i < width; i += 32) {
    float number = to_f32(x[i]);
    squares += number * number;
  }
  float scale = 1.0f / sqrtf(warp_sum(squares) / width + eps);
  for (unsigned i = lane; i < width; i += 32)
    out[i] = from_f32<T>(to_f32(x[i]) * scale * weight[i]);
}

extern "C" __global__ void rms_norm_f32(const float *x, const float *weight, float *out,
                                        unsigned runs, unsigned width, float eps) {
  rms_norm(x, weight, out, runs, width, eps);
}
EXPORT(rms_norm_f32)

extern "C" __global__ void rms_norm_bf16(const bf16 *x, const float *weight, bf16 *out,
                                         unsigned runs, unsigned width, float eps) {
  rms_norm(x, weight, out, runs, width, eps);
}
EXPORT(rms_norm_bf16)
