"""References made worse: systems whose texts need not be stored, because the tests make the same ones."""

import random

PAIRS = 500


def pieces(text, separator):
    return text.split(separator) if separator else list(text)


def worsened(text, other, seed, separator):
    rng = random.Random(seed)
    out = []
    for at, piece in enumerate(pieces(text, separator)):
        chance = rng.random()
        if chance < 0.15:
            continue
        if chance < 0.3:
            others = pieces(other, separator)
            out.append(others[at % len(others)])
        else:
            out.extend([piece] * (2 if chance < 0.4 else 1))
    if rng.random() < 0.3:
        rng.shuffle(out)
    return separator.join(out)
