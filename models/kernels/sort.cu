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

// Where experts' choices and tiles start, in shared memory: 12 bytes an expert, and 8. A tile has at
// most `tile` rows of one expert.
struct Starts {
  unsigned *total, *start, *first_tile; // [experts], and twice [experts + 1]
  unsigned experts, tile;

  __device__ Starts(unsigned *shared, unsigned experts, unsigned tile)
      : total(shared), start(total + experts), first_tile(start + experts + 1), experts(experts), tile(tile) {}
  __device__ unsigned *end() const { return first_tile + experts + 1; }

  // Adds up totals. One warp does, 32 experts at a time.
  __device__ void scan() const {
    unsigned rows = 0, listed = 0, lane = threadIdx.x % 32;
    for (unsigned i = lane; i - lane < experts; i += 32) {
      unsigned mine = i < experts ? total[i] : 0, tiles_of_mine = (mine + tile - 1) / tile;
      unsigned rows_to = mine, listed_to = tiles_of_mine;
      for (unsigned by = 1; by < 32; by *= 2) {
        unsigned r = __shfl_up_sync(WARP, rows_to, by), l = __shfl_up_sync(WARP, listed_to, by);
        if (lane >= by) rows_to += r, listed_to += l;
      }
      if (i < experts) start[i] = rows + rows_to - mine;
      if (i < experts) first_tile[i] = listed + listed_to - tiles_of_mine;
      rows += __shfl_sync(WARP, rows_to, 31);
      listed += __shfl_sync(WARP, listed_to, 31);
    }
    if (lane == 0) start[experts] = rows, first_tile[experts] = listed;
  }

  // Writes where each expert starts, and the tiles that the products are made of: of tile i its expert
  // tiles[1 + 2i] and first row tiles[2 + 2i], and their number in tiles[0]; zeros behind them, of
  // `numbers` in all. The block does.
  __device__ void write(unsigned *starts, unsigned *tiles, unsigned numbers) const {
    for (unsigned i = threadIdx.x; i < experts; i += blockDim.x) {
      starts[i] = start[i];
      for (unsigned t = 0; t * tile < total[i]; t++) {
        tiles[1 + 2 * (first_tile[i] + t)] = i;
        tiles[2 + 2 * (first_tile[i] + t)] = start[i] + t * tile;
      }
    }
    if (threadIdx.x == 0) starts[experts] = start[experts], tiles[0] = first_tile[experts];
    for (unsigned i = 1 + 2 * first_tile[experts] + threadIdx.x; i < numbers; i += blockDim.x) tiles[i] = 0;
  }
};

// Turns counts into the place of each chunk's first choice of each expert, and lists the tiles.
// One block of at least as many threads as experts. An expert's chunks are split into as many parts as
// there are threads for it. Shared memory: that of Starts, and 4 bytes a thread.
extern "C" __global__ void __launch_bounds__(1024)
    scan_counts(unsigned *counts, unsigned *starts, unsigned *tiles, unsigned chunks, unsigned experts,
                unsigned tile, unsigned numbers) {
  DYNAMIC_SHARED(unsigned, shared);
  Starts found(shared, experts, tile);
  unsigned *total = found.total, *partial = found.end(); // [parts, experts]
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
  if (threadIdx.x < 32) found.scan();
  __syncthreads();
  unsigned next = found.start[e];
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
  found.write(starts, tiles, numbers);
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

// All of the sort by one block, for few choices. Shared memory: that of Starts, and 2 bytes for each
// expert and 32 choices.
extern "C" __global__ void __launch_bounds__(1024)
    sort_few(const unsigned *ids, unsigned *order, unsigned *place, unsigned *starts, unsigned *tiles,
             unsigned choices, unsigned experts, unsigned tile, unsigned numbers) {
  DYNAMIC_SHARED(unsigned, shared);
  Starts found(shared, experts, tile);
  // How often an expert is chosen by each 32 choices, then by those before them.
  unsigned short *counts = reinterpret_cast<unsigned short *>(found.end());
  unsigned lane = threadIdx.x % 32, groups = (choices + 31) / 32;
  auto each_group = [&](auto body) {
    for (unsigned group = threadIdx.x / 32; group < groups; group += blockDim.x / 32) {
      unsigned choice = group * 32 + lane, id = choice < choices ? ids[choice] : experts; // no expert
      unsigned same = __match_any_sync(WARP, id), before = __popc(same & ((1u << lane) - 1));
      if (choice < choices) body(choice, id, counts + group * experts + id, before, __popc(same));
    }
  };
  for (unsigned i = threadIdx.x; i < groups * experts; i += blockDim.x) counts[i] = 0;
  __syncthreads();
  each_group([](unsigned, unsigned, unsigned short *count, unsigned before, unsigned all) {
    if (before == 0) *count = all;
  });
  __syncthreads();
  for (unsigned e = threadIdx.x; e < experts; e += blockDim.x) {
    unsigned sum = 0;
    for (unsigned group = 0; group < groups; group++) {
      unsigned count = counts[group * experts + e];
      counts[group * experts + e] = sum;
      sum += count;
    }
    found.total[e] = sum;
  }
  __syncthreads();
  if (threadIdx.x < 32) found.scan();
  __syncthreads();
  each_group([&](unsigned choice, unsigned id, unsigned short *count, unsigned before, unsigned) {
    unsigned at = found.start[id] + *count + before;
    order[at] = choice;
    place[choice] = at;
  });
  found.write(starts, tiles, numbers);
}
EXPORT(sort_few)
