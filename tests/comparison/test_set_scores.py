"""Intervals and nulls of `compare`, against the functions called anew on every draw."""

import numpy as np
import pytest
from scipy import stats

from simtool import compare
from simtool.aggregates import mixed, resample
from simtool.backend import choose_backend
from simtool.catalogue import find
from simtool.engine.budget import Budget
from simtool.errors import ResourceError
from simtool.io import as_vectors, with_ids
from simtool.metrics import cosine
from simtool.statistics import bootstrap as resampling
from simtool.statistics.bootstrap import bootstrap_items
from simtool.statistics.permutation import Null, permutations

NUMPY = choose_backend("numpy")
RNG = np.random.default_rng(1)
X, Y = RNG.normal(size=(14, 4)), RNG.normal(size=(11, 4)) + 0.4
SAME = X + 0.8 * RNG.normal(size=X.shape)
DRAWS = 40


def score(name, *sets, **options):
    value = find("aggregate", name).load()(*sets, backend=NUMPY, **options)
    return getattr(value, "score", value)


def drawn(rows, generator):
    return generator.integers(0, rows, rows)


def interval(values):
    return pytest.approx(np.quantile(values, [0.025, 0.975]).tolist(), abs=1e-12)


def test_the_interval_of_a_mean_is_that_of_theory_and_of_scipy():
    values = RNG.normal(3, 2, size=400)
    low, high = bootstrap_items({"mean": values}, 4000, 0)["mean"]
    error = values.std(ddof=1) / 20
    assert low == pytest.approx(values.mean() - 1.96 * error, abs=0.15 * error)
    assert high == pytest.approx(values.mean() + 1.96 * error, abs=0.15 * error)
    peer = stats.bootstrap((values,), np.mean, n_resamples=4000, method="percentile", rng=np.random.default_rng(5))
    assert (low, high) == pytest.approx(tuple(peer.confidence_interval), abs=0.15 * error)


def test_items_without_a_score_do_not_enter_a_draw():
    values = np.asarray([1.0, np.nan, 3.0, 2.0])
    generator = np.random.default_rng(7)
    draws = [values[generator.integers(0, 4, 4)] for _ in range(DRAWS)]
    means = [np.nanmean(draw) for draw in draws if not np.isnan(draw).all()]
    assert bootstrap_items({"s": values}, DRAWS, 7)["s"] == interval(means)
    assert bootstrap_items({"s": np.full(3, np.nan)}, DRAWS, 7) == {}


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("chunk", [8, 1 << 18])
def test_intervals_of_sets_are_those_of_resampled_rows(monkeypatch, weighted, chunk):
    monkeypatch.setattr(resampling, "CHUNK", chunk)
    monkeypatch.setattr(resample, "CHUNK", chunk)
    a, b = (RNG.random(14), RNG.random(11)) if weighted else (np.ones(14), np.ones(11))
    names = ["mean", "centroid", "argmax", "chamfer", *([] if weighted else ["maxsim", "top-k-mean", "mutual"])]
    weights = {"weights_a": a, "weights_b": b} if weighted else {}
    found = compare(X, Y, aggregates=names, bootstrap=DRAWS, seed=3, **weights)
    generator = np.random.default_rng(3)
    rows = [drawn(14, generator) for _ in range(DRAWS)]
    columns = [drawn(11, generator) for _ in range(DRAWS)]
    cosines = np.asarray([[cosine(x, y) for y in Y] for x in X])
    distances = np.linalg.norm(X[:, None] - Y[None], axis=2)
    values = {name: [] for name in (*names, "argmax.precision", "mutual.share_b")}
    for i, j in zip(rows, columns, strict=True):
        own = {"weights_a": a[i], "weights_b": b[j]}
        values["mean"].append(score("mean", X[i], Y[j], **own))
        values["centroid"].append(score("centroid", X[i], Y[j], **own))
        # the matches of the whole sets are held fixed: what a drawn row matches may not have been drawn itself
        precision = np.average(cosines.max(axis=1)[i], weights=a[i])
        recall = np.average(cosines.max(axis=0)[j], weights=b[j])
        values["argmax.precision"].append(precision)
        values["argmax"].append(2 * precision * recall / (precision + recall))
        nearest = distances.min(axis=1)[i], distances.min(axis=0)[j]
        values["chamfer"].append(np.average(nearest[0], weights=a[i]) + np.average(nearest[1], weights=b[j]))
        if not weighted:
            values["maxsim"].append(precision)
            values["top-k-mean"].append(np.sort(cosines, axis=1)[i, -5:].mean())
            chosen = cosines.argmax(axis=0)[cosines.argmax(axis=1)] == np.arange(14)
            values["mutual"].append(chosen[i].mean())
    for name in names:
        assert (found.summary[f"{name}.low"], found.summary[f"{name}.high"]) == interval(values[name])
        assert found.summary[f"{name}.low"] < found.summary[f"{name}.high"]
    table = {key: row for row, key in enumerate(found.rows.columns["aggregate"])}
    row = table["argmax.precision"]
    assert [found.rows.columns[end][row] for end in ("low", "high")] == interval(values["argmax.precision"])
    assert found.notes[-1] == f"low and high: 95 % of {DRAWS} draws of the rows; best matches are held fixed"


