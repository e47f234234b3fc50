"""Rows that are not finite: refused by number and id, kept as NaN throughout, or left out and told."""

import numpy as np
import pytest

from simtool.engine.budget import Budget, budget_of
from simtool.engine.input_rows import prepare_input
from simtool.errors import DataError, ParameterError, ResourceError
from simtool.io.vectors import ArrayVectors
from simtool.memory import WORKING

BUDGET = budget_of("1G")
ROWS = np.asarray([[1.0, 2.0], [np.nan, 1.0], [0.0, 0.0], [np.inf, 3.0]])


def side(nonfinite, rows=ROWS, budget=BUDGET):
    ids = np.asarray(list("abcd")) if rows.ndim == 2 else None
    return prepare_input(ArrayVectors("x", rows, ids), -1, nonfinite, budget)


def test_they_are_an_error_that_names_them():
    with pytest.raises(DataError, match=r"rows 1 \(id 'b'\), 3 \(id 'd'\) of 4") as refused:
        side("error")
    assert "nonfinite=drop" in refused.value.hint


def test_they_stay_as_rows_of_nan():
    kept = side("propagate")
    assert kept.missing.tolist() == [False, True, False, True]
    np.testing.assert_array_equal(np.isnan(kept.rows), kept.missing[:, None] & np.ones(2, dtype=bool))
    np.testing.assert_array_equal(kept.rows[::2], ROWS[::2])
    assert np.isinf(ROWS[3, 0])  # the input is as it was
    with pytest.raises(ResourceError, match="NaN throughout"):
        side("propagate", budget=Budget(WORKING + 10))


def test_left_out_they_take_their_ids_along_and_are_told():
    left = side("drop")
    assert (left.ids.tolist(), left.numbers.tolist()) == (["a", "c"], [0, 2])
    assert (left.zero.tolist(), left.missing.tolist()) == ([False, True], [False, False])
    np.testing.assert_array_equal(left.rows, ROWS[::2])
    assert "2 rows" in left.notes[0]
    assert "left out" in left.notes[0]


def test_what_cannot_be_left_out_is_refused():
    with pytest.raises(DataError):
        side("drop", ROWS[[1, 1, 3, 3]])
    with pytest.raises(ParameterError, match="only rows of a 2-D input"):
        side("drop", np.stack([ROWS, ROWS]))


def test_finite_rows_are_handed_on_as_they_are():
    rows = np.ones((4, 2))
    for nonfinite in ("error", "propagate", "drop"):
        assert np.shares_memory(side(nonfinite, rows).rows, rows)
