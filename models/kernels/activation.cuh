// What feed-forward networks do between their two products. Twin: src/kernels/activation.rs.
#pragma once
#include "common.cuh"

// Numbers that src/cuda/activation.rs gives.
constexpr unsigned NOTHING = 0, RELU_SQUARED = 1, SWIGLU = 2, GEGLU = 3, CLAMPED_SWIGLU = 4;

// Quotients are those of __fdividef, within two units in the last place, and 0 by what is above 2^126:
// exact division branches, which would hold up the tensor cores that wait for a tile's outputs.
__device__ __forceinline__ float sigmoid(float x) { return __fdividef(1.0f, 1.0f + expf(-x)); }

// Without a gate.
__device__ __forceinline__ float activated(unsigned activation, float x) {
  if (activation != RELU_SQUARED) return x;
  float positive = x < 0.0f ? 0.0f : x; // NaN stays
  return positive * positive;
}

// With a gate.
__device__ __forceinline__ float activated(unsigned activation, float gate, float up, float alpha,
                                           float limit) {
  if (activation == SWIGLU) return __fdividef(gate, 1.0f + expf(-gate)) * up;
  if (activation == GEGLU) { // GELU by tanh, written as x · sigmoid(2y) for 0.5 · x · (1 + tanh(y))
    float twice = 1.595769f * (gate + 0.044715f * gate * gate * gate);
    return __fdividef(gate, 1.0f + expf(-twice)) * up;
  }
  gate = gate > limit ? limit : gate;
  up = up > limit ? limit : up < -limit ? -limit : up;
  return __fdividef(gate, 1.0f + expf(-alpha * gate)) * (up + 1.0f);
}
