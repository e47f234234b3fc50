"""The whole matrix: its dtype, where it goes, and what a person sees of it."""

import numpy as np
import pytest
from scipy.spatial.distance import cdist

from simtool import pairwise

RNG = np.random.default_rng(0)
A, B = RNG.normal(size=(40, 6)).astype("f4"), RNG.normal(size=(30, 6)).astype("f4")


@pytest.mark.parametrize(
    ("dtype", "metric", "precision", "expected"),
    [
        ("f4", "cosine", "auto", "float32"),
        ("f4", "cosine", "float64", "float64"),
        ("f8", "dot", "auto", "float64"),
        ("f8", "dot", "float32", "float32"),
        ("f8", "cosine", "auto", "float32"),  # unit rows fit into float32 whatever theirs was
    ],
)
def test_the_dtype_is_that_of_what_goes_in_unless_one_is_asked_for(dtype, metric, precision, expected):
    assert pairwise(A.astype(dtype), B.astype(dtype), metric=metric, precision=precision).array.dtype == expected


@pytest.mark.parametrize("metric", ["cosine", "euclidean", "cityblock"])
def test_rows_go_to_a_sink_in_order_and_are_those_of_scipy(monkeypatch, metric):
    monkeypatch.setattr("simtool.engine.plan.QUERY_BLOCK", 7)
    asked, taken = [], []

    def into(shape, dtype):
        asked.append((shape, dtype))
        return lambda part: taken.append((part.start, part.scores.copy()))

    result = pairwise(A, B, metric={"cityblock": "manhattan"}.get(metric, metric), into=into)
    exact = cdist(A.astype(float), B.astype(float), metric)
    exact = 1 - exact if metric == "cosine" else exact
    assert asked == [((40, 30), np.float32)]
    assert result.array is None
    assert [start for start, _ in taken] == list(range(0, 40, 7))
    np.testing.assert_allclose(np.concatenate([scores for _, scores in taken]), exact, atol=2e-6)
    assert result.summary["mean"] == pytest.approx(exact.mean(), abs=1e-6)
    assert (result.summary["min"], result.summary["max"]) == pytest.approx((exact.min(), exact.max()), abs=2e-6)


def test_a_person_sees_a_small_matrix_whole_and_the_corner_of_a_large_one():
    (small,) = pairwise(A[:16], B[:9]).grids
    assert small.scores.shape == (16, 9)
    large = pairwise(A, B)
    np.testing.assert_array_equal(large.grids[0].scores, large.array[:20, :20])
