"""The closest pairs of all, against brute force, with few candidates held."""

import numpy as np
import pytest
from asked_reducers import SCANS, asked_of, most_held, spec
from brute_force import best, exact

from simtool.engine.plan import Plan
from simtool.engine.reducers.closest_pairs import ClosestPairs


@pytest.mark.parametrize("scan", SCANS)
def test_the_closest_pairs_are_those_of_brute_force(scan):
    a = np.random.default_rng(1).integers(-2, 3, (90, 3)).astype("f4")
    asked = spec(a, scan, upper_triangle=True, most=50)
    for most in (1, 30, 10**5):
        found = asked_of(a, lambda give, most=most: ClosestPairs(most, asked, give), Plan(90, 90, 20, 16))
        wanted = best("cosine", exact("cosine", a, a), most, exclude_self=True, alone=True)
        assert list(zip(*found[:2], strict=True)) == wanted


@pytest.mark.parametrize("scan", SCANS)
def test_few_candidates_are_held(scan):
    assert most_held(ClosestPairs, scan, 2000) <= 2000
