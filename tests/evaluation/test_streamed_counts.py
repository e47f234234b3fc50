"""All pairs in bins against all pairs ranked: every measure within its stated error."""

import numpy as np
import pytest

from simtool.backend import choose_backend
from simtool.engine import budget
from simtool.engine import plan as tiles
from simtool.engine.budget import budget_of
from simtool.engine.kernels import Kernel
from simtool.evaluation.streamed_counts import BINS, all_pairs, measured
from simtool.evaluation.threshold_metrics import pair_measures
from simtool.statistics.counts import counts_of


def space(kind, seed=0, n=700):
    rng = np.random.default_rng(seed)
    classes = np.sort(rng.integers(0, {"few": 3, "many": 300}.get(kind, 25), n))
    centers = rng.normal(size=(classes.max() + 1, 12))
    x = (centers[classes] + rng.normal(size=(n, 12))).astype(np.float32)
    if kind == "near":  # all within some bins of 1
        x = (np.ones(12) + 2e-3 * x).astype(np.float32)
    if kind == "ties":
        x = np.sign(x).astype(np.float32)
    if kind == "zeros":
        x[::7] = 0
    return x, classes


def firsts(classes):
    return np.append(np.unique(classes, return_index=True)[1], len(classes))


def exactly(x, classes):
    """The measures of all pairs, from float64 cosines of a plain product."""
    x = x.astype(np.float64)
    norms = np.linalg.norm(x, axis=1, keepdims=True)
    x = x / np.where(norms > 0, norms, 1)
    i, j = np.triu_indices(len(x), 1)
    # rounded where float64 is not exact, so that equal cosines tie
    scores = np.einsum("pd,pd->p", x[i], x[j]).round(14)
    return scores, classes[i] == classes[j]


@pytest.mark.parametrize("backend", ["numpy", "torch"])
@pytest.mark.parametrize("kind", ["usual", "few", "many", "near", "ties", "zeros"])
def test_within_the_stated_error(kind, backend, monkeypatch):
    monkeypatch.setattr(tiles, "QUERY_BLOCK", 128)
    monkeypatch.setattr(tiles, "CORPUS_BLOCK", 256)
    x, classes = space(kind)
    kernel = Kernel("cosine", "float32", False, choose_backend(backend))
    found = all_pairs(x, firsts(classes), kernel, budget_of("1G"))
    scores, same = exactly(x, classes)
    assert found.counts.totals == (int(same.sum()), int((~same).sum()))
    expected = pair_measures(counts_of(scores, same))
    for name, measure in expected.items():
        if measure.value is None or found.measures[name].value is None:
            # d' of cosines that differ by less than a bin cannot be told
            assert measure.value is None or (kind, name) == ("near", "d_prime")
            assert (found.measures[name].value, found.errors[name]) == (None, None)
            continue
        assert abs(found.measures[name].value - measure.value) <= found.errors[name] + 1e-13, name
    if kind == "usual":
        assert found.errors["roc_auc"] < 1e-4


def test_a_threshold_is_as_good_as_the_exact_one():
    x, classes = space("usual")
    found = all_pairs(x, firsts(classes), Kernel("cosine", "float32", False, choose_backend()), budget_of("1G"))
    scores, same = exactly(x, classes)
    for threshold in found.measures["best_f1"].threshold + np.asarray([-1, 0, 1]) * found.threshold_error:
        accepted = scores >= threshold
        f1 = 2 * (same & accepted).sum() / (accepted.sum() + same.sum())
        assert f1 == pytest.approx(found.measures["best_f1"].value, abs=2e-3)
    assert found.threshold_error < 2e-5


def test_the_bins_are_those_of_a_histogram():
    x, classes = space("usual", n=300)
    kernel = Kernel("cosine", "float64", False, choose_backend())
    found = all_pairs(x, firsts(classes), kernel, budget_of("1G"))
    scores, same = exactly(x, classes)
    edges = np.linspace(-1, 1, BINS + 1)
    for counts, chosen in ((found.counts.positives, same), (found.counts.negatives, ~same)):
        bins = np.histogram(scores[chosen], edges)[0][::-1]
        dense = np.zeros(BINS, int)
        dense[np.rint((1 - found.counts.scores) * BINS / 2).astype(int) - 1] = counts
        assert np.abs(bins - dense).sum() <= 2  # but for a cosine that lies on an edge
        assert bins.sum() == dense.sum()


def test_moving_any_pair_within_its_bin_stays_within_the_error():
    # the proof of the bound, tried: scores anywhere in their bin, and outside it by the error of the kernel
    rng = np.random.default_rng(0)
    for _ in range(30):
        error, width = float(rng.choice([0.0, 0.3, 2.5])), 2 / BINS
        place = rng.integers(1000, 1000 + rng.choice([3, 20, 200]), 80)
        same = rng.random(80) < 0.4
        same[:2] = True, False
        bins = [np.bincount(place[chosen], minlength=BINS) for chosen in (same, ~same)]
        found = measured(*bins, error)
        for _ in range(10):
            truth = -1 + width * (place + rng.uniform(-error, 1 + error, 80))
            if rng.random() < 0.3:  # the worst case: all positives at one end, all negatives at the other
                truth = -1 + width * (place + np.where(same == (rng.random() < 0.5), -error, 1 + error))
                truth += rng.permutation(80) * 1e-12
            for name, measure in pair_measures(counts_of(truth, same)).items():
                if measure.value is None or found.measures[name].value is None:
                    continue
                assert abs(found.measures[name].value - measure.value) <= found.errors[name] + 1e-12, name


def test_positives_of_one_bin_may_come_in_any_order():
    # one negative in the bin above ten positives: 10 / 11 where they tie, the mean of i / (i + 1) where they do not
    negatives, positives = np.zeros((2, BINS), int)
    positives[1000], negatives[1010] = 10, 1
    found = measured(positives, negatives, 0.0)
    assert found.measures["average_precision"].value == pytest.approx(10 / 11)
    apart = np.mean([i / (i + 1) for i in range(1, 11)])
    assert 10 / 11 - apart <= found.errors["average_precision"] < 0.2


def test_tiles_and_budgets_do_not_change_a_count(monkeypatch):
    x, classes = space("usual", n=500)
    found = []
    for query_block, block in ((1024, 4096), (128, 128), (256, 384)):
        monkeypatch.setattr(tiles, "QUERY_BLOCK", query_block)
        monkeypatch.setattr(tiles, "CORPUS_BLOCK", block)
        kernel = Kernel("cosine", "float64", False, choose_backend())
        found.append(all_pairs(x, firsts(classes), kernel, budget.budget_of("1G")).measures["roc_auc"].value)
    assert max(found) - min(found) < 1e-12


def test_one_class_is_undefined():
    x, _ = space("usual", n=50)
    kernel = Kernel("cosine", "float32", False, choose_backend())
    for last in (np.asarray([0, 50]), np.arange(51)):
        found = all_pairs(x, last, kernel, budget_of("1G"))
        assert {measure.value for measure in found.measures.values()} == {None}
        assert set(found.errors.values()) == {None}
