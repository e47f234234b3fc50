"""Selected pairs as rows of a result: how many there are, and what is said where they are too many."""

import numpy as np
import pytest

from simtool import pairwise
from simtool.errors import ParameterError


def test_a_list_is_as_long_as_the_rows_allow():
    # k of a billion lists the 90 pairs that there are
    assert len(pairwise(np.eye(10), top_k=10**9, max_memory="200M").rows) == 90
    assert len(pairwise(np.eye(10), max_pairs=10**9, max_memory="200M").rows) == 45


@pytest.mark.parametrize(
    ("metric", "threshold"), [("cosine", 0.0), ("dot", -1.0), ("euclidean", 9.0), ("angular", 0.6)]
)
def test_too_many_pairs_name_a_threshold_that_fits(metric, threshold):
    rows = np.random.default_rng(0).normal(size=(3000, 16)).astype("f4")
    options = {"metric": metric, "max_results": 20_000}
    with pytest.raises(ParameterError, match="more than 20,000 pairs reach") as refused:
        pairwise(rows, threshold=threshold, **options)
    assert refused.value.where == "«threshold»"
    fitting = float(refused.value.hint.split("=")[1].split("»")[0])
    result = pairwise(rows, threshold=fitting, **options)
    assert 5000 < result.summary["pairs"] <= 20_000


def test_as_many_pairs_as_allowed_are_no_error():
    assert pairwise(np.ones((9, 2)), threshold=0.5, max_results=36).summary["pairs"] == 36
    with pytest.raises(ParameterError, match="more than 35 pairs reach"):
        pairwise(np.ones((9, 2)), threshold=0.5, max_results=35)
