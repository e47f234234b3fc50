"""What the formulas of percentages say is what `compare` computes."""

import numpy as np
import pytest

import simtool
from simtool.catalogue import PERCENTAGES


@pytest.mark.parametrize("percent", ["clip", "affine"])
@pytest.mark.parametrize("sign", [1, -1])
def test_a_formula_is_what_is_computed(percent, sign):
    a = np.asarray([[3.0, 4.0]])
    b = sign * np.asarray([[4.0, 3.0]])
    found = simtool.compare(a, b, aggregates=["mean"], percent=percent).summary["percent"]
    formula = PERCENTAGES[percent].replace(" max", " * max").replace(" (", " * (")
    assert found == pytest.approx(eval(formula, {"s": sign * 0.96, "max": max}))


def test_a_baseline_is_taken_off():
    rng = np.random.default_rng(3)
    a, b = rng.standard_normal((2, 8, 6, 5)) + 1
    found = simtool.compare(a, b, aggregates=["mean"], percent="baseline", null=50).summary
    s, baseline = found["mean"], found["mean.baseline"]
    assert PERCENTAGES["baseline"] == "100 max(0, (s - baseline) / (1 - baseline))"
    assert found["percent"] == pytest.approx(100 * max(0, (s - baseline) / (1 - baseline)))
