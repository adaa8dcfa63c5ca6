"""Routing measures of random loads by numpy and scipy, for metrics/tests/measures/scipy.rs.

    pip install numpy scipy
    python3 tests/parity/routing_measures.py > metrics/tests/measures/scipy.json

Loads have ties and zeros, because that is where definitions differ. Nothing here is shared with the program.
"""

import json

import numpy as np
from scipy import spatial, stats


def entropy(load):
    return float(stats.entropy(load, base=2))


def gini(load):
    """Mean absolute difference over all pairs, divided by twice the mean."""
    pairs = np.abs(load[:, None] - load[None, :]).mean()
    return float(pairs / (2 * load.mean()))


def together(a, b):
    return {
        "cosine": float(1 - spatial.distance.cosine(a, b)),
        # scipy returns the root of the divergence.
        "jensen_shannon": float(spatial.distance.jensenshannon(a, b, base=2) ** 2),
        "spearman": float(stats.spearmanr(a, b).statistic),
        "kendall": float(stats.kendalltau(a, b, variant="b").statistic),
    }


def case(random, experts, zeros):
    loads = [random.integers(0, 12, experts) * (random.random(experts) > zeros) for _ in range(2)]
    a, b = (load.astype(float) for load in loads)
    sides = [{"usage_entropy_bits": entropy(load), "gini": gini(load)} for load in (a, b)]
    return {"a": a.tolist(), "b": b.tolist(), "sides": sides, **together(a, b)}


def main():
    random = np.random.default_rng(20261126)
    cases = [case(random, experts, zeros) for experts in (4, 16, 64, 128) for zeros in (0.0, 0.3, 0.7)]
    print(json.dumps(cases, indent=None, separators=(",", ":")))


if __name__ == "__main__":
    main()
