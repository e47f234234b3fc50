"""The greedy match and mutual nearest neighbours: laws and known values; test_shared_matches.py has the loops."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simtool.aggregates.greedy_mutual import greedy_match, mutual
from simtool.backend import choose_backend
from simtool.errors import DataError, ShapeError

NUMPY = {"backend": choose_backend("numpy")}


def test_zero_rows_and_negative_cosines():
    x = np.asarray([[0.0, 0], [1, 0]])
    negative = greedy_match(x[1:], -x[1:], **NUMPY)
    assert (negative.precision, negative.recall, negative.f1, negative.score) == (-1.0, -1.0, 0.0, 0.0)
    found = greedy_match(np.zeros((2, 2)), x, **NUMPY)
    assert (found.precision, found.recall) == (0.0, 0.0)
    assert found.forward.neighbours.tolist() == [0, 0]


def test_both_directions_change_places():
    rng = np.random.default_rng(3)
    x, y = rng.normal(size=(9, 4)), rng.normal(size=(14, 4))
    there, back = greedy_match(x, y, **NUMPY), greedy_match(y, x, **NUMPY)
    assert (there.precision, there.recall) == (back.recall, back.precision)
    assert there.f1 == pytest.approx(2 / (1 / there.precision + 1 / there.recall), abs=1e-15)


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 2**32 - 1), n=st.integers(1, 9), m=st.integers(1, 9), d=st.integers(2, 6))
def test_mutual_matches_keep_their_laws_where_no_two_are_equally_close(seed, n, m, d):
    rng = np.random.default_rng(seed)
    x, y = rng.normal(size=(n, d)), rng.normal(size=(m, d))
    found = mutual(x, y, **NUMPY)
    assert found[:2] == mutual(y, x, **NUMPY)[1::-1]
    rotation = np.linalg.qr(rng.normal(size=(d, d)))[0]
    assert mutual(rng.permutation(x @ rotation * 7), y @ rotation, **NUMPY) == found
    assert mutual(x, x, **NUMPY) == (1.0, 1.0, n)
    assert found.score == found.share_a


@pytest.mark.parametrize("side", ["weights_a", "weights_b"])
def test_weights_that_do_not_fit_are_refused(side):
    with pytest.raises(ShapeError, match="expected 2 weights"):
        greedy_match(np.eye(2), np.eye(2), **{side: np.ones(3)}, **NUMPY)
    with pytest.raises(DataError, match="weight 1 is -1"):
        greedy_match(np.eye(2), np.eye(2), **{side: np.asarray([1, -1])}, **NUMPY)
