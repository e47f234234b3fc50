"""Bad cells and missing columns of vectors, in every format of tables: an error that names them, never fewer dims."""

import json

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from opened_text import whole

from simtool.errors import DataError
from simtool.io import Selection, as_source, open_table, open_vectors
from simtool.io.in_memory import HeldTable
from simtool.io.odd_columns import gap
from simtool.io.origins import provenance

X = np.random.default_rng(3).normal(size=(50, 32)).round(4)
NUMBERED = {"id": [f"r{row}" for row in range(50)], **{f"d{place}": X[:, place].tolist() for place in range(32)}}
WRITERS = ["csv", "tsv", "polars.csv", "jsonl", "json", "parquet", "polars.parquet", "arrow", "frame", "polars"]


@pytest.fixture(params=WRITERS)
def save(request, tmp_path):
    """Return a function that writes columns, or puts them into a frame, and returns an input."""

    def written(columns):
        path = str(tmp_path / f"t.{request.param}")
        match request.param:
            case "csv" | "tsv":
                pd.DataFrame(columns).to_csv(path, index=False, sep="," if request.param == "csv" else "\t")
            case "polars.csv":
                pl.DataFrame(columns, strict=False).write_csv(path)
            case "jsonl" | "json":
                rows = [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]
                lines = "".join(f"{json.dumps(row)}\n" for row in rows)
                (tmp_path / f"t.{request.param}").write_text(lines if path.endswith("l") else json.dumps(rows))
            case "parquet":
                pd.DataFrame(typed(columns)).to_parquet(path)
            case "polars.parquet":
                pl.DataFrame(typed(columns)).write_parquet(path)
            case "arrow":
                pd.DataFrame(typed(columns)).to_feather(path)
            case "frame":
                return as_source(pd.DataFrame(typed(columns)), "A")
            case _:
                return as_source(pl.DataFrame(typed(columns)), "A")
        return path

    return written


def typed(columns):
    """Return columns of numbers and of text: a program that reads a word among numbers makes text of all of them."""
    return {
        name: list(map(str, cells)) if any(isinstance(cell, str) for cell in cells) else cells
        for name, cells in columns.items()
    }


def replaced(column, row, cell, columns=NUMBERED):
    return {**columns, column: [*columns[column][:row], cell, *columns[column][row + 1 :]]}


@pytest.mark.parametrize(("column", "row"), [("d0", 0), ("d7", 30), ("d31", 49)])
@pytest.mark.parametrize("cell", ["foo", "1,5"])
def test_a_bad_cell_among_numbered_columns_is_an_error(save, column, row, cell):
    with pytest.raises(DataError) as error:
        open_vectors(save(replaced(column, row, cell)))
    assert f"row {row}" in error.value.what
    assert repr(column) in error.value.what
    assert error.value.hint.startswith("mend it, or ")


@pytest.mark.parametrize("row", [0, 1])
def test_two_numbered_columns_are_a_vector_too(save, row):
    with pytest.raises(DataError, match=rf"row {row}\b.*"):
        open_vectors(save(replaced("x1", row, "foo", {"id": ["a", "b"], "x0": [1.5, 3.0], "x1": [2.5, 4.0]})))


def test_a_column_of_text_among_numbered_ones_is_an_error(save):
    path = save({**NUMBERED, "d31": ["foo"] * 50})
    with pytest.raises(DataError, match=r"row 0 \(id 'r0'\) has 'foo' in column 'd31', expected a number as in 'd0'"):
        open_vectors(path)
    if not isinstance(path, HeldTable):
        picked = open_vectors(Selection(path, columns=["d?"]))  # the way out that the hint names
        np.testing.assert_array_equal(whole(picked), X[:, :10])


def test_a_missing_number_is_an_error(save):
    path = save({name: cells for name, cells in NUMBERED.items() if name != "d7"})
    with pytest.raises(DataError, match="there is no column d7 between d6 and d8"):
        open_vectors(path)
    assert open_table(path).values("id").tolist() == NUMBERED["id"]


def test_honest_text_beside_numbered_columns_is_left_out_and_named(save):
    text = {
        "name": [f"Anna {row}" for row in range(50)],
        "zip": [f"{row:05}" for row in range(50)],
        "day": [f"2024-01-{row % 28 + 1:02}" for row in range(50)],
        "line1": ["12 Elm Street"] * 50,
        "line2": ["Springfield"] * 50,
    }
    vectors = open_vectors(save({**NUMBERED, **text}))
    np.testing.assert_array_equal(whole(vectors), X)
    assert "32 columns: d0, d1, ..., d31 (not name, zip, day, line1, line2)" in provenance({"a": vectors})["a"]


