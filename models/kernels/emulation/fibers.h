// Blocks of a kernel on a CPU: every thread is a fiber that runs until it must wait for others.
//
// A block's threads run one after another, each up to its next barrier or exchange, so a thread that
// reads what another has not yet written, for want of a barrier, reads the wrong thing. The order
// of threads can be reversed: a kernel is right only if both orders give the same numbers.
// Threads that wait for different things, or for threads that have ended, end the launch with an error.
#pragma once

#include <csetjmp>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <functional>
#include <string>
#include <type_traits>
#include <ucontext.h>
#include <utility>
#include <vector>

struct dim3 {
  unsigned x, y, z;
};

inline thread_local dim3 threadIdx, blockIdx, blockDim, gridDim;
constexpr int warpSize = 32;

namespace emulation {

constexpr size_t STACK = 256 << 10;
constexpr size_t SLOT = 32;    // bytes that a lane shows the others at once
constexpr size_t GUARD = 4096; // bytes around dynamic shared memory that must stay as they are
constexpr unsigned char UNTOUCHED = 0xff; // what fresh memory holds: NaN as f32 and bf16

enum class State { Ready, AtWarp, AtBarrier, AtBlock, Done };

// One pending copy from global to shared memory.
struct Copy {
  void *to;
  const void *from;
  size_t bytes, filled;
};

// The copies of a group arrive.
inline void land(const std::vector<Copy> &group) {
  for (auto &copy : group) {
    memset(copy.to, 0, copy.bytes);
    if (copy.filled != 0) memcpy(copy.to, copy.from, copy.filled);
  }
}

// One pending product of a warpgroup.
struct Product {
  unsigned long long a, b;
  float *d;
  unsigned sums;
  bool add;
};

struct Fiber {
  ucontext_t start;
  jmp_buf place;
  bool started;
  State state;
  const char *waits_for;
  unsigned turn; // exchanges that this lane has begun
  dim3 index;
  std::vector<std::vector<Copy>> copies; // by group; the last is open
  bool unfenced; // copies have arrived that this thread's products may not see yet
  std::vector<std::vector<Product>> products; // by group; the last is open
};

struct Warp {
  // Two sets, used in turn: a lane may begin the next exchange while others still read this one.
  alignas(16) unsigned char slots[2][32][SLOT];
};

struct Block {
  std::vector<Fiber> fibers;
  std::vector<Warp> warps;
  std::vector<unsigned char> shared;
  std::vector<char> stacks;
  size_t shared_bytes = 0;
  jmp_buf scheduler;
  ucontext_t back;
  void (*body)(void *) = nullptr;
  void *argument = nullptr;
  std::string error;
  int failed = 0;
  bool reversed = false;
  size_t progress = 0; // phases of barriers that have ended
  std::vector<std::function<void()>> later; // copies that nobody has waited for yet
};

inline thread_local Block *block = nullptr;
inline thread_local Fiber *self = nullptr;

inline unsigned lane() { return static_cast<unsigned>(self - block->fibers.data()) % 32; }
inline Warp &warp() { return block->warps[(self - block->fibers.data()) / 32]; }

inline unsigned char *dynamic_shared() {
  auto at = reinterpret_cast<uintptr_t>(block->shared.data()) + GUARD;
  return reinterpret_cast<unsigned char *>((at + 1023) / 1024 * 1024);
}

// Leaves the running fiber until the scheduler comes back to it.
__attribute__((noinline)) inline void pause(State state, const char *waits_for) {
  self->state = state;
  self->waits_for = waits_for;
  if (_setjmp(self->place) == 0) _longjmp(block->scheduler, 1);
}

[[noreturn]] inline void fail(const std::string &what) {
  char where[160];
  snprintf(where, sizeof where, " (thread %u %u %u of block %u %u %u)", threadIdx.x, threadIdx.y,
           threadIdx.z, blockIdx.x, blockIdx.y, blockIdx.z);
  block->error = what + where;
  block->failed = 1;
  self->state = State::Done;
  _longjmp(block->scheduler, 1);
}

inline void enter() {
  block->body(block->argument);
  self->state = State::Done;
  _longjmp(block->scheduler, 1);
}

__attribute__((noinline)) inline void resume(Fiber &fiber) {
  self = &fiber;
  threadIdx = fiber.index;
  if (_setjmp(block->scheduler) != 0) return;
  if (fiber.started) _longjmp(fiber.place, 1);
  fiber.started = true;
  setcontext(&fiber.start);
}

inline bool all(const Fiber *first, size_t count, State state) {
  for (size_t i = 0; i < count; i++)
    if (first[i].state != state) return false;
  return true;
}

inline void refuse(const char *what, const Fiber &a, const Fiber &b) {
  auto tell = [](const Fiber &f) {
    std::string at = f.state == State::Done ? "has ended" : std::string("waits at ") + f.waits_for;
    return "thread " + std::to_string(f.index.x) + " " + at;
  };
  char where[80];
  snprintf(where, sizeof where, " (block %u %u %u)", blockIdx.x, blockIdx.y, blockIdx.z);
  block->error = std::string(what) + ": " + tell(a) + ", " + tell(b) + where;
  block->failed = 1;
}

// Runs a warp until all its lanes wait for others or have ended.
inline void run_warp(Fiber *lanes, bool reversed) {
  while (!block->failed) {
    for (int i = 0; i < 32 && !block->failed; i++) {
      Fiber &fiber = lanes[reversed ? 31 - i : i];
      if (fiber.state == State::Ready) resume(fiber);
    }
    if (block->failed) return;
    bool any = false, some_wait = false;
    for (int i = 0; i < 32; i++) {
      any |= lanes[i].state == State::AtWarp;
      some_wait |= lanes[i].state == State::AtBarrier;
    }
    if (!any || some_wait) return;
    for (int i = 1; i < 32; i++)
      if (lanes[i].state != lanes[0].state || strcmp(lanes[i].waits_for, lanes[0].waits_for) != 0)
        return refuse("lanes of a warp have parted", lanes[0], lanes[i]);
    for (int i = 0; i < 32; i++) lanes[i].state = State::Ready;
  }
}

// Lets the threads that wait at a barrier look again, if a phase of any has ended since they did.
inline bool wake_waiting(size_t before) {
  Fiber *waiting = nullptr;
  for (auto &fiber : block->fibers)
    if (fiber.state == State::AtBarrier) waiting = &fiber;
  if (waiting == nullptr) return false;
  for (auto &work : std::exchange(block->later, {})) work();
  if (block->progress == before) return refuse("nobody ends a phase", *waiting, *waiting), false;
  for (auto &fiber : block->fibers)
    if (fiber.state == State::AtBarrier) fiber.state = State::Ready;
  return true;
}

inline void run_block(bool reversed) {
  auto &fibers = block->fibers;
  size_t warps = fibers.size() / 32;
  block->reversed = reversed;
  while (!block->failed) {
    size_t before = block->progress;
    for (size_t w = 0; w < warps; w++)
      run_warp(&fibers[32 * (reversed ? warps - 1 - w : w)], reversed);
    if (block->failed || all(fibers.data(), fibers.size(), State::Done)) return;
    if (wake_waiting(before)) continue;
    if (block->failed) return;
    for (auto &fiber : fibers)
      if (fiber.state != fibers[0].state)
        return refuse("threads of a block have parted", fibers[0], fiber);
    for (auto &fiber : fibers) fiber.state = State::Ready;
  }
}

// Shows `value` to the other lanes of the warp and returns what the lane `from` shows.
template <typename T> T exchange(const char *name, T value, unsigned from) {
  static_assert(sizeof(T) <= SLOT && std::is_trivially_copyable_v<T>);
  auto &slots = warp().slots[self->turn++ % 2];
  memcpy(slots[lane()], &value, sizeof value);
  pause(State::AtWarp, name);
  T other;
  memcpy(&other, slots[from], sizeof other);
  return other;
}

// Shows `value` and hands all 32 values to `read`.
template <typename T, typename Read> auto gather(const char *name, T value, Read read) {
  static_assert(sizeof(T) <= SLOT && std::is_trivially_copyable_v<T>);
  auto &slots = warp().slots[self->turn++ % 2];
  memcpy(slots[lane()], &value, sizeof value);
  pause(State::AtWarp, name);
  auto of = [&](unsigned i) {
    T other;
    memcpy(&other, slots[i], sizeof other);
    return other;
  };
  return read(of);
}

inline void aligned(const void *pointer, size_t bytes, const char *what) {
  if (reinterpret_cast<uintptr_t>(pointer) % bytes != 0)
    fail(std::string(what) + " needs an address that " + std::to_string(bytes) + " divides");
}

} // namespace emulation
