// Causal attention over a forest of segments. Twin: src/kernels/attention.rs.
//
// A tile is some query tokens times the query heads of one key/value head. All keys that any of its
// rows sees form one list, in which stretches of memory follow each other without gaps: what all
// rows share is read once for all of them, and a hundred short branches fill steps as well as one
// long sequence. Which of a step's keys a row sees is decided key by key, unless all rows see all.
// Softmax is online (arXiv:2205.14135), products run on tensor cores, sums are f32.
#include "common.cuh"

constexpr int WARPS = 4;            // of a block
constexpr int KEYS = 64;            // of a step
constexpr unsigned NOBODY = ~0u;    // position of a key, piece of a row that is not there
constexpr unsigned EVERYBODY = ~0u; // owner of a key that all pieces share

// Consecutive tokens of one segment among a tile's queries.
struct Piece {
  unsigned row;      // of the packed batch, where it begins
  unsigned tokens;   // how many
  unsigned position; // in the sequence, of the first
  unsigned before;   // tokens of the tile before it
};

// Consecutive keys of a tile.
struct Stretch {
  unsigned block;    // 0: the pass's own keys; n: the n-th of the cached blocks
  unsigned row;      // of the block, where it begins
  unsigned keys;     // how many
  unsigned position; // in the sequence, of the first
  unsigned owner;    // the tile's piece whose tokens see it, or EVERYBODY
  unsigned before;   // keys of the tile before it
};

// Of the parts of a list, each with the count of what lies before it, the one that holds `index`.
template <typename Part>
__device__ const Part *part_of(const Part *from, const Part *to, unsigned index) {
  while (to - from > 1) {
    const Part *middle = from + (to - from) / 2;
    (middle->before <= index ? from : to) = middle;
  }
  return from;
}

// A tile's pieces and stretches, each list up to an end.
struct Tile {
  const Piece *piece, *piece_end;
  const Stretch *stretch, *stretch_end;

  // `table`: first piece and first stretch of every tile and of the end, pieces, stretches.
  __device__ Tile(const unsigned *table, unsigned number, unsigned tiles, unsigned pieces) {
    const unsigned *bounds = table + number * 2;
    auto first_piece = reinterpret_cast<const Piece *>(table + (tiles + 1) * 2);
    auto first_stretch = reinterpret_cast<const Stretch *>(first_piece + pieces);
    piece = first_piece + bounds[0], piece_end = first_piece + bounds[2];
    stretch = first_stretch + bounds[1], stretch_end = first_stretch + bounds[3];
  }
  __device__ unsigned tokens() const { return piece_end[-1].before + piece_end[-1].tokens; }
  __device__ unsigned keys() const { return stretch_end[-1].before + stretch_end[-1].keys; }
};

// What a tile's rows are.
template <int ROWS> struct Rows {
  unsigned token[ROWS];    // row of the packed batch
  unsigned position[ROWS]; // in the sequence
  unsigned piece[ROWS];

  __device__ void fill(const Tile &tile, unsigned group) {
    for (unsigned row = threadIdx.x; row < ROWS; row += 32 * WARPS) {
      unsigned number = row / group;
      const Piece *of = part_of(tile.piece, tile.piece_end, number);
      bool there = number < tile.tokens();
      token[row] = there ? of->row + (number - of->before) : 0;
      position[row] = there ? of->position + (number - of->before) : 0;
      piece[row] = there ? unsigned(of - tile.piece) : NOBODY;
    }
  }
};

// The keys of one step, and where one head's numbers of them lie.
struct Step {
  const bf16 *k[KEYS], *v[KEYS];
  unsigned position[KEYS], owner[KEYS];
  int seen_by_all[KEYS / 32]; // whether all rows see each of 32 keys
};

// Finds the keys of steps.
struct Finder {
  const bf16 *own_k, *own_v;
  const long long *blocks; // addresses of keys and values
  Tile tile;
  unsigned width, offset; // numbers of a key of all heads, and of those before this head
  unsigned lowest, highest; // positions of the tile's tokens
  unsigned window;

