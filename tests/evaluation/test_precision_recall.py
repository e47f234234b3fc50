"""Average precision and the best F1 against scikit-learn and a loop."""

import numpy as np
import pytest
from scored_samples import KINDS, decided, sample
from sklearn import metrics

from simtool.evaluation.precision_recall import average_precision, best_f1
from simtool.statistics.counts import counts_of


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("kind", KINDS)
def test_average_precision_and_f1_are_those_of_scikit_learn(kind, seed):
    scores, similar = sample(kind, seed, 120)
    counts = counts_of(scores, similar)
    expected = metrics.average_precision_score(similar, scores)
    assert average_precision(counts).value == pytest.approx(expected, abs=1e-12)
    found = best_f1(counts)
    assert found.value == pytest.approx(metrics.f1_score(similar, scores >= found.threshold), abs=1e-12)
    listed = [(2 * right / (right + wrong + similar.sum()), t) for t, right, wrong in decided(scores, similar)]
    best = max(value for value, _ in listed)
    assert (found.value, found.threshold) == (
        pytest.approx(best, abs=1e-12),
        next(t for value, t in listed if value > best - 1e-12),
    )


@pytest.mark.parametrize("label", [True, False])
def test_one_class_is_undefined(label):
    counts = counts_of(np.arange(4.0), np.full(4, label))
    assert average_precision(counts) == best_f1(counts) == (None, None)
