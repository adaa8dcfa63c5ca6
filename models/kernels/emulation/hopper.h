// What hopper.cuh writes as assembly on a device: see fibers.h.
#pragma once

#include "fibers.h"

struct Barrier {
  unsigned short arrivals, pending;
  unsigned phase;
};

inline unsigned shared_address(const void *pointer) {
  return unsigned(static_cast<const unsigned char *>(pointer) - emulation::dynamic_shared());
}

inline void barrier_init(Barrier *barrier, unsigned arrivals) {
  emulation::aligned(barrier, 8, "mbarrier.init");
  *barrier = {static_cast<unsigned short>(arrivals), static_cast<unsigned short>(arrivals), 0};
}
inline void barrier_arrive(Barrier *barrier) {
  if (emulation::self->unfenced) emulation::fail("arrived with copies that products may not see");
  if (--barrier->pending > 0) return;
  barrier->pending = barrier->arrivals;
  barrier->phase++;
  emulation::block->progress++;
}
inline void barrier_wait(Barrier *barrier, unsigned parity) {
  while (barrier->phase % 2 == parity) emulation::pause(emulation::State::AtBarrier, "mbarrier");
}

inline void fence_products() { emulation::self->unfenced = false; }
template <unsigned COUNT> void keep_registers() { __syncwarp(); }
template <unsigned COUNT> void take_registers() { __syncwarp(); }

namespace emulation {

// A number of a described matrix.
inline float described_number(unsigned long long matrix, unsigned row, unsigned col) {
  if (matrix >> 62 != 1) fail("wgmma knows matrices in pieces by 128 bytes only");
  unsigned start = (matrix & 0x3fff) << 4, eight_rows = (matrix >> 32 & 0x3fff) << 4;
  unsigned at = start + row / 8 * eight_rows + row % 8 * 128 + col * 2;
  at ^= (at >> 7 & 7) << 4;
  unsigned short bits;
  memcpy(&bits, dynamic_shared() + at, sizeof bits);
  return __uint_as_float(unsigned(bits) << 16);
}

inline void form(const Fiber &fiber, const Product &product) {
  unsigned thread = fiber.index.x % 128, top = thread / 32 * 16 + thread % 32 / 4;
  for (unsigned i = 0; i < product.sums; i++) {
    unsigned row = top + i / 2 % 2 * 8, col = i / 4 * 8 + thread % 4 * 2 + i % 2;
    float sum = product.add ? product.d[i] : 0.0f;
    for (unsigned k = 0; k < 16; k++)
      sum += described_number(product.a, row, k) * described_number(product.b, col, k);
    product.d[i] = sum;
  }
}

} // namespace emulation

inline void products_begin() { __syncwarp(); }
// A product is formed when it is begun or, in the other order of threads, when it is waited for.
template <unsigned COUNT>
void multiply_64_rows(float (&d)[COUNT], unsigned long long a, unsigned long long b, bool add) {
  __syncwarp();
  emulation::Product product{a, b, d, COUNT, add};
  if (emulation::block->reversed) emulation::form(*emulation::self, product);
  else emulation::self->products.back().push_back(product);
}
inline void products_commit() { emulation::self->products.emplace_back(); }
template <int PENDING> void products_wait() {
  __syncwarp();
  auto &groups = emulation::self->products; // the last one is open
  while (groups.size() > size_t(PENDING) + 1) {
    for (auto &product : groups.front()) emulation::form(*emulation::self, product);
    groups.erase(groups.begin());
  }
}
template <unsigned COUNT> void products_arrived(float (&)[COUNT]) {}