  // Warps 0 and 1 fill in a step, the others do nothing.
  __device__ void fill(Step &step, unsigned number) const {
    unsigned i = threadIdx.x, key = number * KEYS + i;
    if (i >= KEYS) return;
    const Stretch *stretch = part_of(tile.stretch, tile.stretch_end, key);
    bool there = key < tile.keys();
    unsigned in = key - stretch->before;
    const bf16 *k = own_k, *v = own_v;
    if (there && stretch->block != 0) {
      k = reinterpret_cast<const bf16 *>(blocks[2 * (stretch->block - 1)]);
      v = reinterpret_cast<const bf16 *>(blocks[2 * (stretch->block - 1) + 1]);
    }
    size_t at = there ? size_t(stretch->row + in) * width + offset : 0;
    unsigned position = there ? stretch->position + in : NOBODY;
    step.k[i] = k + at;
    step.v[i] = v + at;
    step.position[i] = position;
    step.owner[i] = stretch->owner;
    bool by_all =
        stretch->owner == EVERYBODY && position <= lowest && highest - position < window;
    int all = __all_sync(WARP, by_all);
    if (i % 32 == 0) step.seen_by_all[i / 32] = all;
  }
};

// Rows of DIM numbers in shared memory, 16 bytes a chunk; chunks change places from row to row, so
// that a column of chunks lies in different banks.
template <int DIM> __device__ bf16 *chunk_of(bf16 *rows, unsigned row, unsigned chunk) {
  return rows + row * DIM + ((chunk ^ (row & 7)) * 8);
}

// Begins to copy the keys or values of a step.
template <int DIM>
__device__ void fetch(bf16 *rows, const bf16 *const *from, const unsigned *position) {
  constexpr unsigned CHUNKS = DIM / 8;
  for (unsigned i = threadIdx.x; i < KEYS * CHUNKS; i += 32 * WARPS) {
    unsigned row = i / CHUNKS, chunk = i % CHUNKS;
    bool there = position[row] != NOBODY;
    copy_async16(chunk_of<DIM>(rows, row, chunk), from[row] + chunk * 8, there);
  }
  copy_commit();
}

// What a warp holds in registers: MT matrices of 16 rows. Of each a lane has the rows lane/4 and
// lane/4 + 8, and of every 8 columns the two from 2(lane%4) on.
template <int DIM, int MT> struct Running {
  static constexpr int NT = KEYS / 8;
  float values[MT][DIM / 8][4]; // weighted so far
  float maximum[MT][2];         // of scores so far, times log2(e)
  float sum[MT][2];             // of weights so far, of this lane's columns
  unsigned position[MT][2], piece[MT][2];

  // Which row of the tile: `half` 0 or 1 of matrix m.
  static __device__ unsigned row(int m, int half) {
    return (threadIdx.x / 32 * MT + m) * 16 + half * 8 + threadIdx.x % 32 / 4;
  }

  // Products of the rows' queries with the keys of a step.
  static __device__ void score(float (&scores)[MT][NT][4], bf16 *q, bf16 *k) {
    unsigned lane = threadIdx.x % 32, first = threadIdx.x / 32 * MT * 16;
#pragma unroll
    for (int d = 0; d < DIM / 16; d++) {
      unsigned a[MT][4];
#pragma unroll
      for (int m = 0; m < MT; m++)
        load_matrix_x4(a[m], chunk_of<DIM>(q, first + m * 16 + lane % 16, d * 2 + lane / 16));
#pragma unroll
      for (int n = 0; n < NT; n += 2) {
        unsigned r[4], key = n * 8 + lane / 16 * 8 + lane % 8;
        load_matrix_x4(r, chunk_of<DIM>(k, key, d * 2 + lane / 8 % 2));
        unsigned left[2] = {r[0], r[1]}, right[2] = {r[2], r[3]};
#pragma unroll
        for (int m = 0; m < MT; m++) {
          multiply_16_8_16(scores[m][n], a[m], left);
          multiply_16_8_16(scores[m][n + 1], a[m], right);
        }
      }
    }
  }

  // Takes back the scores of keys that a row does not see.
  __device__ void mask(float (&scores)[MT][NT][4], const Step &step, unsigned window) const {
#pragma unroll
    for (int n = 0; n < NT; n++) {
#pragma unroll
      for (int column = 0; column < 2; column++) {
        unsigned key = n * 8 + threadIdx.x % 4 * 2 + column;
        unsigned at = step.position[key], owner = step.owner[key];
#pragma unroll
        for (int m = 0; m < MT; m++) {
#pragma unroll
          for (int half = 0; half < 2; half++) {
            unsigned mine = position[m][half];
            bool shared = owner == EVERYBODY || owner == piece[m][half];
            bool seen = shared && at <= mine && mine - at < window;
            if (!seen) scores[m][n][half * 2 + column] = -INFINITY;
          }
        }
      }
    }
  }

  // Turns scores into weights relative to the running maximum.
  __device__ void weigh(float (&scores)[MT][NT][4], float factor) {
#pragma unroll
    for (int m = 0; m < MT; m++) {
#pragma unroll
      for (int half = 0; half < 2; half++) {
        float best = -INFINITY;
#pragma unroll
        for (int n = 0; n < NT; n++)
          best = fmaxf(best, fmaxf(scores[m][n][half * 2], scores[m][n][half * 2 + 1]));
        best = fmaxf(best, __shfl_xor_sync(WARP, best, 1));
        best = fmaxf(best, __shfl_xor_sync(WARP, best, 2));
        best = fmaxf(maximum[m][half], best * factor);
        float base = best == -INFINITY ? 0.0f : best; // a row that has seen nothing yet
        float shrink = exp2f(maximum[m][half] - base), added = 0.0f;
        maximum[m][half] = best;
#pragma unroll
        for (int n = 0; n < NT; n++) {
#pragma unroll
          for (int i = half * 2; i < half * 2 + 2; i++) {
            scores[m][n][i] = exp2f(fmaf(scores[m][n][i], factor, -base));
            added += scores[m][n][i];
          }
        }
        sum[m][half] = sum[m][half] * shrink + added;
#pragma unroll
        for (int n = 0; n < DIM / 8; n++)
#pragma unroll
          for (int i = half * 2; i < half * 2 + 2; i++) values[m][n][i] *= shrink;
      }
    }
  }

  // Adds the weighted values of a step.
  __device__ void add(const unsigned (&weights)[MT][KEYS / 16][4], bf16 *v) {
    unsigned lane = threadIdx.x % 32;
#pragma unroll
    for (int j = 0; j < KEYS / 16; j++) {
#pragma unroll
      for (int n = 0; n < DIM / 8; n += 2) {
        unsigned r[4];
        load_matrix_x4_transposed(r, chunk_of<DIM>(v, j * 16 + lane % 16, n + lane / 16));
        unsigned left[2] = {r[0], r[1]}, right[2] = {r[2], r[3]};
#pragma unroll
        for (int m = 0; m < MT; m++) {
          multiply_16_8_16(values[m][n], weights[m][j], left);
          multiply_16_8_16(values[m][n + 1], weights[m][j], right);
        }
      }
    }
  }
};

