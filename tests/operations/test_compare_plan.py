"""Which aggregates a plan of `compare` takes: those that fit both sides."""

from math import isnan

import numpy as np
import pytest

from simtool import compare
from simtool.comparison.requests import every_aggregate
from simtool.errors import DataError, ShapeError

RNG = np.random.default_rng(0)
X, Y = RNG.normal(size=(30, 5)), RNG.normal(size=(30, 5)) + 0.3


def test_all_says_what_does_not_fit_and_why():
    result = compare(X, Y[:9], aggregates=["all"])
    out = ["paired", "cka", "cka-rbf", "procrustes", "svcca", "rsa", "knn-overlap"]
    assert [name for name in every_aggregate() if result.summary[name] is None] == out
    assert result.summary["cka.unbiased"] is None
    assert f"{', '.join(out)} left out: row i of A belongs to row i of B, but A has 30 rows and B has 9" in result.notes
    rows = dict(zip(result.rows.columns["aggregate"], result.rows.columns["score"], strict=True))
    assert isnan(rows["cka"])
    assert "cka.unbiased" not in rows
    spaces = compare(X, Y[:, :3], aggregates=["all"])
    defined = {name for name in every_aggregate() if spaces.summary[name] is not None}
    assert defined == {"cka", "cka-rbf", "procrustes", "svcca", "rsa", "knn-overlap"}
    assert spaces.parameters["percent_of"] == "cka"
    with pytest.raises(ShapeError, match="differ in length"):
        compare(X, Y[:9, :3], aggregates=["all"])


def test_one_row_and_equal_rows_are_left_out_with_the_reason_or_refused():
    one = compare(X[:1], Y[:1], aggregates=["all"])
    assert one.summary["frechet"] is None
    assert one.summary["argmax"] == pytest.approx(max(0.0, float(one.summary["paired"])), abs=1e-12)
    assert any(note.startswith("frechet left out: needs the covariance") for note in one.notes)
    with pytest.raises(ShapeError, match="frechet needs the covariance"):
        compare(X[:1], Y, aggregates=["frechet"])
    equal = np.ones((12, 3))
    assert compare(equal, equal, aggregates=["frechet"]).summary["frechet"] == 0.0
    with pytest.raises(DataError, match="all rows of A are equal"):
        compare(equal, equal, aggregates=["cka"])