def test_pairs_are_drawn_as_pairs():
    found = compare(X, SAME, aggregates=["paired"], bootstrap=DRAWS, seed=2).summary
    scores, generator = np.asarray(cosine(X, SAME)), np.random.default_rng(2)
    means = [scores[drawn(14, generator)].mean() for _ in range(DRAWS)]
    assert (found["paired.low"], found["paired.high"]) == interval(means)


def test_aggregates_without_an_interval_are_named_once():
    found = compare(X, Y, aggregates=["argmax", "max", "energy"], bootstrap=5)
    assert (found.summary["max.low"], found.summary["energy.high"]) == (None, None)
    assert [note for note in found.notes if "no interval for max, energy:" in note]
    assert found.rows.columns["low"].tolist()[4] is None
    nothing = compare(X, Y, aggregates=["max"], bootstrap=5).rows.columns["low"]
    assert nothing.dtype == np.float64  # a file keeps the type of the column


MIXED = ["mean", "centroid", "argmax", "max", "maxsim", "top-k-mean", "mutual", "optimal", "chamfer", "hausdorff"]
KERNELS = ["energy", "mmd", "mmd-laplacian", "mmd-poly3", "mmd-linear"]


@pytest.mark.parametrize("name", [*MIXED, *KERNELS])
@pytest.mark.parametrize("way", [1, -1])
def test_the_null_of_two_sets_is_their_rows_dealt_again(name, way):
    sides = (X, Y)[::way]
    found = compare(*sides, aggregates=[name], null=DRAWS, seed=4).summary
    together, n = np.concatenate(sides), len(sides[0])
    # of few rows the median is that of all pairs, which no deal changes
    deals = [(together[order[:n]], together[order[n:]]) for order in permutations(25, DRAWS, 4)]
    scores = np.asarray([score(name, *deal) for deal in deals])
    assert found[f"{name}.baseline"] == pytest.approx(scores.mean(), rel=1e-9, abs=1e-12)
    assert found[f"{name}.sd"] == pytest.approx(scores.std(ddof=1), rel=1e-9)
    larger = find("aggregate", name).larger_is_closer
    apart = scores <= found[name] + 1e-9 if larger else scores >= found[name] - 1e-9
    assert found[f"{name}.p"] == pytest.approx((1 + apart.sum()) / (1 + DRAWS))


@pytest.mark.parametrize("name", ["mmd-linear", "energy", "mmd", "chamfer"])
def test_a_far_origin_cancels_nothing(name):
    near = compare(X, Y, aggregates=[name], null=9).summary[f"{name}.baseline"]
    far = compare(X + 1e7, Y + 1e7, aggregates=[name], null=9).summary[f"{name}.baseline"]
    assert far == pytest.approx(near, rel=1e-6)  # the sums with 1e7 are rounded to 1e-9


def test_p_tells_sets_that_differ_from_sets_that_do_not():
    other = RNG.normal(size=(40, 4))
    far = compare(other, RNG.normal(size=(40, 4)) + 2, aggregates=["energy", "argmax"], null=99).summary
    assert far["energy.p"] == far["argmax.p"] == 0.01
    near = compare(other, RNG.normal(size=(40, 4)), aggregates=["energy", "mmd"], null=99).summary
    assert near["energy.p"] > 0.05
    same = compare(X, X, aggregates=["energy", "argmax", "hausdorff"], null=99).summary
    assert same["energy.p"] == same["argmax.p"] == same["hausdorff.p"] == 1.0


