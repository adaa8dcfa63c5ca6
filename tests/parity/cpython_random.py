"""Prints the draws of CPython's random.Random that tasks/tests/vectors/cpython_random.json holds.

    python3 tests/parity/cpython_random.py > tasks/tests/vectors/cpython_random.json

Each case is one generator; its steps read one stream, so a step that takes a word too many spoils the rest.
"""

import json
import random

SEEDS = [0, 1, 42, 1234, 2**31, 2**32 - 1, 2**32, 0xDEADBEEFCAFE, 2**64 - 1]


def steps(rng, seed):
    yield ["random", rng.random()]
    for bits in (1, 7, 31, 32, 33, 48, 64):
        yield ["getrandbits", bits, rng.getrandbits(bits)]
    for population, count in ((1, 1), (5, 5), (21, 3), (22, 5), (85, 6), (86, 6), (300, 20), (10**6, 9), (8, 0)):
        yield ["sample", population, count, rng.sample(range(population), count)]
    for low, high in ((0, 3), (-5, 5), (7, 7), (0, 10**12)):
        yield ["randint", low, high, rng.randint(low, high)]
    for length in (0, 1, 2, 17 + seed % 7):
        items = list(range(length))
        rng.shuffle(items)
        yield ["shuffle", length, items]
    yield ["choices", 13, 6, rng.choices(range(13), k=6)]
    yield ["choice", 9, rng.choice(range(9))]
    yield ["random", rng.random()]


def main():
    lines = []
    for seed in SEEDS:
        rng = random.Random(seed)
        lines.append(json.dumps({"seed": seed, "steps": list(steps(rng, seed))}))
    print("[\n" + ",\n".join(lines) + "\n]")


if __name__ == "__main__":
    main()
