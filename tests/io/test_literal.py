"""Vectors that are typed."""

import numpy as np
import pytest

from simtool import explain
from simtool.errors import DataError


@pytest.mark.parametrize("typed", ["[0,1,0,9,1]", " [0, 1.0, 0, 9, 1e0] "])
def test_vectors_may_be_typed(typed):
    found = explain(typed, "[3,0,0,9,0]")
    assert found.summary["dot"] == 81
    assert found.inputs["b"] == "[3,0,0,9,0]"
    among = explain(typed, np.asarray([[1.0, 1, 1, 1, 1], [3, 0, 0, 9, 0]]), row_b=1)
    assert among.summary == found.summary


@pytest.mark.parametrize(
    "typed", ["[1,x]", "[1,[2]]", "[1,true]", "[1,]", '[1,"2"]', "[1,null]", "[" * 5000 + "," + "]" * 5000]
)
def test_what_is_no_vector_is_refused(typed):
    with pytest.raises(DataError, match="expected a vector as a list of numbers"):
        explain(typed, "[1,2]")


def test_a_vector_of_numbers_beyond_float64_is_refused():
    with pytest.raises(DataError):
        explain(f"[1,{10**400}]", "[1,2]")
    with pytest.raises(DataError, match="NaN or infinity"):
        explain("[1,NaN]", "[1,2]")
