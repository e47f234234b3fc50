"""Positives joined with negatives by their anchors."""

import numpy as np
import pytest

from simtool.engine import budget_of
from simtool.errors import ResourceError
from simtool.mining.positives import Positives
from simtool.mining.triplets import Triplets

POSITIVES = Positives(np.asarray([0, 0, 4, 7]), np.asarray([1, 2, 5, 8]), np.asarray([0.9, 0.8, 0.7, 0.5]))
NEGATIVES = (np.asarray([0, 0, 7]), np.asarray([3, 6, 9]), np.asarray([0.4, 0.3, 0.6]))


def test_each_positive_meets_each_negative_and_an_anchor_without_is_skipped():
    found = Triplets.of(POSITIVES, NEGATIVES, budget_of(None))
    rows = list(zip(*(side.tolist() for side in found.sides.values()), strict=True))
    assert rows == [(0, 1, 3), (0, 1, 6), (0, 2, 3), (0, 2, 6), (7, 8, 9)]
    assert found.summary(3) == {
        "queries": 2,
        "positives": 3,
        "negatives": 3,
        "triplets": 5,
        "skipped": 1,
        "positive_mean": pytest.approx(2.2 / 3),
        "negative_mean": pytest.approx(1.3 / 3),
    }
    assert list(found.notes(2)) == ["1 query with fewer than 2 negatives: all of them are listed"]


def test_a_listing_that_does_not_fit_is_refused():
    many = np.arange(200_000)
    negatives = (np.repeat(many, 5), np.zeros(1_000_000, int), np.zeros(1_000_000))
    with pytest.raises(ResourceError, match="a listing of 1,000,000 triplets"):
        Triplets.of(Positives(many, many, np.zeros(200_000)), negatives, budget_of("170M"))
