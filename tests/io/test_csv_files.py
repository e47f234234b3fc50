"""CSV: headers, cells, and tables that pandas and polars wrote."""

import numpy as np
import pandas as pd
import polars as pl
import pytest
from opened_text import refused, whole
from written_files import X, check

from simtool.errors import ParameterError
from simtool.io import open_pairs, open_table, open_vectors, read_values
from simtool.io.origins import provenance


@pytest.mark.parametrize("separator", ["\t", " ", ","])
def test_tables_by_pandas_and_polars(tmp_path, separator):
    frame = pd.DataFrame(X.astype(float), columns=[f"dim_{number}" for number in range(6)])
    frame.insert(0, "id", [f"w{number}" for number in range(10)])
    frame.to_csv(tmp_path / "a.tsv", sep=separator, index=False)
    check(tmp_path / "a.tsv", X.astype(float), frame["id"].tolist())
    pl.from_pandas(frame).write_csv(tmp_path / "a.tsv", separator=separator)
    check(tmp_path / "a.tsv", X.astype(float), frame["id"].tolist())


WIDE = "sepal,petal,y,user_id\n1,2,0,7\n3,4,1,8\n"


def test_a_csv_with_a_header(write):
    path = write("id,x,y,label\r\n007,1,2,cat\r\n008,3.5,4,dog\r\n")
    table = open_table(path)
    assert (table.vector_columns, table.value_columns) == (("",), ("id", "x", "y", "label"))
    vectors = open_vectors(path)
    assert (vectors.name, vectors.dtype) == (path, np.float64)
    assert vectors.ids.tolist() == ["007", "008"]
    assert whole(vectors).tolist() == [[1, 2], [3.5, 4]]
    assert read_values(f"{path}::label").tolist() == ["cat", "dog"]


def test_numeric_labels_are_no_part_of_the_vectors(write):
    path = write("ID,x,y,label,score\n1,2,3,1,0.5\n2,4,5,0,0.5\n")
    assert whole(open_vectors(path)).tolist() == [[2, 3], [4, 5]]


def test_a_csv_without_a_header(write):
    vectors = open_vectors(write("1,2\n3,4\n"))
    assert vectors.dtype == np.int64
    assert whole(vectors).tolist() == [[1, 2], [3, 4]]
    assert whole(open_vectors(write("1\t2\n3\tnan\n")))[0].tolist() == [1, 2]


def test_a_header_of_numbers_in_order(write):
    assert whole(open_vectors(write("id,0,1\na,5,6\nb,7,8\n"))).tolist() == [[5, 6], [7, 8]]


def test_an_empty_cell_is_a_null(write):
    path = write("x,y\n1,2\n3,\n")
    assert refused(path).what == "row 1 is null or holds a null"
    np.testing.assert_array_equal(whole(open_vectors(path, nulls=True)), [[1, 2], [np.nan, np.nan]])


@pytest.mark.parametrize(
    ("text", "what", "hint"),
    [
        ("cat,x,0.25\ndog,y,2.5\n", "line 1 looks like data, not like a header: 0.25", "put a header line"),
        ("id,0.5,0.25\n1,1.5,2.5\n", "line 1 looks like data, not like a header: 0.5", "put a header line"),
        (",x\n0,1\n", "column 1 has no name", "index=False"),
        ("x,x\n0,1\n", "2 columns are named 'x'", "rename"),
        ("name,city\na,b\n", "no column holds vectors (lists of numbers); columns: name, city", ""),
    ],
)
def test_bad_csv_is_refused(write, text, what, hint):
    error = refused(write(text))
    assert error.what == what
    assert hint in error.hint


@pytest.mark.parametrize(
    ("header", "width"),
    [("idx,x0,x1,x2", 3), ("word_length,height,width,depth", 4), ("id,0,1,2", 3), ("x9,y1,y2,y3", 3)],
)
def test_columns_numbered_alike_are_the_vector(tmp_path, header, width):
    path = tmp_path / "wide.csv"
    path.write_text(f"{header}\n1,2,3,4\n5,6,7,8\n")
    assert open_vectors(str(path)).read(0, 2).tolist() == [row[4 - width :] for row in ([1, 2, 3, 4], [5, 6, 7, 8])]


@pytest.mark.parametrize("mark", ["", "_"])
def test_columns_numbered_alike_for_several_vectors_are_a_vector_each(write, mark):
    # in any order, but numbered from 0 on
    header = ["id", *(f"{side}{mark}{number}" for side, number in ("b0", "a1", "b1", "a0", "b2"))]
    path = write(f"{','.join(header)},label,weight\nr1,1,2,3,4,5,0,9\n")
    table = open_table(path)
    assert table.vector_columns == ("b", "a")
    assert table.ids().tolist() == ["r1"]
    assert whole(open_vectors(f"{path}::a")).tolist() == [[4, 2]]
    assert whole(open_vectors(f"{path}::b")).tolist() == [[1, 3, 5]]
    pairs = open_pairs([write("a0,a1,b0,b1,label\n1,2,3,4,1\n", "p.csv")])
    assert (whole(pairs.a).tolist(), whole(pairs.b).tolist(), pairs.labels.tolist()) == ([[1, 2]], [[3, 4]], [1])