@pytest.mark.parametrize("name", ["paired", "cka", "cka-rbf", "procrustes", "svcca", "rsa", "knn-overlap"])
def test_the_null_of_the_same_items_permutes_the_rows_of_b(name):
    options = {"k": 4} if name == "knn-overlap" else {}
    found = compare(X, SAME, aggregates=[name], parameters=options, null=DRAWS, seed=5).summary
    scores = np.asarray([score(name, X, SAME[order], **options) for order in permutations(14, DRAWS, 5)])
    assert found[f"{name}.baseline"] == pytest.approx(scores.mean(), abs=1e-12)
    assert found[f"{name}.p"] == pytest.approx((1 + (scores >= found[name] - 1e-12).sum()) / (1 + DRAWS))
    assert found[name] > found[f"{name}.baseline"]


def test_the_null_of_pairs_agrees_with_scipy():
    statistic = lambda order: float(np.mean(cosine(X, SAME[order.astype(int)])))  # noqa: E731
    peer = stats.permutation_test(
        (np.arange(14.0),), statistic, permutation_type="pairings", n_resamples=300, alternative="greater",
        rng=np.random.default_rng(0),
    )  # fmt: skip
    found = compare(X, SAME, aggregates=["paired"], null=300).summary
    assert found["paired.p"] == pytest.approx(peer.pvalue, abs=0.02)
    assert found["paired.baseline"] == pytest.approx(peer.null_distribution.mean(), abs=0.03)


def test_pairs_that_were_joined_are_permuted_with_their_weights():
    ids, order = np.arange(14), RNG.permutation(14)
    b = RNG.random(14)
    sides = with_ids(as_vectors(X), ids), with_ids(as_vectors(SAME[order]), ids[order])
    joined = compare(*sides, aggregates=["paired"], null=9, weights_b=b[order], bootstrap=9).summary
    direct = compare(X, SAME, aggregates=["paired"], null=9, weights_b=b, bootstrap=9).summary
    assert joined == pytest.approx(direct, abs=1e-12)


def test_a_null_says_of_which_kind_it_is():
    found = compare(X, SAME, aggregates=["argmax", "paired", "frechet"], null=5)
    kinds = dict(zip(found.rows.columns["aggregate"], found.rows.columns["null"], strict=True))
    assert kinds == {**dict.fromkeys(kinds), "argmax": "pooled", "paired": "re-paired"}
    assert any(note.startswith("null of paired: re-paired, ") for note in found.notes)
    assert any(note.startswith("null of the others: pooled, ") for note in found.notes)
    a, b = RNG.normal(size=(2, 7, 5, 3))
    items = compare(a, b, aggregates=["argmax", "paired"], null=5, by_item=False)
    assert [kind for kind in items.rows.columns["null"] if kind is not None] == ["re-paired", "re-paired"]
    assert any(note.startswith("null: re-paired, ") for note in items.notes)
    assert "null" not in compare(X, SAME).rows.names
    assert "null" not in compare(X, SAME, weights_a=np.ones(len(X)), null=5).rows.names  # no null of rows with weights


def test_seeds_decide():
    options = {"aggregates": ["argmax", "energy"], "null": 9, "bootstrap": 9}
    first, again, other = (compare(X, Y, seed=seed, **options).summary for seed in (1, 1, 2))
    assert first == again
    assert first["argmax.low"] != other["argmax.low"]
    assert first["energy.baseline"] != other["energy.baseline"]


def test_one_permutation_has_no_spread():
    assert Null.of(np.asarray([0.5]), 0.4, larger=True).p == 1.0
    assert compare(X, Y, null=1).summary["argmax.sd"] is None


def test_what_does_not_fit_is_refused_before_the_work(monkeypatch):
    monkeypatch.setattr(mixed, "budget_of", lambda text: Budget(1000))
    with pytest.raises(ResourceError, match="mixing 25 rows takes their 25 x 25 scores"):
        compare(X, Y, null=3)
    compare(X, SAME, aggregates=["paired"], null=3)  # which mixes nothing
    monkeypatch.setattr(resampling, "budget_of", lambda text: Budget(1000))
    with pytest.raises(ResourceError, match="1,000 draws of 14 rows takes about"):
        compare(X, Y, bootstrap=1000)


def test_rows_with_weights_are_not_mixed():
    found = compare(X, Y, weights_a=np.ones(14), null=3)
    assert found.summary["argmax.baseline"] is None
    assert "no null of rows with weights: rows that are mixed have none" in found.notes
