"""Documents that are results, and others, which are refused with their key."""

import json

import pytest

from simtool.errors import DataError
from simtool.results import Result


def test_a_document_without_types_is_read_by_what_it_holds():
    rows = [{"a": 1, "b": 0.5, "c": "x", "d": None, "e": True}, {"a": 2, "b": 1, "c": "y", "d": "z", "e": False}]
    text = json.dumps({"schema": 1, "command": "x", "inputs": {}, "parameters": {}, "summary": {}, "rows": rows})
    columns = Result.from_json(text).rows.read(0, 2)
    assert [column.dtype.kind for column in columns.values()] == ["i", "f", "U", "O", "b"]
    assert columns["b"].tolist() == [0.5, 1.0]


def damaged(**changes):
    content = {
        "schema": 1,
        "command": "pairwise",
        "inputs": {"a": "x.npy"},
        "parameters": {},
        "summary": {"mean": None},
        "histograms": [{"name": "h", "edges": [0, 1], "counts": {"all": [2]}}],
        "rows": [{"a": 0, "score": 0.5}, {"a": 1, "score": None}],
        "types": {"a": "int8", "score": "float16"},
    }
    return json.dumps(content | changes)


def test_the_document_that_is_damaged_below_is_whole():
    assert Result.from_json(damaged()).summary == {"mean": None}


@pytest.mark.parametrize(
    ("text", "where", "what"),
    [
        ("", "t.json", "expected a result as JSON"),
        (b"\xff\xfe", "t.json", "expected a result as JSON"),
        ("[" * 100_000, "t.json", "nested too deep"),
        ("9" * 5000, "t.json", "expected a result as JSON"),
        ("[1]", "t.json, the document", "expected an object, got a list"),
        ("{}", "t.json, schema", "expected 1, got null"),
        (damaged(schema=2), "t.json, schema", "expected 1, got 2"),
        (damaged(command=None), "t.json, command", "the name of a command, got null"),
        (damaged(inputs=[]), "t.json, inputs", "an object, got a list"),
        (damaged(inputs={"a": 1}), "t.json, inputs.a", "expected text, got 1"),
        (damaged(summary={"mean": []}), "t.json, summary.mean", "got a list"),
        (damaged(summary={"mean": True}), "t.json, summary.mean", "got true"),
        (damaged(rows={}), "t.json, rows", "a list, got an object"),
        (damaged(rows=[1]), "t.json, rows[0]", "an object, got 1"),
        (damaged(rows=[{"a": 0, "score": 1}, {"a": 0}]), "t.json, rows[1]", 'members a, score, got "a"'),
        (damaged(rows=[{"a": 0, "score": "x"}]), "t.json, rows.score, row 0", 'float16, got "x"'),
        (damaged(rows=[{"a": True, "score": 1}]), "t.json, rows.a, row 0", "int8, got true"),
        (damaged(rows=[{"a": 300, "score": 1}]), "t.json, rows.a", "numbers that fit int8"),
        (damaged(rows=[{"a": 0, "score": 1e300}]), "t.json, rows.score", "numbers that fit float16"),
        (damaged(rows=[{"a": 0, "score": 10**400}]), "t.json, rows.score", "numbers that fit float16"),
        (damaged(types={"a": "int7", "score": "float16"}), "t.json, rows.a", 'a type that columns have, got "int7"'),
        (damaged(types={"a": "O", "score": "float16"}), "t.json, rows.a", "a type that columns have"),
        (damaged(types={"a": 1}), "t.json, types.a", "expected text, got 1"),
        (damaged(nonfinite=[["summary", "mean", "inf"], ["rows", 9, "a", "inf"]]), "t.json, nonfinite[1]", "a null"),
        (damaged(nonfinite=[["rows", 0, "score", "inf"]]), "t.json, nonfinite[0]", "the path of a null"),
        (damaged(nonfinite=[["summary", "mean", "x"]]), "t.json, nonfinite[0]", "nan, inf or -inf"),
        (damaged(nonfinite=[[]]), "t.json, nonfinite[0]", "the path of a null"),
        (damaged(nonfinite=[[{}, [], "inf"]]), "t.json, nonfinite[0]", "the path of a null"),
        (damaged(histograms=[{"name": "h", "edges": [0], "counts": {"all": [2]}}]), "t.json, histograms.h", "edges"),
        (damaged(histograms=[{"edges": [0]}]), "t.json, histograms", "a name, got null"),
        (damaged(history=[{"epoch": 0}, 1]), "t.json, history[1]", "an object, got 1"),
        (damaged(notes=[1]), "t.json, notes[0]", "expected text, got 1"),
    ],
)
def test_what_is_no_result_is_refused_with_its_key(text, where, what):
    with pytest.raises(DataError) as raised:
        Result.from_json(text, source="t.json")
    assert raised.value.where == where
    assert what in raised.value.what
    assert len(raised.value.what) < 300
