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
// One block of at least as many threads as experts. An expert's chunks are split into as many parts as
// there are threads for it. Shared memory: 4 bytes a thread and 12 an expert.
extern "C" __global__ void __launch_bounds__(1024) scan_counts(unsigned *counts, unsigned *starts, unsigned *tiles,
                                       unsigned chunks, unsigned experts, unsigned tile) {
  DYNAMIC_SHARED(unsigned, partial); // [parts, experts]
  unsigned *total = partial + blockDim.x, *start = total + experts, *first_tile = start + experts;
  unsigned parts = blockDim.x / experts, part = threadIdx.x / experts, e = threadIdx.x % experts;
  unsigned each = (chunks + parts - 1) / parts, first = min(part * each, chunks);
  unsigned end = part < parts ? min(first + each, chunks) : first;
  unsigned sum = 0;
#pragma unroll 4
  for (unsigned chunk = first; chunk < end; chunk++) sum += counts[size_t(chunk) * experts + e];
  partial[threadIdx.x] = sum;
  __syncthreads();
  for (unsigned i = threadIdx.x; i < experts; i += blockDim.x) {
    total[i] = 0;
    for (unsigned p = 0; p < parts; p++) total[i] += partial[p * experts + i];
  }
  __syncthreads();
  if (threadIdx.x < 32) { // one warp adds up the experts, 32 at a time
    unsigned rows = 0, listed = 0;
    for (unsigned i = threadIdx.x; i - threadIdx.x < experts; i += 32) {
      unsigned mine = i < experts ? total[i] : 0, tiles_of_mine = (mine + tile - 1) / tile;
      unsigned rows_to = mine, listed_to = tiles_of_mine;
      for (unsigned by = 1; by < 32; by *= 2) {
        unsigned r = __shfl_up_sync(WARP, rows_to, by), l = __shfl_up_sync(WARP, listed_to, by);
        if (threadIdx.x >= by) rows_to += r, listed_to += l;
      }
      if (i < experts) start[i] = rows + rows_to - mine;
      if (i < experts) first_tile[i] = listed + listed_to - tiles_of_mine;
      rows += __shfl_sync(WARP, rows_to, 31);
      listed += __shfl_sync(WARP, listed_to, 31);
    }
    if (threadIdx.x == 0) starts[experts] = rows, tiles[0] = listed;
  }
  __syncthreads();
  unsigned next = start[e];
  for (unsigned p = 0; p < part && p < parts; p++) next += partial[p * experts + e];
  for (unsigned chunk = first; chunk < end; chunk += 4) {
    unsigned count[4]; // read together: a store would hold back the reads after it
#pragma unroll
    for (unsigned i = 0; i < 4; i++)
      count[i] = chunk + i < end ? counts[size_t(chunk + i) * experts + e] : 0;
#pragma unroll
    for (unsigned i = 0; i < 4; i++) {
      if (chunk + i < end) counts[size_t(chunk + i) * experts + e] = next;
      next += count[i];
    }
  }
  for (unsigned i = threadIdx.x; i < experts; i += blockDim.x) {
    starts[i] = start[i];
    for (unsigned t = 0; t * tile < total[i]; t++) {
      tiles[1 + 2 * (first_tile[i] + t)] = i;
      tiles[2 + 2 * (first_tile[i] + t)] = start[i] + t * tile;
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
