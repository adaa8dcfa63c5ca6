// Routers: scores, choice and weights of experts. Twins: src/layers/rule.rs, src/routing/groups.rs.
#include "common.cuh"

// What a decision's flags say.
constexpr unsigned char NOT_FINITE = 1; // a logit is NaN or infinite
constexpr unsigned char NEAR_TIE = 2;   // the last chosen and the best refused could change places
constexpr float NEAR = 1e-6f;           // how near, relative to the larger

// How a rule limits the choice to some groups of consecutive experts; count 0 for no limit.
struct Groups {
  unsigned count, kept, best;
};

__device__ void to_scores(float *row, unsigned experts, bool sigmoid, unsigned lane) {
  if (sigmoid) {
    for (unsigned e = lane; e < experts; e += 32) row[e] = 1.0f / (1.0f + expf(-row[e]));
    return;
  }
  float most = -INFINITY, sum = 0.0f;
  for (unsigned e = lane; e < experts; e += 32) most = fmaxf(most, row[e]);
  most = warp_max(most);
  for (unsigned e = lane; e < experts; e += 32) {
    row[e] = expf(row[e] - most);
    sum += row[e];
  }
  float scale = 1.0f / warp_sum(sum);
  for (unsigned e = lane; e < experts; e += 32) row[e] *= scale;
}

// The sum of a group's best experts, best first.
__device__ float strength_of(const float *group, unsigned width, unsigned best) {
  float sum = 0.0f;
  unsigned long long above = ~0ull;
  for (unsigned rank = 0; rank < best && rank < width; rank++) {
    unsigned long long next = 0;
    for (unsigned i = 0; i < width; i++) {
      unsigned long long key = key_of(group[i], i);
      if (key < above && key > next) next = key;
    }
    sum += group[index_of(next)];
    above = next;
  }
  return sum;
}

// Puts the experts of all but the strongest groups out of the question.
__device__ void keep_strongest(float *choice, float *strength, unsigned experts, Groups groups,
                               unsigned lane) {
  unsigned width = experts / groups.count;
  for (unsigned g = lane; g < groups.count; g += 32)
    strength[g] = strength_of(choice + g * width, width, groups.best);
  __syncwarp();
  for (unsigned g = lane; g < groups.count; g += 32) {
    unsigned stronger = 0;
    unsigned long long mine = key_of(strength[g], g);
    for (unsigned other = 0; other < groups.count; other++)
      stronger += key_of(strength[other], other) > mine;
    if (stronger >= groups.kept)
      for (unsigned i = 0; i < width; i++) choice[g * width + i] = -INFINITY;
  }
  __syncwarp();
}

// One warp decides for one token. Shared memory: 2 · experts + groups numbers a warp; at most 1,024
// experts and 32 choices. `function` is 0 for softmax and 1 for sigmoid.
extern "C" __global__ void route(const float *logits, const float *correction, unsigned *ids,
                                 float *weights, float *scores, unsigned char *flags,
                                 unsigned tokens, unsigned experts, unsigned top_k,
                                 unsigned function, unsigned group_count, unsigned group_kept,
                                 unsigned group_best, unsigned divide, float plus, float at_least,
                                 float scale) {
  DYNAMIC_SHARED(float, shared);
  unsigned lane = threadIdx.x % 32, warp = threadIdx.x / 32;
  unsigned token = blockIdx.x * (blockDim.x / 32) + warp;
  if (token >= tokens) return;
  float *row = shared + warp * (2 * experts + group_count), *choice = row + experts;
  logits += size_t(token) * experts;
  scores += size_t(token) * experts;

  bool finite = true;
  for (unsigned e = lane; e < experts; e += 32) {
    row[e] = logits[e];
    finite &= isfinite(row[e]);
  }
  finite = __all_sync(WARP, finite);
  to_scores(row, experts, function == 1, lane);
  for (unsigned e = lane; e < experts; e += 32) {
    scores[e] = row[e];
    choice[e] = row[e] + (correction ? correction[e] : 0.0f);
  }
  __syncwarp();
  if (group_count > 0)
    keep_strongest(choice, choice + experts, experts, {group_count, group_kept, group_best}, lane);

  unsigned taken = 0, mine = 0; // taken: a bit for each expert lane + 32 · i
  float sum = 0.0f, last = INFINITY;
  for (unsigned rank = 0; rank < top_k; rank++) {
    unsigned long long best = 0;
    for (unsigned e = lane, i = 0; e < experts; e += 32, i++) {
      unsigned long long key = key_of(choice[e], e);
      if (!(taken >> i & 1) && key > best) best = key;
    }
    unsigned id = index_of(warp_max_key(best));
    if (id % 32 == lane) taken |= 1u << id / 32;
    if (rank == lane) mine = id;
    sum += row[id];
    last = fminf(last, choice[id]);
  }
  float divisor = divide ? sum + plus : 1.0f;
  if (divide && divisor < at_least) divisor = at_least;
  if (lane < top_k) {
    ids[size_t(token) * top_k + lane] = mine;
    weights[size_t(token) * top_k + lane] = row[mine] / divisor * scale;
  }

  float next = -INFINITY;
  for (unsigned e = lane, i = 0; e < experts; e += 32, i++)
    if (!(taken >> i & 1)) next = fmaxf(next, choice[e]);
  next = warp_max(next);
  bool near = isfinite(next) && fabsf(last - next) < NEAR * fmaxf(fabsf(last), fabsf(next));
  if (lane == 0) flags[token] = (finite ? 0 : NOT_FINITE) | (near ? NEAR_TIE : 0);
}
EXPORT(route)

