"""Prints what statsmodels and scipy say of made-up data, for metrics/tests/vectors/association.json.

    pip install numpy scipy==1.17.* statsmodels==0.15.*
    python3 tests/parity/association_vectors.py > metrics/tests/vectors/association.json

Regressions, clustered errors, lines with their bands, correlations and areas under the curve are deterministic and
must agree closely. The permutation p-value is made here from statsmodels' residuals with numpy's own random numbers,
so it agrees within the error of the draws.
"""

import itertools
import json

import numpy as np
import scipy.stats as st
import statsmodels.api as sm

RNG = np.random.default_rng(2605)
DRAWS = 20_000


def regression(shares):
    """Three predictors beside each other, clusters of one to four documents."""
    n = 120
    x = np.round(RNG.normal(size=(n, 3)), 4)
    clusters = np.repeat(np.arange(n), RNG.integers(1, 5, size=n))[:n]
    shift = RNG.normal(size=n)[clusters]
    p = 1 / (1 + np.exp(-(0.3 + x @ [0.8, -0.4, 0.0] + 0.7 * shift)))
    y = np.round(p, 4) if shares else (RNG.random(n) < p).astype(float)
    design = sm.add_constant(x)
    plain = sm.GLM(y, design, family=sm.families.Binomial()).fit(tol=1e-14)
    clustered = sm.GLM(y, design, family=sm.families.Binomial()).fit(
        tol=1e-14, cov_type="cluster", cov_kwds={"groups": clusters}
    )
    return {
        "rows": x.tolist(),
        "responses": y.tolist(),
        "clusters": [str(c) for c in clusters],
        "coefficients": list(plain.params),
        "clustered_stderrs": list(clustered.bse),
    }


def residuals(y, covariates):
    fit = sm.GLM(y, sm.add_constant(covariates), family=sm.families.Binomial()).fit(tol=1e-14)
    return y - fit.fittedvalues, fit.fittedvalues * (1 - fit.fittedvalues)


def centred(values, strata):
    means = np.bincount(strata, values) / np.bincount(strata)
    return values - means[strata]


