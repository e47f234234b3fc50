"""Aggregates that are left out for one reason share a sentence."""

from simtool.comparison.left_out import reasons_of
from simtool.errors import ShapeError


def test_aggregates_with_one_reason_share_a_sentence():
    left_out = {
        "cka": ShapeError("cka is undefined: all rows are equal", "A", ""),
        "rsa": ShapeError("all rows are equal", "A", ""),
        "frechet": ShapeError("frechet needs two rows", "A", ""),
    }
    assert reasons_of(left_out) == ["cka, rsa left out: all rows are equal", "frechet left out: needs two rows"]
