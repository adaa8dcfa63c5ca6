"""Prints what scipy and statsmodels say of random scores, for metrics/tests/vectors/scores.json.

    pip install scipy statsmodels numpy
    python3 tests/parity/score_statistics.py > metrics/tests/vectors/scores.json

Inputs stand beside the answers, so the test needs no generator of its own. Closed forms are compared to 1e-9; what
either side draws at random, within its Monte-Carlo error.
"""

import itertools
import json
import sys

import numpy as np
import scipy
import statsmodels
import statsmodels.api as sm
from scipy import stats
from statsmodels.stats.contingency_tables import mcnemar
from statsmodels.stats.meta_analysis import combine_effects
from statsmodels.stats.multitest import multipletests
from statsmodels.stats.proportion import proportion_confint

random = np.random.default_rng(8)


def wilson():
    cases = []
    for n in (1, 2, 7, 40, 240, 1504):
        for count in sorted({0, 1, n // 3, n - 1, n}):
            if count < 0:
                continue
            low, high = proportion_confint(count, n, alpha=0.05, method="wilson")
            cases.append({"count": count, "n": n, "low": low, "high": high})
    return cases


def flips():
    cases = []
    for gained, lost in [(0, 0), (1, 0), (6, 0), (9, 1), (12, 30), (76, 41), (231, 198)]:
        exact = mcnemar([[0, gained], [lost, 0]], exact=True).pvalue if gained + lost else 1.0
        coin = stats.binom(gained + lost, 0.5)
        mid = exact - coin.pmf(min(gained, lost)) if gained + lost else 1.0
        cases.append({"gained": gained, "lost": lost, "exact": exact, "mid": min(mid, 1.0)})
    return cases


def holm():
    p = random.uniform(0, 0.2, 12).round(4)
    return {"p": p.tolist(), "adjusted": multipletests(p, method="holm")[1].tolist()}


def cochran():
    differences, errors = random.normal(2, 4, 7), random.uniform(0.5, 3, 7)
    found = combine_effects(differences, errors**2, method_re="dl")
    return {
        "differences": differences.tolist(),
        "errors": errors.tolist(),
        "q": found.q,
        "p": stats.chi2.sf(found.q, len(errors) - 1),
        "i_squared": max(0.0, found.i2),
        "tau_squared": max(0.0, found.tau2),
    }


def clustered():
    """Mean of differences with the sandwich error of an intercept-only regression."""
    labels = random.integers(0, 30, 120)
    shared = random.normal(0, 1, 30)
    differences = shared[labels] + random.normal(0, 0.7, 120)
    fit = sm.OLS(differences, np.ones(120)).fit(cov_type="cluster", cov_kwds={"groups": labels})
    return {
        "clusters": [str(label) for label in labels],
        "differences": differences.tolist(),
        "stderr": fit.bse[0],
    }


def sign_flips():
    """Every arrangement of signs of ten clusters' sums."""
    differences = random.normal(0.4, 1, 10)
    observed = abs(differences.sum())
    signs = itertools.product([-1, 1], repeat=10)
    extreme = sum(abs(np.dot(s, differences)) >= observed - 1e-12 for s in signs)
    scipys = stats.permutation_test(
        (differences,), np.sum, permutation_type="samples", n_resamples=np.inf
    ).pvalue
    assert abs(scipys - extreme / 1024) < 1e-12
    return {"differences": differences.tolist(), "p": scipys}


def bootstrap():
    """The basic interval of a mean; its ends wobble by about 3 % of the width at 20,000 draws a side."""
    old, new = random.beta(2, 3, 150), random.beta(2.4, 3, 150)
    found = stats.bootstrap(
        (new - old,), np.mean, n_resamples=100_000, method="basic", random_state=1, vectorized=True
    )
    interval = found.confidence_interval
    return {"old": old.tolist(), "new": new.tolist(), "low": interval.low, "high": interval.high}


def spearman():
    """Exact two-sided p of Spearman's rank correlation, as twice the smaller tail over all orders."""
    cases = []
    for n in range(4, 9):
        x, y = random.normal(size=n).round(3), random.normal(size=n).round(3)
        observed = stats.spearmanr(x, y).statistic
        ranks_x, ranks_y = stats.rankdata(x), stats.rankdata(y)
        orders = np.array(list(itertools.permutations(ranks_y)))
        centred = orders - orders.mean(axis=1, keepdims=True)
        rho = centred @ (ranks_x - ranks_x.mean())
        rho /= np.sqrt(((ranks_x - ranks_x.mean()) ** 2).sum() * (centred**2).sum(axis=1))
        tails = (rho >= observed - 1e-12).mean(), (rho <= observed + 1e-12).mean()
        cases.append(
            {"x": x.tolist(), "y": y.tolist(), "rho": observed, "p": min(1.0, 2 * min(tails))}
        )
    return cases


def logistic():
    n = 200
    x = random.normal(size=(n, 2))
    labels = random.integers(0, 50, n)
    chance = 1 / (1 + np.exp(-(0.3 + 0.8 * x[:, 0] - 0.5 * x[:, 1])))
    y = (random.uniform(size=n) < chance).astype(float)
    design = sm.add_constant(x)
    plain = sm.Logit(y, design).fit(disp=0)
    robust = sm.Logit(y, design).fit(disp=0, cov_type="cluster", cov_kwds={"groups": labels})
    return {
        "x": x.tolist(),
        "y": y.tolist(),
        "clusters": [str(label) for label in labels],
        "coefficients": plain.params.tolist(),
        "stderrs": plain.bse.tolist(),
        "clustered_stderrs": robust.bse.tolist(),
        "log_likelihood": plain.llf,
    }


def main():
    vectors = {
        "made_with": f"scipy {scipy.__version__}, statsmodels {statsmodels.__version__}",
        "wilson": wilson(),
        "flips": flips(),
        "holm": holm(),
        "cochran": cochran(),
        "clustered": clustered(),
        "sign_flips": sign_flips(),
        "bootstrap": bootstrap(),
        "spearman": spearman(),
        "logistic": logistic(),
    }
    json.dump(vectors, sys.stdout, default=float)
    print()


if __name__ == "__main__":
    main()