@pytest.mark.parametrize("text", ["id,x0,x1\n", "a0,a1,b0,b1,label", "word\tx\n\n"])
def test_a_header_without_rows(write, text):
    assert refused(write(text)).what == "the table has a header and no rows"


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({}, [[1, 2, 0, 7], [3, 4, 1, 8]]),
        ({"others": ["::y"]}, [[1, 2, 7], [3, 4, 8]]),
        ({"ids": "::user_id", "others": ["::y", None]}, [[1, 2], [3, 4]]),
        ({"ids": "{path}::user_id"}, [[1, 2, 0], [3, 4, 1]]),
        ({"others": ["other.csv::y", "z"]}, [[1, 2, 0, 7], [3, 4, 1, 8]]),
        ({"others": ["y"]}, [[1, 2, 7], [3, 4, 8]]),
    ],
)
def test_a_column_with_another_role_is_in_no_vector(write, options, expected):
    path = write(WIDE)
    if "ids" in options:
        options = {**options, "ids": options["ids"].format(path=path)}
    vectors = open_vectors(path, **options)
    assert whole(vectors).tolist() == expected
    assert vectors.ids is None or vectors.ids.tolist() == [7, 8]


@pytest.mark.parametrize("name", ["id", "Label", "class", "score", "similarity", "weight", "WEIGHTS"])
def test_a_column_named_like_another_role_is_in_no_vector(write, name):
    vectors = open_vectors(write(f"x,{name},y\n1,9,2\n3,8,4\n"))
    assert whole(vectors).tolist() == [[1, 2], [3, 4]]
    left_out = "" if name == "id" else f" (not {name})"
    assert vectors.provenance == f"the vectors of {vectors.name} are 2 columns: x, y{left_out}"


def test_the_header_that_pandas_counts(write):
    path = write("0,1\n1.5,2\n3,4\n")
    assert whole(open_vectors(path)).tolist() == [[1.5, 2], [3, 4]]
    assert whole(open_vectors(path, header="no")).tolist() == [[0, 1], [1.5, 2], [3, 4]]
    assert whole(open_vectors(write("0,1\n1,\n3,4\n"), nulls=True))[1].tolist() == [3, 4]
    table = open_table(write("0,1,2\na,1,2\nb,3,4\n"))
    assert (table.rows, table.values("0").tolist(), table.vector_columns) == (2, ["a", "b"], ("",))
    assert whole(table.vectors("")).tolist() == [[1, 2], [3, 4]]


@pytest.mark.parametrize("text", ["0,1\n5,6\n7,8\n", "0\t1\t2\n5\t6\t7\n", "0,1\n"])
def test_a_counting_first_line_above_integers_is_doubtful(write, text):
    error = refused(write(text))
    assert error.what == "line 1 counts 0, 1, 2, ...: it may be the header that pandas writes, or a row of the data"
    assert error.hint == "say which: «header» yes or «header» no"


def test_a_header_is_what_it_is_said_to_be(write):
    path = write("0,1\n5,6\n")
    assert whole(open_vectors(path, header="yes")).tolist() == [[5, 6]]
    assert whole(open_vectors(path, header="no")).tolist() == [[0, 1], [5, 6]]
    # one column that begins with 0 is no count
    assert whole(open_vectors(write("0\n1\n2\n"))).tolist() == [[0], [1], [2]]
    named = write("5,6\n7,8\n")
    assert read_values(f"{named}::6", header="yes").tolist() == [8]
    assert read_values(f"{named}::1", header="no").tolist() == [6, 8]
    mixed = write("r1,0.5,1\nr2,2,3\n")
    assert whole(open_vectors(mixed, ids="::0", header="no")).tolist() == [[0.5, 1], [2, 3]]
    assert open_vectors(mixed, ids="::0", header="no").ids.tolist() == ["r1", "r2"]
    assert read_values(write("label\n1\n0\n"), header="yes").tolist() == [1, 0]
    with pytest.raises(ParameterError, match="expected one of auto, yes, no, got 'maybe'"):
        open_vectors(path, header="maybe")


@pytest.mark.parametrize("comma", [",", "\t"])
def test_a_word_and_numbers_in_line_1_are_no_header(write, comma):
    found = open_vectors(write("cat,0.5,2\n007,0.25,3\n".replace(",", comma)))
    assert found.ids.tolist() == ["cat", "007"]
    np.testing.assert_array_equal(whole(found), [[0.5, 2.0], [0.25, 3.0]])
    assert provenance({"a": found})["a"].endswith("are 2 columns: 1, 2; line 1 has no names: its first column is ids")


@pytest.mark.parametrize(
    "text",
    ["cat,5,7\ndog,3,4\n", "a,0\nb,1\n", "cat,1,2\ndog,3,4\n", "1,foo,2\n3,4.5,5\n", "cat\t5\t7\ndog\t3\t4\n"],
)
def test_numbers_among_the_words_of_line_1_may_be_a_row(write, text):
    path = write(text)
    error = refused(path)
    assert error.what.startswith("line 1 may name the columns, or be a row of the data: ")
    assert error.hint == "say which: «header» yes or «header» no"
    assert open_table(path, header="no").rows == open_table(path, header="yes").rows + 1


@pytest.mark.parametrize(
    "text", ["country,2000,2005\nA,1,2\n", "id,0\na,1\n", "word,0,1\na,1.5,2\n", "id,1,2\na,1,2\n"]
)
def test_numbers_that_count_or_are_years_name_columns(write, text):
    assert open_table(write(text)).rows == 1


def test_a_bad_cell_in_the_first_column_of_line_1_makes_no_ids_of_it(write):
    error = refused(write("foo,1.5,2\n3.5,4,5\n2.5,3,4\n"))
    assert error.what == "row 0 (id 'foo') has 'foo' in column 1, expected a number as in the other rows"
