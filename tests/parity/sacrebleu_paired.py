"""Prints sacreBLEU's paired tests of made-up systems, for tasks/tests/vectors/sacrebleu_paired.json.

    pip install sacrebleu==2.6.0 numpy
    python3 tests/parity/sacrebleu_paired.py ../shared/data > tasks/tests/vectors/sacrebleu_paired.json

The systems are those of sacrebleu_vectors.py under other seeds, one of them with every 25th reference left as it is.
Both of sacreBLEU's tests run: paired bootstrap, for the intervals, and approximate randomization, for the p-value; the
interval of the difference is taken over the same resamples of sacreBLEU's own statistics. Our random numbers are
others, so the numbers agree within the error of the draws.
"""

import json
import pathlib
import sys

import numpy as np
from sacrebleu.metrics import BLEU, CHRF, TER
from sacrebleu.significance import PairedTest, estimate_ci

from worsened_texts import PAIRS, worsened

RESAMPLES, TRIALS = 4_000, 10_000
METRICS = {"bleu": BLEU(), "chrf": CHRF(), "chrf++": CHRF(word_order=2), "ter": TER()}


def system(references, seed, kept):
    texts = [worsened(text, references[at - 1], at + seed, " ") for at, text in enumerate(references)]
    return [references[at] if kept and at % kept == 0 else text for at, text in enumerate(texts)]


def difference(metric, base, other, references):
    """Standard deviation and half width of the 95 % interval of other - base over resamples."""
    rows = [np.array(metric._extract_corpus_statistics(texts, [references]), dtype=float) for texts in (base, other)]
    drawn = np.random.default_rng(12345).choice(len(references), size=(RESAMPLES, len(references)))
    base, other = ([metric._compute_score_from_stats(row[at].sum(0)).score for at in drawn] for row in rows)
    differences = np.array(other) - np.array(base)
    return {"sd": float(differences.std(ddof=1)), "half": float(estimate_ci(differences)[1])}


def main():
    path = pathlib.Path(sys.argv[1]) / "lighteval/sacrebleu_manual/wmt20_ja-en/test.jsonl"
    lines = path.read_text(encoding="utf-8").splitlines()[:PAIRS]
    references = [json.loads(line)["translation"]["en"] for line in lines]
    base = system(references, 0, None)
    found = []
    for seed, kept in [(1_000, None), (2_000, 25)]:
        other = system(references, seed, kept)
        systems = [("base", base), ("other", other)]
        for name, metric in METRICS.items():
            bootstrap = PairedTest(systems, {name: metric}, [references], "bs", RESAMPLES)()[1]
            trials = PairedTest(systems, {name: metric}, [references], "ar", TRIALS)()[1]
            (before, after), exchanged = ([v for k, v in r.items() if k != "System"][0] for r in (bootstrap, trials))
            found.append({
                "metric": name, "seed": seed, "kept": kept,
                "scores": [before.score, after.score], "halves": [float(before.ci), float(after.ci)],
                "difference": difference(metric, base, other, references), "p": exchanged[1].p_value,
            })
    print(json.dumps({"resamples": RESAMPLES, "trials": TRIALS, "tests": found}, indent=1))


if __name__ == "__main__":
    main()
