"""JSON lines and documents, against the json module."""

import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from opened_text import refused, whole

from simtool.errors import DataError, ResourceError
from simtool.io import open_table, open_vectors, read_values, text_blocks
from simtool.io import text as text_files


@given(array=hnp.arrays(st.sampled_from(["f8", "i8"]), hnp.array_shapes(min_dims=2, max_dims=4)), bare=st.booleans())
def test_json_lines_equal_what_was_written(folder, array, bare):
    path = folder / "a.jsonl"
    rows = [row if bare else {"id": number, "emb": row} for number, row in enumerate(array.tolist())]
    # a last line of its own, as one bare list of lists alone may mean two things
    path.write_text("".join(json.dumps(row) + "\n" for row in [*rows, rows[-1]]))
    vectors = open_vectors(str(path))
    expected = np.concatenate([array, array[-1:]])
    assert vectors.name == (str(path) if bare else f"{path}::emb")
    assert vectors.dtype == array.dtype
    np.testing.assert_array_equal(whole(vectors), expected)
    np.testing.assert_array_equal(vectors.read(1, 2), expected[1:2])


def test_json_columns_and_ids(write):
    path = write(
        '{"id": "x", "emb": [1, 2.5], "label": true}\n\n{"emb": [NaN, -Infinity], "label": false, "id": "y"}\n'
    )
    table = open_table(path)
    assert (table.rows, table.vector_columns, table.value_columns) == (2, ("emb",), ("id", "label"))
    assert table.values("label").tolist() == [True, False]
    vectors = open_vectors(path)
    assert vectors.ids.tolist() == ["x", "y"]
    np.testing.assert_array_equal(whole(vectors), [[1, 2.5], [np.nan, -np.inf]])


@pytest.mark.parametrize(
    "text",
    [
        '[{"emb": [1, 2]}, {"emb": [3, 4]}]',
        '[{"emb": [1, 2]},\n{"emb": [3, 4]}]',
        '[\n {"emb": [1,\n 2]},\n {"emb": [3, 4]}\n]',
    ],
)
def test_one_array_of_objects(write, text):
    assert whole(open_vectors(write(text))).tolist() == [[1, 2], [3, 4]]


def test_one_list_of_numbers_is_one_row_and_one_list_of_lists_is_many(write):
    assert whole(open_vectors(write("[1, 2]\n"))).tolist() == [[1, 2]]
    for text in ("[[1, 2], [3, 4]]", "[\n[1, 2],\n[3, 4]\n]", "[[1, 2],\n[3, 4]]", "\ufeff[[1, 2], [3, 4]]\n \n"):
        assert whole(open_vectors(write(text))).tolist() == [[1, 2], [3, 4]]
    long = json.dumps([[1, 2]] * 20_000)
    for text in (long, f"{long}\n"):
        assert open_vectors(write(text)).shape == (20_000, 2)
    assert open_vectors(write(f"{long}\n{long}\n")).shape == (2, 20_000, 2)
    assert refused(write("[[1, 2], 3]")).what == "expected an array of lists, got 3 in row 1"


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ('{"a": [1]}\n{"a": [1}\n', "line 2 is not JSON: Expecting ',' delimiter at column 9"),
        ('{"a": [1]}\n[1]\n', "line 2: expected an object or a list on every line"),
        ('{\n "a": [1]\n}\n', "line 1 is not JSON"),
        ("[" * 100_000, "line 1 is not JSON: maximum recursion depth exceeded"),
        ("[1]\n[" + "9" * 5000 + "]\n", "line 2 is not JSON: Exceeds the limit"),
        ('{"a": [1, 2]}\n{"a": [1, "x"]}\n', 'expected a list of numbers, got "x" in row 1'),
        ('{"a": [1, 2]}\n{"a": [1, true]}\n', "expected a list of numbers, got true in row 1"),
        ('{"a": [1, 2]}\n{"a": [1, {}]}\n', "expected a list of numbers, got {} in row 1"),
        ('{"a": [1, 2]}\n{"a": 5}\n', "expected a list of numbers, got 5 in row 1"),
        ('{"a": [1, 2]}\n{"a": "[1, 2]"}\n', 'expected a list of numbers, got "[1, 2]" in row 1'),
        ('{"a": [[1, 2], [3]]}\n', "row 0 holds lists of different lengths"),
        ('{"id": 7, "a": [1]}\n{"id": 8, "a": [1, 2]}\n', "row 1 (id 8) has length 2 along dim 1, expected 1"),
        ('{"a": [[1, 2]]}\n{"a": [[1, 2, 3]]}\n', "row 1 has length 3 along dim 2, expected 2"),
        ('{"a": [1]}\n{"a": [[1]]}\n', "row 1 has 2 dims, expected 1 as in the first row"),
        ('{"a": 1}\n', "no column holds vectors (lists of numbers); columns: a"),
        ("[]", "no column holds vectors (lists of numbers); columns: none"),
    ],
)
def test_bad_json_is_refused(write, text, what):
    path = write(text)
    error = refused(path)
    assert error.what.startswith(what)
    assert error.where in (path, f"{path}::a")


