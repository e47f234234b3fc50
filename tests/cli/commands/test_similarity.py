"""`simtool similarity`: what is typed reaches the library."""

import json

import numpy as np
import pytest
from scipy.spatial.distance import cosine, minkowski


def test_the_scores_are_those_of_scipy(typed):
    code, out, _ = typed("similarity x.npy y.npy --format json")
    pairs = zip(np.load("x.npy"), np.load("y.npy"), strict=True)
    assert code == 0
    assert [row["score"] for row in json.loads(out)["rows"]] == pytest.approx([1 - cosine(*pair) for pair in pairs])


def test_dims_metric_and_parameter(typed):
    _, out, _ = typed("similarity maps.npy maps.npy --dim 1,2 --metric minkowski --param p=3 --format json")
    shown = json.loads(out)
    assert shown["parameters"]["dim"] == [1, 2]
    assert shown["parameters"]["p"] == 3
    assert [row["score"] for row in shown["rows"]] == [0, 0, 0]
    _, out, _ = typed("similarity x.npy y.npy --metric minkowski --param p=3 --format json")
    first = minkowski(np.load("x.npy")[0], np.load("y.npy")[0], 3)
    assert json.loads(out)["rows"][0]["score"] == pytest.approx(first)


def test_npy_holds_the_array_and_a_failed_gate_keeps_it(typed, inputs):
    code, out, err = typed("similarity x.npy y.npy -o s.npy --assert mean>2")
    assert (code, out) == (1, "")
    assert np.load(inputs / "s.npy").shape == (8,)
    assert err.splitlines()[0] == "wrote s.npy (8, float64)"
    assert err.splitlines()[-1].startswith("FAILED mean ")
