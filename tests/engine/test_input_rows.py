"""An input laid out as rows: its vectors last, its ids or numbers, and what was seen on the way."""

import numpy as np
import pytest

from simtool.engine.budget import budget_of
from simtool.engine.input_rows import Input, largest_of, prepare_input
from simtool.errors import ShapeError
from simtool.io import as_vectors
from simtool.io.vectors import ArrayVectors

BUDGET = budget_of("1G")


@pytest.mark.parametrize(("shape", "dim"), [((5, 3), 1), ((5, 3), 0), ((2, 5, 3), -1), ((2, 5, 3), 0), ((2, 5, 3), 1)])
@pytest.mark.parametrize("order", ["C", "F"])
def test_vectors_become_the_last_dim_in_one_piece(shape, dim, order):
    values = np.asarray(np.random.default_rng(0).normal(size=shape), order=order)
    side = prepare_input(as_vectors(values), dim, "error", BUDGET)
    assert side.rows.flags.c_contiguous
    np.testing.assert_array_equal(side.rows, np.moveaxis(values, dim, -1))
    assert side.numbers.tolist() == side.ids.tolist() == list(range(side.rows.shape[-2]))
    assert side.largest == np.abs(values).max()


def test_ids_belong_to_rows_and_to_nothing_else():
    values = np.asarray([[0.0, 0.0], [1.0, 2.0]])
    side = prepare_input(ArrayVectors("x", values, np.asarray(["x", "y"])), -1, "error", BUDGET)
    assert (side.named, side.ids.tolist(), side.zero.tolist()) == (True, ["x", "y"], [True, False])
    turned = prepare_input(ArrayVectors("x", values, np.asarray(["x", "y"])), 0, "error", BUDGET)
    assert (turned.named, turned.ids.tolist()) == (False, [0, 1])


def test_what_is_no_set_of_rows_is_refused():
    for values in (np.ones(3), np.ones((0, 3)), np.ones((3, 0))):
        with pytest.raises(ShapeError):
            prepare_input(as_vectors(values), -1, "error", BUDGET)


def test_the_largest_magnitude_is_found_in_any_piece(monkeypatch):
    rows = np.random.default_rng(0).normal(size=(50, 3))
    rows[41, 2] = -9.0
    monkeypatch.setattr("simtool.engine.input_rows.CHUNK", 7)
    assert largest_of(rows) == Input.of_rows(rows).largest == 9.0
