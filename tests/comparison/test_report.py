"""Percentages, tables and summaries of what `compare` found."""

import numpy as np
import pytest

from simtool import compare
from simtool.comparison.report import endings, percent_request, reasons_of
from simtool.comparison.requests import read_requests
from simtool.errors import ShapeError

RNG = np.random.default_rng(0)
X, Y = RNG.normal(size=(12, 4)), RNG.normal(size=(9, 4))


def test_a_percentage_is_what_it_says():
    score = compare(X, Y).summary["argmax"]
    assert compare(X, Y).summary["percent"] == 100 * max(0.0, score)
    assert compare(X, Y, percent="affine").summary["percent"] == pytest.approx(50 * (1 + score), abs=1e-13)
    assert compare(X, Y, aggregates=["energy"]).summary["percent"] is None
    assert percent_request(read_requests(["energy", "max", "argmax"], {}, 0)).name == "max"


def test_the_ends_of_keys_are_those_of_what_was_asked():
    assert endings(null=False, bootstrap=False) == ()
    assert endings(null=True, bootstrap=True) == ("low", "high", "baseline", "sd", "p")


def test_what_a_number_does_not_have_is_empty_in_the_table():
    columns = compare(X, Y, aggregates=["argmax", "optimal"], bootstrap=5).rows.columns
    by_name = dict(zip(columns["aggregate"], columns["low"], strict=True))
    assert by_name["optimal"] is None
    assert by_name["argmax"] == compare(X, Y, bootstrap=5).summary["argmax.low"]
    undefined = compare(X[:1], Y[:1], aggregates=["all"]).summary
    assert undefined["frechet"] is None
    assert undefined["prdc.density"] is None


def test_items_have_a_row_each():
    a, b = X.reshape(3, 4, 4), Y[:8].repeat(2, axis=0)[:12].reshape(3, 4, 4)
    result = compare(a, b, aggregates=["maxsim"])
    assert result.rows.columns["item"].tolist() == [0, 1, 2]
    assert result.summary["maxsim"] == pytest.approx(result.rows.columns["maxsim"].mean(), abs=1e-15)
    assert result.summary["items"] == 3


def test_aggregates_with_one_reason_share_a_sentence():
    left_out = {
        "cka": ShapeError("cka is undefined: all rows are equal", "A", ""),
        "rsa": ShapeError("all rows are equal", "A", ""),
        "frechet": ShapeError("frechet needs two rows", "A", ""),
    }
    assert reasons_of(left_out) == ["cka, rsa left out: all rows are equal", "frechet left out: needs two rows"]
