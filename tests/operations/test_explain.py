"""`explain`: every step is the number that the other operations give."""

from math import acos, hypot, pi, sqrt

import numpy as np
import pytest

from simtool import explain
from simtool.errors import DataError, ParameterError, ShapeError
from simtool.io import as_vectors, with_ids
from simtool.operations.explain import _keys


def test_the_steps_of_a_pair_worked_out_by_hand():
    summary = explain(np.asarray([0, 1, 0, 9, 1]), np.asarray([3, 0, 0, 9, 0])).summary
    cosine = 81 / sqrt(83 * 90)
    assert summary == pytest.approx(
        {
            "dot": 81,
            "norm_a": sqrt(83),
            "norm_b": sqrt(90),
            "cosine": cosine,
            "angular": acos(cosine) / pi,
            "euclidean": sqrt(11),
            "contrastive.similar": 11,
            "contrastive.dissimilar": 0,
            "cosine.similar": 1 - cosine,
            "cosine.dissimilar": cosine - 0.5,
            "cosine-embedding.similar": 1 - cosine,
            "cosine-embedding.dissimilar": cosine,
            "cosine-distance": 1 - cosine,
        },
        abs=1e-12,
    )
    assert list(summary) == _keys()


def test_a_row_is_found_by_number_or_id():
    values = np.eye(3) + 1
    named = with_ids(as_vectors(values), np.asarray(["x", "y", "1"]))
    other = np.ones((3, 3))
    assert explain(named, other, row="y").parameters["row"] == 1
    assert explain(other, named, row="y").parameters["row"] == 1
    assert explain(named, other, row="1").parameters["row"] == 2  # an id comes before a number
    assert explain(named, other, row="0").parameters["row"] == 0
    with pytest.raises(ParameterError, match="no row has the id 'z'"):
        explain(named, other, row="z")
    for row in (3, -1):
        with pytest.raises(ShapeError, match=f"row {row} is out of range") as refused:
            explain(values, other, row=row)
        assert refused.value.hint == "valid rows are 0 to 2"


def test_a_zero_vector_is_noted_and_a_tiny_one_is_not_zero():
    zero = explain(np.zeros(2), np.asarray([3.0, 4.0]))
    assert (zero.summary["cosine"], zero.summary["norm_b"]) == (0, 5)
    assert zero.notes == ("a vector is zero: its cosine is 0 by definition",)
    tiny = explain(np.asarray([3e-200, 4e-200]), np.asarray([3.0, 4.0]))
    assert tiny.summary["norm_a"] == pytest.approx(hypot(3e-200, 4e-200))
    assert tiny.notes == ()


def test_only_the_chosen_row_must_be_finite():
    values = np.asarray([[1.0, 2], [np.nan, 1]])
    broken = with_ids(as_vectors(values, "my.npy"), np.asarray(["ant", "bee"]))
    assert explain(broken, np.ones((2, 2)), row=0).summary["dot"] == 3
    with pytest.raises(DataError, match=r"row 1 \(id 'bee'\) of 2 holds NaN"):
        explain(broken, np.ones((2, 2)), row=1)


def test_what_is_refused():
    with pytest.raises(ShapeError, match=r"got \(2, 3\) and \(2, 4\)"):
        explain(np.ones((2, 3)), np.ones((2, 4)))
    with pytest.raises(ShapeError, match=r"got \(2, 3, 4\)"):
        explain(np.ones((2, 3, 4)), np.ones((2, 3, 4)))
    with pytest.raises(ShapeError, match="the input is empty"):
        explain(np.ones((0, 3)), np.ones((0, 3)))
    for size in (1e200, 1e154):
        with pytest.raises(DataError, match="leaves the range of float64"):
            explain(np.full(3, size), np.full(3, -size))


def test_two_rows_by_id_or_number_are_those_of_numpy():
    a, b = np.random.default_rng(3).normal(size=(2, 5, 3))
    sides = with_ids(as_vectors(a), np.asarray(list("pqrst"))), with_ids(as_vectors(b[:4]), np.asarray(list("tsrq")))
    for row, row_b, x, y in (("q", "s", a[1], b[1]), (0, 3, a[0], b[3]), ("t", 0, a[4], b[0])):
        found = explain(*sides, row=row, row_b=row_b)
        assert found.summary["dot"] == pytest.approx(x @ y)
    assert (found.parameters["row"], found.parameters["row_b"]) == (4, 0)
    with pytest.raises(ParameterError, match="no row has the id 'x'"):
        explain(*sides, row="p", row_b="x")
    with pytest.raises(ShapeError, match="row 4 is out of range"):
        explain(*sides, row="p", row_b=4)
    with pytest.raises(ParameterError, match="the row of B is named too"):
        explain(*sides, row="q", row_b="s", join="id")
    with pytest.raises(DataError, match="no row has the id 'p'"):
        explain(*sides, row="p", join="id")


def test_an_id_that_is_ambiguous_is_said():
    a = np.eye(3)
    numbered = with_ids(as_vectors(a), np.asarray([2, 0, 1]))
    found = explain(numbered, as_vectors(a), row="2", row_b=0)
    assert found.parameters["row"] == 0
    assert "2 is the id of row 0 of array, and not its number" in found.notes
    twice = with_ids(as_vectors(a), np.asarray(["x", "y", "y"]))
    assert "2 rows of array have the id y: this is row 1" in explain(twice, as_vectors(a), row="y", row_b=0).notes
