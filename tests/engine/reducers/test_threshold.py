"""All pairs up to a threshold: how many may be found, and how many are given at a time."""

import itertools

import numpy as np
import pytest
from asked_reducers import SCANS, asked_of, itself, merged, spec

from simtool.backend import choose_backend
from simtool.engine.kernels import Kernel
from simtool.engine.plan import Plan
from simtool.engine.reducers.base import SelectionSpec
from simtool.engine.reducers.threshold import Threshold
from simtool.engine.rescoring import Pairs
from simtool.engine.sweep import sweep
from simtool.errors import ParameterError


@pytest.mark.parametrize("tiling", [(100, 150), (600, 600)])
@pytest.mark.parametrize(("upper_triangle", "closer"), [(False, True), (True, True), (False, False)])
def test_too_many_pairs_name_a_threshold_that_fits(upper_triangle, closer, tiling):
    rng = np.random.default_rng(0)
    a = rng.normal(size=(600, 8)).astype("f4")
    metric = "cosine" if closer else "euclidean"
    kernel, pairs = Kernel(metric, "float32", False, choose_backend()), Pairs(metric, a, a, scaled=False)
    asked = SelectionSpec(kernel, pairs, larger_is_closer=closer, excluded=itself(a), upper_triangle=upper_triangle)
    plan = Plan(600, 600, *tiling)
    with pytest.raises(ParameterError, match="more than 5,000 pairs reach") as refused:
        asked_of(a, lambda give: Threshold(0.1 if closer else 4.0, 5000, asked, give), plan)
    assert refused.value.where == "«threshold»"
    fitting = float(refused.value.hint.split("=")[1].split("»")[0])
    found = asked_of(a, lambda give: Threshold(fitting, 5000, asked, give), plan)
    assert 1000 < len(found[0]) <= 5000


def test_a_crowded_stripe_is_given_some_rows_at_a_time(monkeypatch):
    a = np.random.default_rng(0).integers(0, 3, (90, 2)).astype("f4")
    asked, plan = spec(a, SCANS[0]), Plan(90, 90, 40, 30)
    whole = asked_of(a, lambda give: Threshold(0.5, 10**6, asked, give), plan)
    monkeypatch.setattr("simtool.engine.reducers.threshold.GIVEN", 100)
    parts = []
    reducer = Threshold(0.5, 10**6, asked, parts.append)
    sweep(a, a, asked.kernel, reducer, plan)
    assert merged(parts) == whole
    assert max(len(part[0]) for part in parts) <= 100
    assert len(parts) > len(whole[0]) // 100
    for part, following in itertools.pairwise(parts):
        assert part[0][-1] < following[0][0]  # no row is in two
    monkeypatch.setattr("simtool.engine.reducers.threshold.GIVEN", 1)
    assert asked_of(a, lambda give: Threshold(0.5, 10**6, asked, give), plan) == whole
