"""All measures together, and the best decisions against a plain loop: tied, imbalanced and one-class data."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scored_samples import KINDS, decided, sample
from sklearn import metrics

from simtool.evaluation.threshold_metrics import NAMES, pair_measures
from simtool.statistics.counts import Grouped, counts_of


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
