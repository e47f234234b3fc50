"""Rates and thresholds against scikit-learn and plain loops: random, tied, imbalanced and one-class data."""

import math
import warnings
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn import metrics

from simtool.evaluation.roc import FARS, far_name, tar_at_far
from simtool.evaluation.threshold_metrics import NAMES, pair_measures
from simtool.statistics.counts import Grouped, counts_of

KINDS = ("random", "tied", "mostly tied", "imbalanced", "mostly positive", "beyond [0, 1]")


def sample(kind, seed, size=300):
    """Scores and labels of which both classes occur."""
    rng = np.random.default_rng(seed)
    share = {"imbalanced": 0.02, "mostly positive": 0.97}.get(kind, 0.4)
    similar = rng.random(size) < share
    similar[:2] = True, False
    scores = rng.normal(size=size) + similar
    if kind == "tied":
        scores = scores.round(1)
    if kind == "mostly tied":
        scores = np.sign(scores)
    if kind == "beyond [0, 1]":
        scores = 1e6 * scores - 3e7
    return scores, similar


def decided(scores, similar):
    """Every threshold with its true and false accepts, by a plain loop from the strictest."""
    for threshold in sorted(set(scores.tolist()), reverse=True):
        accepted = scores >= threshold
        yield threshold, int((accepted & similar).sum()), int((accepted & ~similar).sum())


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("kind", KINDS)
def test_auc_and_average_precision_are_those_of_scikit_learn(kind, seed):
    scores, similar = sample(kind, seed)
    found = pair_measures(counts_of(scores, similar))
    assert found["roc_auc"].value == pytest.approx(metrics.roc_auc_score(similar, scores), abs=1e-12)
    expected = metrics.average_precision_score(similar, scores)
    assert found["average_precision"].value == pytest.approx(expected, abs=1e-12)


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("kind", KINDS)
def test_the_best_threshold_is_the_first_best_of_a_loop(kind, seed):
    scores, similar = sample(kind, seed, 120)
    positives, count = int(similar.sum()), len(similar)
    accuracy, f1, mcc = [], [], []
    for threshold, right, wrong in decided(scores, similar):
        missed, left = positives - right, count - positives - wrong
        accuracy.append(((right + left) / count, threshold))
        f1.append((2 * right / (2 * right + wrong + missed), threshold))
        margins = (right + wrong) * (right + missed) * (left + wrong) * (left + missed)
        if margins:
            mcc.append(((right * left - wrong * missed) / margins**0.5, threshold))
    found = pair_measures(counts_of(scores, similar))
    # to accept nothing is a decision too, without a threshold
    everything = {"best_accuracy": [((count - positives) / count, None), *accuracy], "best_f1": f1, "best_mcc": mcc}
    for name, listed in everything.items():
        best = max(value for value, _ in listed)
        assert found[name].value == pytest.approx(best, abs=1e-12)
        assert found[name].threshold == next(t for value, t in listed if value > best - 1e-12)
    for name, peer in (("best_f1", metrics.f1_score), ("best_mcc", metrics.matthews_corrcoef)):
        assert found[name].value == pytest.approx(peer(similar, scores >= found[name].threshold), abs=1e-12)


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("kind", KINDS)
def test_eer_is_where_the_lines_of_the_roc_curve_of_scikit_learn_cross(kind, seed):
    scores, similar = sample(kind, seed)
    far, tar, thresholds = metrics.roc_curve(similar, scores, drop_intermediate=False)
    # brute force on the straight lines: FAR + TAR = 1
    x = np.linspace(0, 1, 2_000_001)
    crossing = x[np.argmax(x + np.interp(x, far, tar) >= 1)]
    found = pair_measures(counts_of(scores, similar))["eer"]
    steep = np.interp(found.value, far, tar)
    assert found.value == pytest.approx(crossing, abs=1e-6) or abs(found.value + steep - 1) < 1e-9
    gap = np.abs(far + tar - 1)[1:]
    assert gap[thresholds[1:] == found.threshold] == pytest.approx(gap.min(), abs=1e-12)


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("kind", KINDS)
def test_tar_at_far_is_the_best_of_a_loop(kind, seed):
    scores, similar = sample(kind, seed, 2500)
    positives, negatives = int(similar.sum()), int((~similar).sum())
    for far in FARS:
        fitting = [(right / positives, t) for t, right, wrong in decided(scores, similar) if wrong <= far * negatives]
        best = max((value for value, _ in fitting), default=0.0)
        found = tar_at_far(counts_of(scores, similar), far)
        if negatives * far < 1:
            assert found == (None, None)
        else:
            assert found.value == pytest.approx(best, abs=1e-12)
            assert found.threshold == next((t for value, t in fitting if value == best and best), None)


@pytest.mark.parametrize(("negatives", "names"), [(9, 0), (10, 1), (99, 1), (100, 2), (1000, 3), (10**6, 6)])
def test_a_false_accept_rate_needs_one_over_it_negatives(negatives, names):
    found = pair_measures(counts_of(np.arange(negatives + 1.0), np.arange(negatives + 1) == negatives))
    shown = [far for far in FARS if found[far_name(far)].value is not None]
    assert shown == list(FARS[:names])
    assert all(found[far_name(far)].value == 1.0 for far in shown)


