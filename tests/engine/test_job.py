"""A job of pairs: batches that broadcast, what counts as one pair, and which rows are the same."""

import numpy as np
import pytest

from simtool.backend import choose_backend
from simtool.engine.budget import budget_of
from simtool.engine.exclusion import Exclusion, same_rows
from simtool.engine.input_rows import prepare_input
from simtool.engine.job import PairwiseJob
from simtool.errors import ShapeError
from simtool.io.vectors import ArrayVectors
from simtool.metrics import metric_of

BUDGET = budget_of("1G")


def prepared(values, ids=None):
    ids = None if ids is None else np.asarray(ids)
    return prepare_input(ArrayVectors("x", np.asarray(values, dtype=float), ids), -1, "propagate", BUDGET)


def job(a, b=None, *, metric="cosine", excluded=False):
    b, self_join = (a, True) if b is None else (b, False)
    left_out = same_rows(a, b)[1] if excluded else None
    return PairwiseJob(a, b, metric_of(metric), left_out, self_join, "auto", choose_backend(), BUDGET)


def test_batches_broadcast_and_come_in_order():
    rng = np.random.default_rng(0)
    a, b = rng.normal(size=(2, 1, 4, 3)), rng.normal(size=(5, 6, 3))
    both = job(prepared(a), prepared(b))
    assert (both.batch, both.shape, both.dims) == ((2, 5), (4, 6), 3)
    found = list(both.batches())
    assert [number for number, _, _ in found] == list(range(10))
    np.testing.assert_array_equal(np.stack([x for _, x, _ in found]), np.repeat(a[:, 0], 5, axis=0))
    np.testing.assert_array_equal(np.stack([y for _, _, y in found]), np.concatenate([b, b]))
    with pytest.raises(ShapeError, match="batches do not fit"):
        _ = job(prepared(np.ones((2, 4, 3))), prepared(b)).batch


@pytest.mark.parametrize(
    ("metric", "excluded", "once"), [("cosine", True, True), ("cosine", False, False), ("snr", True, False)]
)
def test_a_pair_is_listed_once_where_both_orders_are_one(metric, excluded, once):
    a = prepared(np.random.default_rng(0).normal(size=(4, 3)))
    assert job(a, metric=metric, excluded=excluded).upper_triangle is once
    assert not job(a, prepared(np.ones((4, 3))), metric=metric, excluded=excluded).upper_triangle


def test_the_same_rows_are_those_of_equal_ids_or_else_of_equal_numbers():
    a, b = prepared(np.ones((3, 2)), ["x", "y", "y"]), prepared(np.ones((4, 2)), ["y", "z", "x", "w"])
    by, excluded = same_rows(a, b)
    pairs = [(i, j) for i in range(3) for j in range(4)]
    assert by == "id"
    assert [p for p in pairs if excluded.holds(*(np.asarray([n]) for n in p))[0]] == [(0, 2), (1, 0), (2, 0)]
    by, excluded = same_rows(a, prepared(np.ones((4, 2))))
    assert (by, excluded.counts.tolist()) == ("row", [1, 1, 1])
    assert same_rows(a, a)[0] == "row"  # ids may repeat within a set
    assert isinstance(excluded, Exclusion)


def test_the_notes_count_zero_rows_of_each_side_once():
    a = prepared([[0.0, 0.0], [1.0, 0.0]])
    assert list(job(a).notes()) == ["1 zero row in A: their cosine score is 0.0"]
    assert list(job(a, prepared(np.zeros((2, 2)))).notes()) == [
        "1 zero row in A and 2 zero rows in B: their cosine score is 0.0"
    ]
    assert not list(job(a, metric="dot").notes())
