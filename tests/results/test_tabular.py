"""A result as a table: a sequence of its rows, columns by name, tables of other libraries."""

import numpy as np
import pytest

import simtool
from simtool.errors import SimtoolError
from simtool.results import Columns, Result

IDS, SCORES = ["a", "b", "<b>&"], [0.5, -1.0, float("nan")]
ROWS = Columns({"id": np.asarray(IDS, dtype=object), "score": np.asarray(SCORES)})
RESULT = Result("x", {"a": "<a>.npy"}, {}, {"mean": 0.25, "count": 3}, ROWS, array=np.asarray(SCORES))


def test_a_result_is_a_sequence_of_its_rows():
    assert len(RESULT) == 3
    assert [row["id"] for row in RESULT] == IDS
    assert RESULT[1] == RESULT[-2] == {"id": "b", "score": -1.0}
    assert [row["id"] for row in RESULT[1:]] == IDS[1:]
    assert [row["id"] for row in RESULT[::-2]] == IDS[::-2]
    assert len(RESULT[5:]) == 0
    assert RESULT[:1].summary == RESULT.summary
    with pytest.raises(IndexError):
        RESULT[3]
    assert Result("x", {}, {}, {})


def test_rows_that_are_made_as_they_are_read_are_a_sequence_too():
    result = simtool.pairwise(np.eye(3))
    assert result[3] == {"a": 1, "b": 2, "score": 0.0}
    assert [(row["a"], row["b"]) for row in result[2:5]] == [(1, 0), (1, 2), (2, 0)]


def test_tables_of_other_libraries_hold_the_rows():
    pandas, polars, arrow = RESULT.to_pandas(), RESULT.to_polars(), RESULT.to_arrow()
    for table in (pandas, polars):
        assert list(table.columns) == ["id", "score"]
        assert list(table["id"]) == IDS
        np.testing.assert_array_equal(np.asarray(table["score"], dtype=float), SCORES)
    assert arrow.to_pydict()["id"] == IDS


def test_a_summary_alone_is_one_row():
    assert Result("x", {}, {}, {"mean": 0.5, "kind": "cosine"}).to_arrow().to_pylist() == [
        {"mean": 0.5, "kind": "cosine"}
    ]


def test_a_long_table_is_taken_in_parts():
    rows = Columns({"row": np.arange(100_000)})
    assert Result("x", {}, {}, {}, rows).to_arrow()["row"].to_numpy().tolist() == list(range(100_000))


def test_a_column_is_an_array_and_an_unknown_one_is_named():
    assert RESULT["id"].tolist() == IDS
    np.testing.assert_array_equal(RESULT["score"], SCORES)
    with pytest.raises(KeyError) as raised:
        RESULT["scores"]
    assert isinstance(raised.value, SimtoolError)
    assert raised.value.hint == "did you mean score? columns: id, score"
    assert "has no column 'scores'" in str(raised.value)  # a KeyError alone would show the repr of its text
    with pytest.raises(SimtoolError, match=r"columns: none; its numbers are in result\.summary"):
        Result("inspect", {}, {}, {"rows": 2})["rows"]
