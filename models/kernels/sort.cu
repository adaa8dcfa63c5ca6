// Choices in the order of their experts: a stable counting sort. Twin: `Sorted` in
// src/kernels/experts.rs.
#include "common.cuh"

// Choices that one warp counts and places.
constexpr unsigned CHUNK = 256;

// counts[chunk, expert]: how often each expert is chosen in a chunk. Shared memory: 4 bytes an expert.
extern "C" __global__ void count_choices(const unsigned *ids, unsigned *counts, unsigned choices,
                                         unsigned experts) {
  DYNAMIC_SHARED(unsigned, count);
  unsigned lane = threadIdx.x;
  for (unsigned e = lane; e < experts; e += 32) count[e] = 0;
  __syncwarp();
  unsigned first = blockIdx.x * CHUNK, end = min(first + CHUNK, choices);
  for (unsigned choice = first + lane; choice < end; choice += 32) atomicAdd(count + ids[choice], 1u);
  __syncwarp();
  for (unsigned e = lane; e < experts; e += 32) counts[size_t(blockIdx.x) * experts + e] = count[e];
}
EXPORT(count_choices)

// Turns counts into the place of each chunk's first choice of each expert, writes where each expert
// starts, and lists the tiles of at most `tile` rows that the products are made of: for tile i its
// expert tiles[1 + 2i] and first row tiles[2 + 2i], and their number in tiles[0].
// One block; shared memory: 12 bytes an expert.
extern "C" __global__ void scan_counts(unsigned *counts, unsigned *starts, unsigned *tiles,
                                       unsigned chunks, unsigned experts, unsigned tile) {
  DYNAMIC_SHARED(unsigned, total);
  unsigned *start = total + experts, *first_tile = start + experts;
  for (unsigned e = threadIdx.x; e < experts; e += blockDim.x) {
    unsigned sum = 0;
    for (unsigned chunk = 0; chunk < chunks; chunk++) sum += counts[size_t(chunk) * experts + e];
    total[e] = sum;
  }
  __syncthreads();
  if (threadIdx.x == 0) {
    unsigned rows = 0, listed = 0;
    for (unsigned e = 0; e < experts; e++) {
      start[e] = rows;
      first_tile[e] = listed;
      rows += total[e];
      listed += (total[e] + tile - 1) / tile;
    }
    starts[experts] = rows;
    tiles[0] = listed;
  }
  __syncthreads();
  for (unsigned e = threadIdx.x; e < experts; e += blockDim.x) {
    starts[e] = start[e];
    unsigned next = start[e];
    for (unsigned chunk = 0; chunk < chunks; chunk++) {
      unsigned count = counts[size_t(chunk) * experts + e];
      counts[size_t(chunk) * experts + e] = next;
      next += count;
    }
    for (unsigned i = 0; i * tile < total[e]; i++) {
      tiles[1 + 2 * (first_tile[e] + i)] = e;
      tiles[2 + 2 * (first_tile[e] + i)] = start[e] + i * tile;
    }
  }
}
EXPORT(scan_counts)

// order[place] = choice and place[choice] = place. Shared memory: 4 bytes an expert.
extern "C" __global__ void place_choices(const unsigned *ids, const unsigned *counts,
                                         unsigned *order, unsigned *place, unsigned choices,
                                         unsigned experts) {
  DYNAMIC_SHARED(unsigned, next);
  unsigned lane = threadIdx.x;
  for (unsigned e = lane; e < experts; e += 32) next[e] = counts[size_t(blockIdx.x) * experts + e];
  __syncwarp();
  unsigned first = blockIdx.x * CHUNK, end = min(first + CHUNK, choices);
  for (unsigned at = first; at < end; at += 32) {
    unsigned choice = at + lane;
    bool present = choice < end;
    unsigned id = present ? ids[choice] : experts; // no expert
    unsigned same = __match_any_sync(WARP, id), before = __popc(same & ((1u << lane) - 1));
    unsigned base = present ? next[id] : 0;
    __syncwarp();
    if (present) {
      order[base + before] = choice;
      place[choice] = base + before;
      if (before == 0) next[id] = base + __popc(same);
    }
    __syncwarp();
  }
}
EXPORT(place_choices)