def test_names_of_rates():
    assert [far_name(far) for far in FARS] == [f"tar@far1e-{power}" for power in range(1, 7)]


@pytest.mark.parametrize("seed", range(3))
def test_d_prime_by_its_formula(seed):
    scores, similar = sample("random", seed)
    hit, miss = scores[similar], scores[~similar]
    expected = (hit.mean() - miss.mean()) / np.sqrt((hit.var() + miss.var()) / 2)
    assert pair_measures(counts_of(scores, similar))["d_prime"].value == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize("kind", KINDS)
def test_a_distance_is_its_negative_the_other_way_round(kind):
    scores, similar = sample(kind, 5)
    closer = pair_measures(counts_of(scores, similar))
    farther = pair_measures(counts_of(-scores, similar, larger_is_closer=False))
    for name in NAMES:
        assert farther[name].value == pytest.approx(closer[name].value, abs=1e-12), name
        if closer[name].threshold is not None:
            assert farther[name].threshold == -closer[name].threshold


def test_the_cases_of_numerics_md():
    found = pair_measures(counts_of([0.1, 0.4, 0.35, 0.8], [0, 0, 1, 1]))
    assert found["roc_auc"].value == 0.75
    same = pair_measures(counts_of(np.full(7, 3.25), np.arange(7) % 2 == 0))
    assert same["roc_auc"].value == 0.5
    assert same["eer"].value == 0.5
    assert (same["d_prime"].value, same["best_mcc"].value) == (None, None)
    for similar in (np.ones(4, bool), np.zeros(4, bool)):
        one_class = pair_measures(counts_of(np.arange(4.0), similar))
        assert set(one_class.values()) == {(None, None)}


def test_no_hidden_sigmoid():
    # through a sigmoid in float64 these would all be 1, and tie
    scores, similar = np.asarray([100.0, 200.0, 300.0, 400.0]), np.asarray([0, 1, 0, 1])
    assert pair_measures(counts_of(scores, similar))["roc_auc"].value == 0.75


def test_counts_beyond_int64_products():
    scores, similar = np.asarray([0.0, 1.0, 2.0]), np.asarray([False, True, False])
    grouped = Grouped.of(scores, similar, larger_is_closer=True)
    found = pair_measures(grouped.counts(np.asarray([3e12, 5e12, 1e12])))
    assert found["roc_auc"].value == pytest.approx(0.75, abs=1e-15)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.integers(-3, 3), st.booleans(), st.integers(0, 3)), min_size=1, max_size=30))
def test_weights_are_pairs_that_come_several_times(rows):
    scores, similar, often = (np.asarray(column) for column in zip(*rows, strict=True))
    if not often.any():
        return
    weighted = Grouped.of(scores.astype(float), similar, larger_is_closer=True).counts(often)
    repeated = counts_of(np.repeat(scores, often), np.repeat(similar, often))
    for name, measure in pair_measures(repeated).items():
        assert pair_measures(weighted)[name] == pytest.approx(measure, abs=1e-12), name
    assert weighted.scores.tolist() == repeated.scores.tolist()


@pytest.mark.parametrize("closer", [True, False])
@pytest.mark.parametrize(
    "scores",
    [
        [1 + 2.0**-52 * step for step in (9, 4, 6, 0, 1, 3, 2)],
        [1e200, -3e200, 2e200, 5e199, -1e200, 4e200, -2e200],
        [1.7e308, -1.7e308, 1e308, -1.6e308, 0.0, 1.1e308, -1.2e308],
        [3e-300, 1e-300, 2e-300, 5e-301, 7e-300, 0.0, 4e-300],
        [1e16, 1e16 + 2, 1e16 + 8, 1e16 + 4, 1e16 + 6, 1e16 - 4, 1e16],
    ],
)
def test_d_prime_of_very_close_and_very_large_scores_is_that_of_fractions(scores, closer):
    similar = [True, True, True, False, False, False, True]
    sides = [
        [Fraction(score) for score, one in zip(scores, similar, strict=True) if one is side] for side in (True, False)
    ]
    means = [sum(side) / len(side) for side in sides]
    spreads = [sum((one - mean) ** 2 for one in side) / len(side) for side, mean in zip(sides, means, strict=True)]
    gap, half = means[0] - means[1], sum(spreads) / 2
    # the root of a fraction beyond float64, by that of its square in units
    expected = math.copysign(math.sqrt(gap**2 / half), gap if closer else -gap)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        measures = pair_measures(counts_of(scores, similar, larger_is_closer=closer))
    assert measures["d_prime"].value == pytest.approx(expected, rel=1e-12)


def test_d_prime_beyond_float64_is_undefined():
    assert pair_measures(counts_of([1e300, 1e300, 1e-300, 0.0], [1, 1, 0, 0]))["d_prime"].value is None