def score_test():
    """The studentised score of one predictor beside a covariate, shuffled within strata."""
    case = regression(shares=False)
    x, y = np.array(case["rows"]), np.array(case["responses"])
    covariates, predictor = x[:, :1], np.round(x[:, 2] + 0.3 * x[:, 0] + 0.25 * y, 4)
    strata = (np.argsort(np.argsort(x[:, 1])) * 4 // len(y)).astype(int)
    clusters = np.unique(case["clusters"], return_inverse=True)[1]
    e, weights = residuals(y, covariates)
    rest = sm.WLS(predictor, sm.add_constant(covariates), weights=weights).fit()
    e, rest = centred(e, strata), centred(predictor - rest.fittedvalues, strata)

    def studentised(values):
        sums = np.bincount(clusters, e * values)
        return sums.sum() / np.sqrt((sums**2).sum())

    observed = studentised(rest)
    members = [np.flatnonzero(strata == s) for s in range(strata.max() + 1)]
    extreme = 0
    for _ in range(DRAWS):
        shuffled = rest.copy()
        for at in members:
            shuffled[at] = RNG.permutation(rest[at])
        extreme += abs(studentised(shuffled)) >= abs(observed)
    return {
        "predictor": predictor.tolist(),
        "covariates": covariates.tolist(),
        "responses": y.tolist(),
        "clusters": case["clusters"],
        "strata": strata.tolist(),
        "score": observed,
        "p": (1 + extreme) / (DRAWS + 1),
        "p_error": float(np.sqrt(0.25 / DRAWS)),
    }


def line(n):
    x, y = np.round(RNG.normal(size=n), 4), np.round(RNG.normal(size=n), 4)
    fit = st.linregress(x, y)
    at = [-1.5, 0.0, 2.0]
    band = sm.OLS(y, sm.add_constant(x)).fit().get_prediction(sm.add_constant(np.array(at))).conf_int()
    return {
        "x": x.tolist(),
        "y": y.tolist(),
        "slope": fit.slope,
        "intercept": fit.intercept,
        "slope_stderr": fit.stderr,
        "at": at,
        "band": band.tolist(),
        "p": fit.pvalue,
    }


def permutation(n):
    """Every order of n points: twice the smaller tail of Pearson's and Spearman's coefficients."""
    x, y = np.round(RNG.normal(size=n), 4), np.round(RNG.normal(size=n), 4)
    y = np.round(y + 0.8 * x, 4)

    def p(statistic):
        observed = statistic(x, y)
        values = np.array([statistic(x, np.array(order)) for order in itertools.permutations(y)])
        tails = (values >= observed - 1e-9).mean(), (values <= observed + 1e-9).mean()
        return min(1.0, 2 * min(tails))

    pearson, spearman = st.pearsonr(x, y), st.spearmanr(x, y)
    fisher = pearson.confidence_interval(0.95)
    return {
        "x": x.tolist(),
        "y": y.tolist(),
        "pearson": pearson.statistic,
        "fisher": [fisher.low, fisher.high],
        "t_test_p": pearson.pvalue,
        "spearman": spearman.statistic,
        "p_pearson": p(lambda a, b: np.corrcoef(a, b)[0, 1]),
        "p_spearman": p(lambda a, b: np.corrcoef(st.rankdata(a), st.rankdata(b))[0, 1]),
    }


def area():
    predictions = np.round(RNG.random(80), 2)
    right = RNG.random(80) < 0.3 + 0.4 * predictions
    u = st.mannwhitneyu(predictions[right], predictions[~right]).statistic
    return {
        "predictions": predictions.tolist(),
        "right": right.tolist(),
        "area": u / (right.sum() * (~right).sum()),
    }


def documents_link(with_characters):
    """A whole design: task effects, log tokens with a slope a task and a square, options, tokens per character."""
    n = 150
    tasks = np.repeat([0, 1, 2], n // 3)
    tokens = np.round(np.exp(2.5 + 0.3 * tasks + 0.4 * RNG.normal(size=n))).astype(int)
    options = np.where(tasks == 1, RNG.integers(3, 6, size=n), 4)
    ratios = np.round(0.4 + 0.1 * RNG.random(n), 4)
    predictor = np.round(2 + tasks + 0.3 * RNG.normal(size=n) + 2 * ratios, 4)
    clusters = np.arange(n) // 2
    logits = 0.8 * (np.log(tokens) - 2.8) - 6 * (ratios - 0.45) + 0.5 * RNG.normal(size=n // 2)[clusters]
    right = (RNG.random(n) < 1 / (1 + np.exp(-logits))).astype(float)
    length = centred(np.log(tokens), tasks)
    columns = [tasks == 1, tasks == 2] + [length * (tasks == t) for t in range(3)]
    columns += [length**2, centred(options.astype(float), tasks)]
    columns += [centred(ratios, tasks)] if with_characters else []
    within = centred(predictor, tasks)
    sd = np.sqrt((within**2).sum() / (n - 3))
    design = sm.add_constant(np.column_stack(columns + [within / sd]).astype(float))
    fit = sm.GLM(right, design, family=sm.families.Binomial()).fit(
        tol=1e-14, cov_type="cluster", cov_kwds={"groups": clusters}
    )
    return {
        "tasks": tasks.tolist(),
        "scores": right.tolist(),
        "tokens": tokens.tolist(),
        "options": options.tolist(),
        "tokens_per_character": ratios.tolist() if with_characters else None,
        "predictor": predictor.tolist(),
        "clusters": [str(c) for c in clusters],
        "log_odds": fit.params[-1],
        "clustered_stderr": fit.bse[-1],
    }


print(
    json.dumps(
        {
            "regressions": [regression(False), regression(False), regression(True)],
            "score_tests": [score_test() for _ in range(3)],
            "lines": [line(5), line(12)],
            "permutations": [permutation(n) for n in (4, 6, 7, 8)],
            "areas": [area() for _ in range(2)],
            "links": [documents_link(True), documents_link(False)],
        }
    )
)
