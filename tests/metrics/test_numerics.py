"""What the metrics are computed with, against Python's exact numbers."""

from math import fsum

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from simtool.metrics import row_dots
from simtool.metrics.numerics import any_of, centered, is_rounded, needs_scale


@pytest.mark.parametrize("width", [1, 100, 8192, 20_001])
def test_dots_of_any_length_are_those_of_an_exact_sum(xp, width):
    x, y = np.random.default_rng(width).normal(size=(2, 3, width))
    expected = [fsum(one * other) for one, other in zip(x, y, strict=True)]
    np.testing.assert_allclose(np.asarray(row_dots(xp.array(x), xp.array(y))), expected, rtol=1e-11, atol=1e-11)


def test_centered_vectors_do_not_cancel(xp):
    x = np.asarray([[1e9 + 1, 1e9 + 2, 1e9 + 6], [0.1, 0.1, 0.1]])
    mean, rest = (np.asarray(part) for part in centered(xp.array(x)))
    np.testing.assert_allclose(mean, [1e9 + 3, 0.1], rtol=1e-15)
    assert rest.tolist() == [[-2, -1, 3], [0, 0, 0]]


@given(st.lists(st.integers(-(2**63), 2**63 - 1), min_size=1, max_size=5))
def test_integers_are_rounded_where_their_float_is_another_number(numbers):
    expected = [int(float(number)) != number for number in numbers]
    assert is_rounded(np.asarray(numbers, dtype=np.int64)).tolist() == expected


@given(st.lists(st.integers(0, 2**64 - 1), min_size=1, max_size=5))
def test_unsigned_integers_too(numbers):
    assert is_rounded(np.asarray(numbers, dtype=np.uint64)).tolist() == [int(float(n)) != n for n in numbers]


def test_what_needs_a_scale_or_is_set(xp):
    assert [needs_scale(np.dtype(kind)) for kind in ("f2", "f4", "f8", "i8")] == [False, False, True, False]
    assert any_of(xp.array([False, True]))
    assert not any_of(xp.array([False, False]))
    assert not np.asarray(is_rounded(xp.array([0.5, 2.0**60]))).any()
