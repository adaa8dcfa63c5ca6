// Launches of a kernel on a CPU: its arguments are checked, and its blocks run one after another.
#pragma once

#include "fibers.h"

namespace emulation {

inline void begin_block() {
  size_t size = block->shared_bytes;
  block->later.clear();
  block->shared.assign(size + 2 * GUARD + 2048, UNTOUCHED);
  for (size_t i = 0; i < block->fibers.size(); i++) {
    Fiber &fiber = block->fibers[i];
    fiber.started = false;
    fiber.state = State::Ready;
    fiber.waits_for = "";
    fiber.turn = 0;
    fiber.copies.assign(1, {});
    fiber.unfenced = false;
    fiber.products.assign(1, {});
    unsigned n = static_cast<unsigned>(i);
    fiber.index = {n % blockDim.x, n / blockDim.x % blockDim.y, n / blockDim.x / blockDim.y};
    getcontext(&fiber.start);
    fiber.start.uc_stack.ss_sp = block->stacks.data() + i * STACK;
    fiber.start.uc_stack.ss_size = STACK;
    fiber.start.uc_link = nullptr;
    makecontext(&fiber.start, enter, 0);
  }
}

inline void end_block() {
  const unsigned char *start = dynamic_shared(), *end = start + block->shared_bytes;
  for (const unsigned char *p = block->shared.data(); p < start && !block->failed; p++)
    if (*p != UNTOUCHED) block->error = "wrote below dynamic shared memory", block->failed = 1;
  const unsigned char *last = block->shared.data() + block->shared.size();
  for (const unsigned char *p = end; p < last && !block->failed; p++)
    if (*p != UNTOUCHED) block->error = "wrote above dynamic shared memory", block->failed = 1;
  for (auto &fiber : block->fibers)
    for (auto &group : fiber.copies)
      if (!group.empty() && !block->failed)
        block->error = "a thread ended before its copies were waited for", block->failed = 1;
  if (!block->later.empty() && !block->failed)
    block->error = "a block ended before its copies", block->failed = 1;
  for (auto &fiber : block->fibers)
    for (auto &group : fiber.products)
      if (!group.empty() && !block->failed)
        block->error = "a thread ended before its products were waited for", block->failed = 1;
}

// What a launch is given.
struct Launch {
  unsigned grid[3], threads[3];
  size_t shared_bytes;
  int reversed;
  void **arguments;
  const size_t *sizes;
  size_t count;
  char *message;
  size_t capacity;
};

template <typename... Arguments, size_t... I>
void call(void (*kernel)(Arguments...), void **arguments, std::index_sequence<I...>) {
  kernel(*static_cast<std::remove_const_t<Arguments> *>(arguments[I])...);
}

inline int report(const Launch &launch, const std::string &message) {
  snprintf(launch.message, launch.capacity, "%s", message.c_str());
  return 1;
}

template <typename... Arguments>
int launch(void (*kernel)(Arguments...), const Launch &launch) {
  constexpr size_t wanted[] = {sizeof(Arguments)..., 0};
  if (launch.count != sizeof...(Arguments))
    return report(launch, "the kernel takes " + std::to_string(sizeof...(Arguments)) +
                              " arguments, not " + std::to_string(launch.count));
  for (size_t i = 0; i < launch.count; i++)
    if (wanted[i] != launch.sizes[i])
      return report(launch, "argument " + std::to_string(i) + " has " + std::to_string(wanted[i]) +
                                " bytes, not " + std::to_string(launch.sizes[i]));
  size_t threads = size_t(launch.threads[0]) * launch.threads[1] * launch.threads[2];
  if (threads == 0 || threads > 1024 || threads % 32 != 0)
    return report(launch, "a block of " + std::to_string(threads) + " threads");
  if (launch.grid[0] == 0 || launch.grid[1] == 0 || launch.grid[2] == 0 || launch.grid[1] > 65535 ||
      launch.grid[2] > 65535)
    return report(launch, "an empty or too large grid");
  if (launch.shared_bytes > (227 << 10)) return report(launch, "too much shared memory");

  static thread_local Block mine;
  block = &mine;
  mine.failed = 0;
  mine.error.clear();
  mine.fibers.resize(threads);
  mine.warps.resize(threads / 32);
  mine.shared_bytes = launch.shared_bytes;
  if (mine.stacks.size() < threads * STACK) mine.stacks.resize(threads * STACK);
  struct Call {
    void (*kernel)(Arguments...);
    void **arguments;
  } whole{kernel, launch.arguments};
  mine.body = [](void *call_) {
    auto *c = static_cast<Call *>(call_);
    call(c->kernel, c->arguments, std::index_sequence_for<Arguments...>{});
  };
  mine.argument = &whole;
  blockDim = {launch.threads[0], launch.threads[1], launch.threads[2]};
  gridDim = {launch.grid[0], launch.grid[1], launch.grid[2]};
  size_t blocks = size_t(gridDim.x) * gridDim.y * gridDim.z;
  for (size_t i = 0; i < blocks && !mine.failed; i++) {
    size_t at = launch.reversed ? blocks - 1 - i : i;
    blockIdx = {unsigned(at % gridDim.x), unsigned(at / gridDim.x % gridDim.y),
                unsigned(at / gridDim.x / gridDim.y)};
    begin_block();
    run_block(launch.reversed);
    end_block();
  }
  return mine.failed ? report(launch, mine.error) : 0;
}

} // namespace emulation
