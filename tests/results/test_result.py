"""What a result becomes in a notebook or a script."""

import json

import numpy as np
import pyarrow.csv
import pyarrow.parquet as pq
import pytest

import simtool
from simtool.errors import OutputError, ParameterError, SimtoolError
from simtool.results import Columns, GateError, Histogram, Result

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


def test_as_a_dict_it_is_the_document():
    assert RESULT.to_dict() == json.loads(RESULT.to_json())


def test_a_file_holds_what_its_suffix_says(tmp_path):
    for suffix in ("parquet", "csv", "json", "npy"):
        RESULT.save(tmp_path / f"x.{suffix}")
    assert pq.read_table(tmp_path / "x.parquet")["id"].to_pylist() == IDS
    assert pyarrow.csv.read_csv(tmp_path / "x.csv")["id"].to_pylist() == IDS
    assert Result.from_json((tmp_path / "x.json").read_bytes()).summary == RESULT.summary
    np.testing.assert_array_equal(np.load(tmp_path / "x.npy"), SCORES)
    with pytest.raises(OutputError, match="exists"):
        RESULT.save(tmp_path / "x.csv")
    RESULT.save(tmp_path / "x.csv", force=True)
    with pytest.raises(OutputError, match="holds one array"):
        Result("x", {}, {}, {}, ROWS).save(tmp_path / "y.npy")
    assert not (tmp_path / "y.npy").exists()


def test_in_short_it_is_one_line():
    assert repr(RESULT) == "<Result of x: mean=0.25, count=3, array (3,), 3 rows>"


def test_in_a_notebook_ids_stay_text_and_long_tables_end():
    counts = {"all": np.asarray([0, 2, 4, 0])}
    histogram = Histogram("cosine", np.asarray([0.0, 0.25, 0.5, 0.75, 1.0]), counts)
    shown = Result("x", {"a": "<a>.npy"}, {}, {"mean": 0.25}, ROWS, histograms=(histogram,))._repr_html_()
    assert "&lt;b&gt;&amp;" in shown
    assert "&lt;a&gt;.npy" in shown
    assert "<b>&" not in shown
    assert shown.count("<rect") == 2
    assert "cosine: all. 6 values from 0.25 to 0.75" in shown
    long = Result("x", {}, {}, {}, Columns({"row": np.arange(30)}))._repr_html_()
    assert long.count("<tr>") == 20 + 1 + 1
    assert "10 more rows" in long


def test_a_condition_that_holds_says_nothing_and_one_that_does_not_raises():
    RESULT.check("mean >= 0.25", "count == 3")
    with pytest.raises(GateError, match=r"^FAILED mean > 0.25 \(is 0.25\); FAILED count < 3 \(is 3\)$"):
        RESULT.check("mean > 0.25", "count < 3")
    with pytest.raises(AssertionError):
        RESULT.check("mean > 1")
    with pytest.raises(ParameterError, match="did you mean mean"):
        RESULT.check("meen > 1")


def test_errors_in_python_name_arguments():
    with pytest.raises(ParameterError) as caught:
        simtool.pairwise(np.eye(2), top_k=0)
    assert "top_k" in str(caught.value)
    assert "--" not in str(caught.value)
    with pytest.raises(ParameterError) as caught:
        RESULT.check("mean")
    assert "--" not in str(caught.value)


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
