"""Rows that belong together: by id, else by number."""

import numpy as np
import pytest

from simtool.comparison.join import join
from simtool.engine import budget_of, prepare_input
from simtool.errors import DataError, ShapeError
from simtool.io import Selection, as_vectors, open_vectors, with_ids
from simtool.joining import Joined


def side(ids, name, rows=None, nonfinite="error"):
    rows = np.arange(2.0 * len(ids)).reshape(-1, 2) + 1 if rows is None else rows
    vectors = as_vectors(rows, name)
    vectors = vectors if ids[0] is None else with_ids(vectors, np.asarray(ids, dtype=object))
    return prepare_input(vectors, -1, nonfinite, budget_of("1G"))


def test_ids_join_in_the_order_of_a_and_what_is_alone_is_said():
    found = join(side(list("pqrs"), "A"), side(list("srxp"), "B"))
    assert (found.a.tolist(), found.b.tolist()) == ([0, 2, 3], [3, 1, 0])
    assert found.notes == (
        "1 id of A is not on the other side and left out: 'q'; 3 are on both",
        "1 id of B is not on the other side and left out: 'x'; 3 are on both",
    )


def test_without_ids_rows_join_by_number():
    found = join(side([None] * 3, "A"), side(list("abc"), "B"))
    assert (found.a, found.b) == (None, None)
    assert found.notes == ("rows are paired by row number: A has no ids",)
    assert join(side([None] * 3, "A"), side([None] * 3, "B")) == Joined()


def test_what_cannot_join_is_refused():
    with pytest.raises(DataError, match="no id of A is in B: A begins with 'p', B with 'x'"):
        join(side(list("pq"), "A"), side(list("xy"), "B"))
    with pytest.raises(DataError, match="ids must be unique"):
        join(side(list("pqp"), "A"), side(list("pqr"), "B"))
    with pytest.raises(ShapeError, match="A has 2 rows and B has 3"):
        join(side([None] * 2, "A"), side([None] * 3, "B"))
    broken = side([None] * 3, "A", np.asarray([[1.0, 2], [np.nan, 1], [3, 4]]), "drop")
    with pytest.raises(ShapeError, match="rows that were left out break the pairs"):
        join(broken, side([None] * 2, "B"))


def test_selected_rows_without_ids_join_by_their_numbers_in_the_file(tmp_path):
    np.save(tmp_path / "a.npy", np.arange(20.0).reshape(10, 2))

    def selected(rows):
        return prepare_input(open_vectors(Selection(f"{tmp_path}/a.npy", rows=rows)), -1, "error", budget_of("1G"))

    found = join(selected("2:6"), selected("4:9"))
    assert (found.a.tolist(), found.b.tolist()) == ([2, 3], [0, 1])
    assert join(selected("0:3"), side([None] * 3, "B")).a is None
    with pytest.raises(ShapeError, match="rows with other numbers are selected of A than of B"):
        join(selected("2:5"), side([None] * 3, "B"))
    with pytest.raises(ShapeError, match="rows with other numbers"):
        join(selected("2:5"), side(list("234"), "B"))
