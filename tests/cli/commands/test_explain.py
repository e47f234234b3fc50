"""`simtool explain`: one pair, step by step."""

import json

import numpy as np
import pytest
from scipy.spatial.distance import cosine


def test_the_row_that_was_asked_for(typed):
    shown = json.loads(typed("explain x.npy y.npy --row 3 --format json")[1])
    expected = 1 - cosine(np.load("x.npy")[3], np.load("y.npy")[3])
    assert shown["summary"]["cosine"] == pytest.approx(expected)
    code, out, err = typed("explain x.npy y.npy --row 8")
    assert (code, out) == (2, "")
    assert err.startswith("error: ")


def test_npy_is_refused_before_the_work(typed):
    code, _, err = typed("explain no.npy no.npy -o e.npy")
    assert code == 2
    assert err.startswith("error: npy holds one array")
