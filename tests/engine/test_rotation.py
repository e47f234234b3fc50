"""Prefixes of rotated rows bound the products of whole ones, and leading directions are those of long rows."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from right_angles import directions

from simtool.engine.rotation import SLACK, Rotation, effective_dims, leading


@given(st.integers(1, 40), st.data())
def test_products_of_prefixes_are_never_below_those_of_rows(dims, data):
    length = data.draw(st.integers(1, dims))
    rng = np.random.default_rng(data.draw(st.integers(0, 1000)))
    x, y = (rng.normal(size=(20, dims)) * 10.0 ** rng.integers(-12, 13, (20, 1)) for _ in range(2))
    x[0], y[1] = 0.0, x[1]  # no direction, and equal rows, whose bound is met
    turn = directions(dims, length, seed=dims)
    assert turn.is_exact
    cut = [turn.cut(side, turn.directions) for side in (x, y)]
    products = np.asarray([[sum(map(float.__mul__, i, j)) for j in y.tolist()] for i in x.tolist()])
    lengths = np.outer(*(np.linalg.norm(side, axis=1) for side in (x, y)))
    assert (cut[0] @ cut[1].T >= products - 1e-13 * dims * lengths).all()
    np.testing.assert_allclose(np.linalg.norm(cut[0], axis=1), np.linalg.norm(x, axis=1), rtol=2 * SLACK)
    distances = np.linalg.norm(cut[0][:, None] - cut[1], axis=2)
    assert (distances <= np.linalg.norm(x[:, None] - y, axis=2) + 1e-4 * np.sqrt(lengths) + 1e-4 * distances).all()


def test_directions_that_are_not_at_right_angles_are_told():
    turn = directions(12, 5)
    assert not Rotation(turn.directions + 1e-6).is_exact


def test_the_leading_directions_are_those_of_the_longest_rows():
    rows = np.random.default_rng(0).normal(size=(500, 6)) * [1, 1, 9, 1, 5, 1]
    found = np.abs(leading(rows, 2 * rows))
    assert found[:, :2].argmax(axis=0).tolist() == [2, 4]
    assert 1 < effective_dims(rows) < 3
    assert effective_dims(np.random.default_rng(0).normal(size=(500, 6))) > 5
