"""What a result becomes in a notebook or a script."""

import json
import pickle

import numpy as np
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet as pq
import pytest

import simtool
from simtool.errors import OutputError, ParameterError
from simtool.io import as_source
from simtool.results import Columns, GateError, Histogram, Result

IDS, SCORES = ["a", "b", "<b>&"], [0.5, -1.0, float("nan")]
ROWS = Columns({"id": np.asarray(IDS, dtype=object), "score": np.asarray(SCORES)})
RESULT = Result("x", {"a": "<a>.npy"}, {}, {"mean": 0.25, "count": 3}, ROWS, array=np.asarray(SCORES))


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


def test_it_holds_the_names_of_tables_in_memory_and_not_the_tables():
    table = as_source(pa.table({"v": [[1.0, 0.0], [0.0, 1.0]]}), "A")
    result = pickle.loads(pickle.dumps(simtool.Result("apply", {"vectors": table}, {}, {"rows": 2})))
    assert result.inputs == {"vectors": "A"}
    assert type(result.inputs["vectors"]) is str