// Sums of decisions by group, layer and expert: integers, so that the order of additions does not
// matter. Scores and entropies count in units of 2^-40.
constexpr float UNIT = 1099511627776.0f; // 2^40
constexpr unsigned UNCOUNTED = 0xffffffffu;

// Where the sums lie in one array of 64-bit numbers.
struct Sums {
  long long *scores;    // [groups, layers, experts]
  long long *entropy;   // [groups, layers]
  long long *near_ties; // one
  long long *invalid;   // one
  long long *spoilt;    // [groups]: decisions left out
  unsigned *selections; // [groups, layers, experts]
};

__device__ Sums sums_of(long long *all, size_t groups, size_t layers, size_t experts) {
  size_t cells = groups * layers;
  long long *entropy = all + cells * experts, *counts = entropy + cells;
  return {all,    entropy, counts, counts + 1, counts + 2,
          reinterpret_cast<unsigned *>(counts + 2 + groups)};
}

__device__ __forceinline__ void add(long long *at, long long by) {
  if (by != 0)
    atomicAdd(reinterpret_cast<unsigned long long *>(at), static_cast<unsigned long long>(by));
}

// Entropy in bits of scores / sum(scores); 0 when nothing has a score.
__device__ float entropy_bits(const float *scores, unsigned experts, unsigned lane) {
  float sum = 0.0f, plogp = 0.0f;
  for (unsigned e = lane; e < experts; e += 32) {
    sum += scores[e];
    if (scores[e] > 0.0f) plogp += scores[e] * log2f(scores[e]);
  }
  sum = warp_sum(sum);
  plogp = warp_sum(plogp);
  return sum > 0.0f ? fmaxf(log2f(sum) - plogp / sum, 0.0f) : 0.0f;
}

// One warp adds up a run of tokens and gives the sums away when the group changes. Shared memory:
// 12 bytes an expert and warp.
extern "C" __global__ void sum_groups(const unsigned *ids, const float *scores,
                                      const unsigned char *flags, const unsigned *group_of,
                                      long long *all, unsigned tokens, unsigned experts,
                                      unsigned top_k, unsigned groups, unsigned layers,
                                      unsigned layer, unsigned run) {
  DYNAMIC_SHARED(long long, shared);
  unsigned lane = threadIdx.x % 32, warp = threadIdx.x / 32, warps = blockDim.x / 32;
  long long *score = shared + warp * experts;
  unsigned *chosen = reinterpret_cast<unsigned *>(shared + warps * experts) + warp * experts;
  Sums sums = sums_of(all, groups, layers, experts);
  for (unsigned e = lane; e < experts; e += 32) score[e] = 0, chosen[e] = 0;
  __syncwarp();

  unsigned first = (blockIdx.x * warps + warp) * run, end = min(first + run, tokens);
  long long entropy = 0, near_ties = 0;
  for (unsigned token = first; token < end; token++) {
    // Read together: only then is it clear which of them count.
    unsigned group = group_of[token], next = token + 1 < end ? group_of[token + 1] : UNCOUNTED;
    unsigned char flag = flags[token];
    unsigned id = lane < top_k ? ids[size_t(token) * top_k + lane] : 0;
    if (group != UNCOUNTED) {
      const float *row = scores + size_t(token) * experts;
      if (flag & NOT_FINITE) {
        if (lane == 0) add(sums.invalid, 1), add(sums.spoilt + group, 1);
      } else {
        for (unsigned e = lane; e < experts; e += 32) score[e] += __float2ll_rn(row[e] * UNIT);
        if (lane < top_k) chosen[id] += 1;
        entropy += __float2ll_rn(entropy_bits(row, experts, lane) * UNIT);
        near_ties += (flag & NEAR_TIE) != 0;
      }
      __syncwarp();
    }
    if (group != UNCOUNTED && next != group) {
      size_t cell = size_t(group) * layers + layer;
      for (unsigned e = lane; e < experts; e += 32) {
        add(sums.scores + cell * experts + e, score[e]);
        if (chosen[e] != 0) atomicAdd(sums.selections + cell * experts + e, chosen[e]);
        score[e] = 0, chosen[e] = 0;
      }
      if (lane == 0) add(sums.entropy + cell, entropy), add(sums.near_ties, near_ties);
      entropy = near_ties = 0;
      __syncwarp();
    }
  }
}
EXPORT(sum_groups)