def test_nulls(write):
    path = write('{"id": 5, "a": [1, 2]}\n{"id": 6, "a": null}\n{"id": 7}\n{"id": 8, "a": [null, 2]}\n')
    error = refused(path)
    assert error.what == "rows 1 (id 6), 2 (id 7), 3 (id 8) are null or hold a null"
    assert (error.where, error.hint) == (f"{path}::a", "«nonfinite=drop» leaves them out")
    nan = [np.nan, np.nan]
    np.testing.assert_array_equal(whole(open_vectors(path, nulls=True)), [[1, 2], nan, nan, nan])
    with pytest.raises(DataError, match="null in row 1"):
        read_values(write('{"y": 1}\n{"y": null}\n'))


@given(
    rows=st.lists(
        st.fixed_dictionaries(
            {"v": st.lists(st.one_of(st.integers(-(2**64), 2**64), st.floats()), min_size=2, max_size=2)},
            optional={"s": st.text(st.characters(exclude_categories=["Cs"]), max_size=3), "n": st.booleans()},
        ),
        min_size=1,
        max_size=8,
    ),
    size=st.integers(1, 80),
)
@settings(deadline=None)
def test_json_lines_say_what_the_json_module_reads_whatever_the_blocks(folder, rows, size):
    path = folder / "cells.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(text_files, "BLOCK_BYTES", size)
        patch.setattr(text_blocks, "LONGEST_ROW", 1000)
        table = open_table(str(path))
        assert table.rows == len(rows)
        expected = np.array([row["v"] for row in rows], dtype=object)
        integers = [all(type(x) is int for x in row["v"]) for row in rows]
        fits = [all(-(2**63) <= x < 2**63 for x in row["v"]) for row in rows]
        before = integers.index(False) if False in integers else len(rows)  # rows of integers alone
        if not all(fits[:before]):
            with pytest.raises(DataError, match=f"row {fits.index(False)} holds an integer beyond 64 bits"):
                table.vectors("v")
            return
        whole_numbers = all(integers)
        found = whole(table.vectors("v"))
        assert found.dtype == (np.int64 if whole_numbers else np.float64)
        np.testing.assert_array_equal(found, expected.astype(found.dtype))
        for name in ("s", "n"):
            if all(name in row for row in rows):
                assert table.values(name).tolist() == [row[name] for row in rows]


def test_a_document_that_does_not_fit_is_refused_before_it_is_parsed(tmp_path):
    path = tmp_path / "a.json"
    with open(path, "w") as file:
        file.write("[" + ",\n".join(['{"v": [0.5, 1.5]}'] * 100_000) + "]")
    with pytest.raises(ResourceError, match="one JSON array, parsed whole, takes about") as error:
        open_vectors(str(path), max_memory="160M")
    assert "write one object per line" in error.value.hint
    assert open_vectors(str(path), max_memory="1G").shape == (100_000, 2)
