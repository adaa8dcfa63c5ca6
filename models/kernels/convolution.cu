// Causal depthwise convolution of segments, then SiLU. Twin: src/kernels/convolution.rs.
#include "common.cuh"

constexpr unsigned TAPS = 4; // the last tap meets the current row
constexpr unsigned BEFORE = TAPS - 1;

// Some consecutive rows of a segment.
struct Stretch {
  long long first, rows;    // of the packed batch
  long long before[BEFORE]; // addresses of the inputs before them, oldest first; 0: zeros
  long long kept;           // address that the last inputs are copied to; 0: nowhere
};

// A thread filters one channel of a stretch. `x`: the first of the channels in packed rows that are
// `width` numbers apart; a kept input has only the channels.
extern "C" __global__ void convolve(const bf16 *x, const float *weight, const float *bias,
                                    const long long *stretches, bf16 *out, unsigned width,
                                    unsigned offset, unsigned channels) {
  const Stretch &stretch = reinterpret_cast<const Stretch *>(stretches)[blockIdx.x];
  unsigned channel = blockIdx.y * blockDim.x + threadIdx.x;
  if (channel >= channels) return;
  float taps[TAPS], seen[TAPS]; // the last inputs
  for (unsigned i = 0; i < TAPS; i++) taps[i] = weight[channel * TAPS + i];
  for (unsigned i = 0; i < BEFORE; i++) {
    auto row = reinterpret_cast<const bf16 *>(stretch.before[i]);
    seen[i + 1] = row == nullptr ? 0.0f : to_f32(row[channel]);
  }
  float start = bias == nullptr ? 0.0f : bias[channel];
  x += size_t(stretch.first) * width + offset + channel;
  out += size_t(stretch.first) * channels + channel;
  for (long long row = 0; row < stretch.rows; row++) {
    for (unsigned i = 0; i < BEFORE; i++) seen[i] = seen[i + 1];
    seen[BEFORE] = to_f32(x[size_t(row) * width]);
    float sum = start;
    for (unsigned i = 0; i < TAPS; i++) sum += taps[i] * seen[i];
    out[size_t(row) * channels] = from_f32<bf16>(sum / (1.0f + __expf(-sum)));
  }
  if (stretch.kept != 0) {
    auto kept = reinterpret_cast<bf16 *>(stretch.kept);
    for (unsigned i = 0; i < BEFORE; i++)
      kept[i * channels + channel] = from_f32<bf16>(seen[i + 1]);
  }
}
EXPORT(convolve)