struct Heads {
  unsigned kv;     // key/value heads
  unsigned group;  // query heads of each
  float scale;     // of scores
  unsigned window; // how many tokens a token sees, itself included
};

// A tile has 16 · MT rows a warp.
template <int DIM, int MT>
__device__ void attend(const bf16 *q, Finder finder, const float *sinks, bf16 *out, Heads heads) {
  constexpr unsigned ROWS = 16 * MT * WARPS, CHUNKS = DIM / 8;
  constexpr float LOG2E = 1.44269504f;
  using Running = Running<DIM, MT>;
  DYNAMIC_SHARED(bf16, shared_q);
  bf16 *shared_k = shared_q + ROWS * DIM, *shared_v = shared_k + KEYS * DIM;
  __shared__ Step steps[2];
  __shared__ Rows<ROWS> rows;
  unsigned head = blockIdx.y, keys = finder.tile.keys();
  rows.fill(finder.tile, heads.group);
  finder.fill(steps[0], 0);
  __syncthreads();

  // Where a row's query, and what it has seen, lie in memory.
  auto offset_of = [&](unsigned row) {
    unsigned query_head = head * heads.group + row % heads.group;
    return size_t(rows.token[row]) * heads.kv * heads.group * DIM + query_head * DIM;
  };
  for (unsigned i = threadIdx.x; i < ROWS * CHUNKS; i += 32 * WARPS) {
    unsigned row = i / CHUNKS, chunk = i % CHUNKS;
    bf16 *to = chunk_of<DIM>(shared_q, row, chunk);
    copy_async16(to, q + offset_of(row) + chunk * 8, rows.piece[row] != NOBODY);
  }
  fetch<DIM>(shared_k, steps[0].k, steps[0].position);

  Running running = {};
#pragma unroll
  for (int m = 0; m < MT; m++) {
#pragma unroll
    for (int half = 0; half < 2; half++) {
      unsigned row = Running::row(m, half);
      running.position[m][half] = rows.position[row];
      running.piece[m][half] = rows.piece[row];
      // A sink is what a row has seen before its first key: its score, and no value.
      bool sink = sinks != nullptr;
      unsigned query_head = head * heads.group + row % heads.group;
      running.maximum[m][half] = sink ? sinks[query_head] * LOG2E : -INFINITY;
      running.sum[m][half] = sink && threadIdx.x % 4 == 0 ? 1.0f : 0.0f;
    }
  }

  for (unsigned number = 0; number * KEYS < keys; number++) {
    Step &step = steps[number % 2], &next = steps[(number + 1) % 2];
    bool more = (number + 1) * KEYS < keys;
    copy_wait<0>();
    __syncthreads(); // keys are there, and the values before them are no longer needed
    fetch<DIM>(shared_v, step.v, step.position);
    if (more) finder.fill(next, number + 1);
    float scores[MT][KEYS / 8][4] = {};
    Running::score(scores, shared_q, shared_k);
    if (!step.seen_by_all[0] || !step.seen_by_all[1]) running.mask(scores, step, heads.window);
    running.weigh(scores, heads.scale * LOG2E);
    unsigned weights[MT][KEYS / 16][4];
#pragma unroll
    for (int m = 0; m < MT; m++) {
#pragma unroll
      for (int j = 0; j < KEYS / 16; j++) {
#pragma unroll
        for (int i = 0; i < 4; i++) {
          const float *pair = &scores[m][2 * j + i / 2][i % 2 * 2];
          weights[m][j][i] = pack_bf16(pair[0], pair[1]);
        }
      }
    }
    copy_wait<0>();
    __syncthreads(); // values are there, and the keys are no longer needed
    if (more) fetch<DIM>(shared_k, next.k, next.position);
    running.add(weights, shared_v);
  }

#pragma unroll
  for (int m = 0; m < MT; m++) {
#pragma unroll
    for (int half = 0; half < 2; half++) {
      float sum = running.sum[m][half];
      sum += __shfl_xor_sync(WARP, sum, 1);
      sum += __shfl_xor_sync(WARP, sum, 2);
      if (running.piece[m][half] == NOBODY) continue;
      bf16 *to = out + offset_of(Running::row(m, half)) + threadIdx.x % 4 * 2;
#pragma unroll
      for (int n = 0; n < DIM / 8; n++) {
        const float *pair = &running.values[m][n][half * 2];
        *reinterpret_cast<unsigned *>(to + n * 8) = pack_bf16(pair[0] / sum, pair[1] / sum);
      }
    }
  }
}