def test_columns_that_pandas_counts(save):
    counted = {"id": NUMBERED["id"], **{str(place): NUMBERED[f"d{place}"] for place in range(32)}}
    np.testing.assert_array_equal(whole(open_vectors(save(counted))), X)
    with_text = open_vectors(save({**counted, "32": ["word"] * 50}))  # pandas counts columns of all kinds
    np.testing.assert_array_equal(whole(with_text), X)
    assert "(not 32)" in provenance({"a": with_text})["a"]
    with pytest.raises(DataError, match="there is no column 7 between 6 and 8"):
        open_vectors(save({name: cells for name, cells in counted.items() if name != "7"}))


UNNUMBERED = {"name": ["Ann", "Bo", "Cy", "1984"], "u": [0.5, 1.5, 2.5, 3.5], "v": [4.5, 5.5, 6.5, 7.5]}


@pytest.mark.parametrize("save", ["csv", "tsv", "polars.csv", "frame", "polars"], indirect=True)
@pytest.mark.parametrize("row", [0, 2])
def test_a_column_of_numbers_but_for_a_cell_is_an_error(save, row):
    assert whole(open_vectors(save(UNNUMBERED))).tolist() == np.stack([UNNUMBERED["u"], UNNUMBERED["v"]], 1).tolist()
    path = save(replaced("v", row, "foo", UNNUMBERED))
    with pytest.raises(DataError, match=f"row {row} has 'foo' in column 'v', expected a number as in 'u'"):
        open_vectors(path)
    assert open_table(path).values("name").tolist() == UNNUMBERED["name"]
    arrays = save({**UNNUMBERED, "v": ["[0.1  0.2]"] * 4})
    with pytest.raises(DataError, match=r"has '\[0.1  0.2\]' in column 'v', expected a number, or a JSON list"):
        open_vectors(arrays)


def test_several_vectors_are_numbered_from_0_or_1_on(save):
    table = open_table(save({"a1": [1.0], "a2": [2.0], "b0": [3.0], "b1": [4.0], "p50": [5.0], "p90": [6.0]}))
    assert table.vector_columns == ("a", "b")
    assert whole(table.vectors("a")).tolist() == [[1, 2]]
    clash = open_table(save({"x": ["t"], "x0": [1.0], "x1": [2.0], "y_0": [3.0], "y_1": [4.0]}))
    assert clash.vector_columns == ("x*", "y")
    assert whole(clash.vectors("x*")).tolist() == [[1, 2]]


def test_braces_and_quotes_in_cells_and_names_are_shown_as_they_are(write):
    with pytest.raises(DataError, match=r"has '\{who\}' in column '\{0\}1', expected a number as in '\{0\}0'"):
        open_vectors(write("id,{0}0,{0}1\na,1,2\nb,3,{who}\n"))
    with pytest.raises(DataError, match=r"no column \{a\}1 between \{a\}0 and \{a\}2"):
        open_vectors(write("id,{a}0,{a}2\na,1,2\n"))


@pytest.mark.parametrize(
    ("columns", "names", "expected"),
    [
        (["x1", "x2"], ["x0", "x1", "x2"], ""),
        (["x0", "x2"], ["x0", "x1", "x2"], ""),  # x1 has another role
        (["x2", "x3"], ["x2", "x3"], "the columns begin with x2, expected 0 or 1"),
        (["x0", "x00"], ["x0", "x00"], "two columns have the number 0: x00 is one of them"),
        (["2000", "2005"], ["2000", "2005"], ""),
        (["u", "v"], ["u", "v"], ""),
    ],
)
def test_what_is_wrong_with_numbers(columns, names, expected):
    assert gap(columns, names) == expected


def test_a_type_that_is_no_number_is_named_by_its_first_cell(tmp_path):
    table = pa.table({"d0": [1.0, 2.0], "d1": [None, True], "d2": [3.0, 4.0]})
    with pytest.raises(DataError, match="row 1 has bool 'True' in column 'd1', expected a number as in 'd0'"):
        open_vectors(as_source(table, "A"))
    text = pa.table({"d0": [1.0, 2.0], "d1": ["1.5", "2.5"]})
    with pytest.raises(DataError, match="column 'd1' holds text or nulls alone, expected numbers as in 'd0'"):
        open_vectors(as_source(text, "A"))
