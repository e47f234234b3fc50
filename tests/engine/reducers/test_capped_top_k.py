"""The k best columns no closer than a cap, against brute force, with ties at the cap and few candidates held."""

import numpy as np
import pytest
from asked_reducers import SCANS, asked_of, spec
from brute_force import exact, ranked

from simtool.engine.plan import Plan
from simtool.engine.reducers.capped_top_k import CappedTopK


@pytest.mark.parametrize("scan", [scan for scan in SCANS if scan[1] != "bfloat16"])
@pytest.mark.parametrize("k", [1, 7, 200])
def test_the_k_best_below_the_cap_are_those_of_brute_force(scan, k):
    rng = np.random.default_rng(1)
    a = rng.integers(-2, 3, (90, 3)).astype("f4")
    matrix = exact("cosine", a, a)
    # closer to a score of the row, which many pairs have, than the bound of a tile in float32 tells
    caps = matrix[np.arange(90), rng.integers(0, 90, 90)] + rng.choice([-1e-9, 1e-9], 90)
    caps[3] = np.inf
    plan = Plan(90, 90, 20, 16)
    rows, columns, scores = asked_of(a, lambda give: CappedTopK(k, spec(a, scan, most=50), give, caps=caps), plan)
    kept = np.where(matrix <= caps[:, None], matrix, np.nan)
    assert list(zip(rows, columns, strict=True)) == ranked("cosine", kept, k, exclude_self=True)
    np.testing.assert_allclose(scores, kept[rows, columns], atol=1e-12)
