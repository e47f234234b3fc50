"""The k best columns of each row, against brute force, with few candidates held."""

import numpy as np
import pytest
from asked_reducers import SCANS, asked_of, most_held, spec
from brute_force import exact, ranked

from simtool.engine.plan import Plan
from simtool.engine.reducers.top_k import TopK


@pytest.mark.parametrize("scan", SCANS)
def test_the_k_best_are_those_of_brute_force(scan):
    a = np.random.default_rng(1).integers(-2, 3, (90, 3)).astype("f4")
    for k in (1, 7, 200):
        found = asked_of(a, lambda give, k=k: TopK(k, spec(a, scan, most=50), give), Plan(90, 90, 20, 16))
        assert list(zip(*found[:2], strict=True)) == ranked("cosine", exact("cosine", a, a), k, exclude_self=True)


@pytest.mark.parametrize("scan", SCANS)
def test_few_candidates_are_held(scan):
    assert most_held(TopK, scan, 2000) <= 2000
