// What hopper.cuh writes as assembly on a device: see fibers.h.
#pragma once

#include "fibers.h"

#define __grid_constant__

struct Barrier {
  unsigned long long arrivals : 10, pending : 10, phase : 1, copied : 1; // copied: not by copy_box
  long long bytes : 32;                                                 // that are still to come
};
static_assert(sizeof(Barrier) == 8);

inline unsigned shared_address(const void *pointer) {
  return unsigned(static_cast<const unsigned char *>(pointer) - emulation::dynamic_shared());
}

namespace emulation {

// Ends the phase if nothing is missing any more.
inline void settle(Barrier *barrier) {
  if (barrier->pending > 0 || barrier->bytes > 0) return;
  barrier->pending = barrier->arrivals;
  barrier->phase ^= 1;
  block->progress++;
}

inline void arrive(Barrier *barrier) {
  if (barrier->pending == 0) fail("more threads than expected arrived at a barrier");
  barrier->pending--;
  settle(barrier);
}

// Does what a copy engine does some time: at once or, in the other order of threads, when all wait.
template <typename Work> void some_time(Work work) {
  if (block->reversed) work();
  else block->later.push_back(work);
}

} // namespace emulation

inline void barrier_init(Barrier *barrier, unsigned arrivals) {
  emulation::aligned(barrier, 8, "mbarrier.init");
  *barrier = {arrivals, arrivals, 0, 0, 0};
}
inline void barrier_arrive(Barrier *barrier) { emulation::arrive(barrier); }
inline void barrier_arrive_copied(Barrier *barrier) {
  auto copies = std::exchange(emulation::self->copies, {{}});
  emulation::some_time([barrier, copies] {
    for (auto &group : copies) emulation::land(group);
    barrier->copied = 1;
    emulation::arrive(barrier);
  });
}
inline void barrier_expect(Barrier *barrier, unsigned bytes) {
  barrier->bytes += bytes;
  emulation::arrive(barrier);
}
inline void barriers_ready() {}
inline void barrier_wait(Barrier *barrier, unsigned parity) {
  while (barrier->phase == parity) emulation::pause(emulation::State::AtBarrier, "mbarrier");
  emulation::self->unfenced |= barrier->copied;
}

struct alignas(64) Matrix {
  const unsigned short *numbers;
  unsigned long long columns, rows;
  unsigned char unused[104];
};
static_assert(sizeof(Matrix) == 128);

inline void copy_box(void *to, const Matrix &matrix, unsigned column, unsigned row, Barrier *barrier) {
  emulation::aligned(to, 1024, "a box");
  emulation::aligned(matrix.numbers, 16, "a matrix");
  if (matrix.columns % 8 != 0) emulation::fail("rows of a matrix must be multiples of 16 bytes");
  emulation::some_time([=] {
    for (unsigned at = 0; at < BOX * BOX; at++) {
      size_t r = row + at / BOX, c = column + at % BOX;
      unsigned place = at * 2 ^ (at * 2 >> 7 & 7) << 4;
      unsigned short number = 0;
      if (r < matrix.rows && c < matrix.columns) number = matrix.numbers[r * matrix.columns + c];
      memcpy(static_cast<unsigned char *>(to) + place, &number, sizeof number);
    }
    barrier->bytes -= BOX * BOX * 2;
    emulation::settle(barrier);
  });
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
  if (emulation::self->unfenced) emulation::fail("products that may not see what was copied");
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