template <int DIM, int MT>
__device__ void attend_tile(const bf16 *q, const bf16 *own_k, const bf16 *own_v,
                            const long long *blocks, const float *sinks, Tile tile, bf16 *out,
                            Heads heads) {
  unsigned lowest = tile.piece->position, highest = 0;
  for (const Piece *piece = tile.piece; piece < tile.piece_end; piece++) {
    lowest = min(lowest, piece->position);
    highest = max(highest, piece->position + piece->tokens - 1);
  }
  Finder finder{own_k,  own_v,   blocks,      tile, heads.kv * DIM, blockIdx.y * DIM,
                lowest, highest, heads.window};
  attend<DIM, MT>(q, finder, sinks, out, heads);
}

// q and out: [rows, kv · group · DIM]; own_k and own_v: [rows, kv · DIM]; blocks: addresses of keys
// and values of each cached block; table: see Tile. Grid: tiles × key/value heads.
#define ATTEND(DIM, MT)                                                                            \
  extern "C" __global__ void __launch_bounds__(32 * WARPS) attend_##DIM##_##MT(                    \
      const bf16 *q, const bf16 *own_k, const bf16 *own_v, const long long *blocks,                \
      const float *sinks, const unsigned *table, bf16 *out, unsigned tiles, unsigned pieces,       \
      unsigned kv, unsigned group, float scale, unsigned window) {                                 \
    attend_tile<DIM, MT>(q, own_k, own_v, blocks, sinks, Tile(table, blockIdx.x, tiles, pieces),   \
                         out, Heads{kv, group, scale, window});                                    \
  }                                                                                                \
  EXPORT(attend_##DIM##_##MT)

ATTEND(64, 1)
ATTEND(64, 2)
ATTEND(128, 1)
ATTEND(128, 2)
