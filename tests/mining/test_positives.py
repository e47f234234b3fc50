"""Positives of small and large classes and of pairs, against a loop."""

from dataclasses import replace

import numpy as np
import pytest

from simtool.backend import choose_backend
from simtool.engine import Exclusion, Input, PairwiseJob, budget_of
from simtool.metrics import metric_of
from simtool.mining.positives import Positives


def job_of(rows):
    side = Input.of_rows(rows)
    return PairwiseJob(side, side, metric_of("euclidean"), None, True, "auto", choose_backend(), budget_of(None))


@pytest.mark.parametrize("count", [1, 4, 500])
def test_positives_of_classes_are_the_closest_of_each(count):
    rng = np.random.default_rng(2)
    rows = rng.integers(-3, 4, (300, 3)).astype("f4")
    codes = np.concatenate([np.zeros(130), rng.integers(1, 30, 169), [99]]).astype(int)[rng.permutation(300)]
    found = Positives.of_classes(replace(job_of(rows), excluded=Exclusion(codes, codes)), codes, count)
    expected = []
    for row in range(300):
        others = [other for other in range(300) if codes[other] == codes[row] and other != row]
        apart = {other: float(np.linalg.norm(rows[row].astype("f8") - rows[other])) for other in others}
        expected += [(row, other) for other in sorted(others, key=lambda other: (apart[other], other))[:count]]
    assert list(zip(found.anchor.tolist(), found.positive.tolist(), strict=True)) == expected
    assert found.counts.sum() == len(expected)
    np.testing.assert_array_equal(found.anchors, np.unique([row for row, _ in expected]))


def test_pairs_are_ordered_counted_once_and_found_again():
    rows = np.asarray([[0.0], [5.0], [1.0], [3.0]])
    found = Positives.of_pairs(job_of(rows), np.asarray([2, 0, 0, 2, 0]), np.asarray([0, 1, 2, 3, 1]))
    assert list(zip(found.anchor, found.positive, found.score, strict=True)) == [
        (0, 2, 1.0),
        (0, 1, 5.0),
        (2, 0, 1.0),
        (2, 3, 2.0),
    ]
    assert found.least_close.tolist() == [5.0, 2.0]
    held = found.hold(np.asarray([0, 0, 2, 3]), np.asarray([1, 3, 0, 0]))
    assert held.tolist() == [True, False, True, False]
