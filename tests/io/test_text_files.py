"""JSON lines, CSV and one value per line."""

import csv
import json
import tracemalloc

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from simtool.errors import DataError, InputNotFoundError, ParameterError, ResourceError, ShapeError, SimtoolError
from simtool.io import open_examples, open_pairs, open_table, open_vectors, read_values, text_blocks
from simtool.io import text as text_files


@pytest.fixture
def write(tmp_path):
    def write(text, name="a.txt"):
        (tmp_path / name).write_bytes(text if isinstance(text, bytes) else text.encode())
        return str(tmp_path / name)

    return write


def check_message(error):
    assert error.what
    assert "\n" not in error.what


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("text")


def whole(vectors):
    return vectors.read(0, vectors.shape[0])


def refused(path, **options):
    with pytest.raises(DataError) as error:
        whole(open_vectors(path, **options))
    return error.value


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
        (f"[1, 2]\n[{2**63}, 1]\n[1.5, 1]\n", "row 1 holds an integer beyond 64 bits"),
        (f"[-{10**400}, null]\n", "row 0 holds an integer beyond 64 bits"),
        (f'v\n"[1, 2]"\n"[1, {2**64}]"\n', "row 1 holds an integer beyond 64 bits"),
        (f"x,y\n1,2\n,2\n{2**64},1\n1.5,2\n", "row 2 holds an integer beyond 64 bits"),
    ],
)
@pytest.mark.parametrize("size", [8, 1 << 16])
def test_integers_of_vectors_beyond_64_bits_are_refused_as_float64_would_merge_them(
    write, monkeypatch, text, what, size
):
    monkeypatch.setattr(text_files, "BLOCK_BYTES", size)
    monkeypatch.setattr(text_blocks, "LONGEST_ROW", 1000)
    assert refused(write(text), nulls=True).what.startswith(what)


def test_integers_among_other_numbers_are_floats(write):
    assert whole(open_vectors(write(f"[{2**70}, 0.5]\n[{2**70}, -{10**400}]"))).tolist() == [
        [2.0**70, 0.5],
        [2.0**70, -np.inf],
    ]
    assert whole(open_vectors(write(f"x,y\n0.5,1\n{2**70},2"))).tolist() == [[0.5, 1], [2.0**70, 2]]


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


def test_values_of_mixed_kinds_are_refused(write):
    with pytest.raises(DataError, match="expected values of one kind, got an integer in row 0 and text in row 1"):
        read_values(write('{"y": 1}\n{"y": "b"}\n'))
    with pytest.raises(DataError, match="got a bool in row 0 and an integer in row 1"):
        read_values(write('{"y": true}\n{"y": 1}\n'))


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


def test_a_csv_of_json_lists(write):
    long = json.dumps([0.123456789] * 20_000)
    path = write(f'id,a,b,label\n1,"[1, 2]","{long}",True\n2,"[3, 4]","{long}",False\n')
    assert open_table(path).vector_columns == ("a", "b")
    assert whole(open_vectors(f"{path}::a")).tolist() == [[1, 2], [3, 4]]
    assert open_vectors(f"{path}::b").shape == (2, 20_000)
    assert read_values(f"{path}::label").tolist() == [True, False]
    error = refused(write('a\n"[1, 2]"\n"[3 4]"\n'))
    assert error.what == "expected a JSON list as in the first row, got '[3 4]' in row 1"


def test_an_empty_cell_is_a_null(write):
    path = write("x,y\n1,2\n3,\n")
    assert refused(path).what == "row 1 is null or holds a null"
    np.testing.assert_array_equal(whole(open_vectors(path, nulls=True)), [[1, 2], [np.nan, np.nan]])


@pytest.mark.parametrize(
    ("text", "what", "hint"),
    [
        ("x,y\n1,2\n1,2,3\n", "line 3 has 3 cells, expected 2", ""),
        ("cat,0.5,0.25\ndog,1.5,2.5\n", "line 1 looks like data, not like a header: 0.5", "put a header line"),
        (",x\n0,1\n", "column 1 has no name", "index=False"),
        ("x,x\n0,1\n", "2 columns are named 'x'", "rename"),
        ('x,y\n"a,1\n', "line 2 is not CSV: unexpected end of data", ""),
        ("name,city\na,b\n", "no column holds vectors (lists of numbers); columns: name, city", ""),
    ],
)
def test_bad_csv_is_refused(write, text, what, hint):
    error = refused(write(text))
    assert error.what == what
    assert hint in error.hint


@pytest.mark.parametrize(
    ("text", "values", "kind"),
    [
        ("1\n0\n1\n", [1, 0, 1], "i"),
        ("1\r\n0.5\r\n", [1, 0.5], "f"),
        ("true\nfalse\n", [True, False], "b"),
        ("cat\ndog\n3\n", ["cat", "dog", "3"], "O"),
        ("007\n008\n", ["007", "008"], "O"),
        ("1_0\n20\n", ["1_0", "20"], "O"),
        ("\ufeffcat\n", ["cat"], "O"),
    ],
)
def test_one_value_per_line(write, text, values, kind):
    read = read_values(write(text))
    assert read.tolist() == values
    assert read.dtype.kind == kind


def test_lines_as_ids(write, tmp_path):
    np.save(tmp_path / "a.npy", np.eye(2))
    assert open_vectors(str(tmp_path / "a.npy"), ids=write("x\ny\n")).ids.tolist() == ["x", "y"]
    with pytest.raises(ShapeError, match="expected 2 values, one per row, got 3"):
        open_vectors(str(tmp_path / "a.npy"), ids=write("x\ny\nz\n"))


def test_an_empty_line_among_values_is_refused(write):
    with pytest.raises(DataError, match="line 2 is empty: expected one value per line"):
        read_values(write("a\n\nb\n"))


def test_a_header_above_values_is_suspected(write):
    path = write("label\n1\n0\n")
    with pytest.raises(ShapeError, match="expected 2 values, one per row, got 3") as refused:
        read_values(path, rows=2)
    assert refused.value.hint == f"is the first line a header? then type {path}::NAME"
    assert read_values(f"{path}::label", rows=2).tolist() == [1, 0]


def test_other_encodings_are_refused(write):
    assert refused(write("naïve\n".encode("latin-1"))).what.startswith("byte 2 is not UTF-8 text")


@pytest.mark.parametrize(
    ("text", "line"),
    [('x,y\n1,"' + "9" * 10_000, 2), ('x,y,"' + "9" * 10_000, 1), ('{"a": [1]}\n{"a": [' + "9," * 5000, 2)],
)
def test_a_row_without_an_end_is_refused_before_all_of_it_is_read(write, monkeypatch, text, line):
    monkeypatch.setattr(text_files, "BLOCK_BYTES", 100)
    assert refused(write(text)).what == f"the row that begins in line {line} is longer than 1,600 bytes"


@given(text=st.text(st.sampled_from('[]{}",:\n\t01.ae-nul '), min_size=1))
def test_no_text_escapes(folder, text):
    (folder / "a").write_text(text)
    for read in (open_vectors, read_values):
        try:
            read(str(folder / "a"))
        except SimtoolError as error:
            check_message(error)


@pytest.mark.parametrize(
    ("header", "width"),
    [("idx,x0,x1,x2", 3), ("word_length,height,width,depth", 4), ("id,0,1,2", 3), ("x9,y1,y2,y3", 3)],
)
def test_columns_numbered_alike_are_the_vector(tmp_path, header, width):
    path = tmp_path / "wide.csv"
    path.write_text(f"{header}\n1,2,3,4\n5,6,7,8\n")
    assert open_vectors(str(path)).read(0, 2).tolist() == [row[4 - width :] for row in ([1, 2, 3, 4], [5, 6, 7, 8])]


def test_a_bad_cell_of_the_vector_is_named(write):
    path = write("id,x0,x1,x2\nr1,1,2,3\nr2,3,N/A,1\nr3,1,4,2\n", "v.csv")
    with pytest.raises(DataError, match="row 1 has 'N/A' in column 'x1', expected a number as in 'x0'"):
        open_vectors(path)
    kept = open_vectors(write("id,x0,x2,note1\nr1,1,3,a\nr2,3,1,b\n", "w.csv"))
    assert whole(kept).tolist() == [[1, 3], [3, 1]]


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


@pytest.mark.parametrize("header", ["a0,a1,b0,b2", "a0,a1,b1,b2", "a,a0,a1,b0,b1", "a0,a1,b1,b2,b3"])
def test_a_gap_or_a_name_that_is_taken_makes_no_vector(write, header):
    path = write(f"{header}\n{','.join('1' for _ in header.split(','))}\n")
    with pytest.raises(InputNotFoundError, match="expected a table of pairs with vector columns a and b") as refused:
        open_pairs([path])
    assert "name the columns a0, a1, ..., b0, b1, ..., without a gap, and no column a" in refused.value.hint
    assert open_table(path).vector_columns == ("",)


@pytest.mark.parametrize("cell", ["x", "true"])
def test_a_bad_cell_of_one_of_several_vectors_is_named(write, cell):
    path = write(f"a0,a1,b0,b1,x0,x1\n1,{cell},3,4,t,u\n")
    with pytest.raises(DataError, match=f"row 0 has '{cell}' in column 'a1', expected a number as in 'a0'"):
        open_table(path)


def test_a_bool_among_the_numbers_of_a_vector_is_named(write):
    with pytest.raises(DataError, match="row 0 has 'true' in column 'x2', expected a number as in 'x0'"):
        open_vectors(write("x0,x1,x2\n1,2,true\n"))


@pytest.mark.parametrize("text", ["id,x0,x1\n", "a0,a1,b0,b1,label", "word\tx\n\n"])
def test_a_header_without_rows(write, text):
    assert refused(write(text)).what == "the table has a header and no rows"


def test_three_columns_or_one_set_are_what_a_triplet_needs(write):
    path = write('{"a": [1, 2], "b": [3, 4], "label": 1}\n')
    with pytest.raises(InputNotFoundError, match="vector columns anchor, positive and negative, but") as error:
        open_examples([path], ("anchor", "positive", "negative"), or_one_set=True)
    assert error.value.hint == (
        f"name all sides: {path}::NAME OTHER::NAME OTHER::NAME; or one set and its classes: {path}::NAME «labels» ..."
    )
    one = open_examples([f"{path}::b"], ("anchor", "positive", "negative"), or_one_set=True)
    assert [whole(side).tolist() for side in one.vectors] == [[[3, 4]]]


WIDE = "sepal,petal,y,user_id\n1,2,0,7\n3,4,1,8\n"


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({}, [[1, 2, 0, 7], [3, 4, 1, 8]]),
        ({"others": ["::y"]}, [[1, 2, 7], [3, 4, 8]]),
        ({"ids": "::user_id", "others": ["::y", None]}, [[1, 2], [3, 4]]),
        ({"ids": "{path}::user_id"}, [[1, 2, 0], [3, 4, 1]]),
        ({"others": ["other.csv::y", "y"]}, [[1, 2, 0, 7], [3, 4, 1, 8]]),
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
    assert vectors.provenance == f"the vectors of {vectors.name} are 2 columns: x, y (not {name})"


def test_labels_and_ids_of_examples_are_in_no_vector(write):
    path = write("x,y,z,key2\n1,2,0,5\n3,4,1,6\n")
    found = open_examples([path], ("vectors",), labels="::z", ids="::key2")
    assert whole(found.vectors[0]).tolist() == [[1, 2], [3, 4]]
    assert (found.labels.tolist(), found.vectors[0].ids.tolist()) == ([0, 1], [5, 6])


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


@pytest.mark.parametrize(
    ("text", "column"),
    [('{"v": [1, 2], "y": [1, 2]}\n', "y"), ('v,y\n"[1, 2]","[1, 2]"\n', "y"), ('{"v": [1, 2], "y": {"a": 1}}\n', "y")],
)
def test_a_column_of_lists_is_no_values(write, text, column):
    path = write(text)
    for read in (lambda: read_values(f"{path}::{column}"), lambda: open_vectors(f"{path}::v", ids=f"::{column}")):
        with pytest.raises(DataError, match=r"expected strings, numbers or bools, got list|expected a value or a list"):
            read()


HOSTILE = ["0012", "2024-01-31", "12:30:00", "1_000", "0x1F", "1e", "+", "1,5", " a ", "null", "NULL", "N/A", "#N/A"]


@pytest.mark.parametrize("form", ["csv", "jsonl"])
def test_text_stays_text_whatever_it_looks_like(tmp_path, form):
    path = tmp_path / f"a.{form}"
    for texts in [*([text, text] for text in HOSTILE), HOSTILE]:
        if form == "csv":
            with open(path, "w", newline="") as file:
                csv.writer(file).writerows([["name", "x"], *([text, 1] for text in texts)])
        else:
            path.write_text("".join(json.dumps({"name": text, "x": [1]}) + "\n" for text in texts))
        assert read_values(f"{path}::name").tolist() == texts


@given(
    rows=st.lists(
        st.tuples(*[st.text(st.sampled_from('ab,"\r\n\t \u2028\x85é'), max_size=4)] * 2), min_size=1, max_size=8
    ),
    size=st.integers(1, 40),
)
@settings(deadline=None)
def test_a_csv_says_what_the_csv_module_wrote_whatever_the_blocks(folder, rows, size):
    path = folder / "cells.csv"
    with open(path, "w", newline="", encoding="utf-8") as file:
        csv.writer(file, quoting=csv.QUOTE_ALL).writerows([["first", "second"], *rows])
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(text_files, "BLOCK_BYTES", size)
        patch.setattr(text_blocks, "LONGEST_ROW", 1000)
        table = open_table(str(path))
        found = [table.values(name).tolist() for name in ("first", "second")]
    assert found == [list(texts) for texts in zip(*rows, strict=True)]


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


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ('{"v": [1, 2]}\n' * 50 + '{"v": [1, 2]', "line 51 is not JSON: Expecting ',' delimiter at column 13"),
        ('{"v": [1, 2]}\n' * 50 + '{"v": [1, "x"]}', 'expected a list of numbers, got "x" in row 50'),
        (
            '{"v": [1, 2]}\n' * 50 + '{"v": [1, 2, 3]}',
            "row 50 has length 3 along dim 1, expected 2",
        ),
        ("x,y\n" + "1,2\n" * 50 + "1,2,3\n", "line 52 has 3 cells, expected 2"),
        ('x,y\n"1",2\n' + "\n1,2\n" * 50 + '1,"2\n', "line 103 is not CSV: unexpected end of data"),
        ('x,y\n"1",2\n' + "1,2\n" * 50 + '1,"2"3\n', "line 53 is not CSV: ',' expected after '\"'"),
        ("x0,x1\n" + "1,2\n" * 50 + "1,n/a\n", "row 50 has 'n/a' in column 'x1', expected a number as in 'x0'"),
        ("1,2\n" * 50 + "1,n/a\n", "row 50 has 'n/a' in column 2, expected a number as in the first row"),
        ("x,y\n" + "1,2\n" * 50 + "1,\xff\n", "byte 206 is not UTF-8 text"),
        ('{"v": [1, 2]}\n' * 50 + '{"v": [1, 2], "s": "\xff"}', "byte 720 is not UTF-8 text"),
    ],
)
def test_a_fault_far_down_is_named_by_its_own_row_and_line(write, monkeypatch, text, what):
    monkeypatch.setattr(text_files, "BLOCK_BYTES", 64)
    assert refused(write(text.encode("latin-1"))).what.startswith(what)


def test_an_integer_far_down_is_as_exact_as_the_others(write, monkeypatch):
    monkeypatch.setattr(text_files, "BLOCK_BYTES", 64)
    for text in ("x\n" + "1\n" * 99 + f"{2**53 + 1}\n", '{"v": [1]}\n' * 99 + f'{{"v": [{2**53 + 1}]}}\n'):
        vectors = open_vectors(write(text))
        assert vectors.dtype == np.int64
        assert vectors.read(99, 100).tolist() == [[2**53 + 1]]


@pytest.mark.parametrize("form", ["csv", "jsonl", "lists"])
def test_memory_stays_bounded_while_a_large_text_is_read(tmp_path, monkeypatch, form):
    # what pyarrow and Python hold at a time is a few blocks, whatever the file
    rows = 100_000
    path = tmp_path / "a.txt"
    with open(path, "w") as file:
        file.write("x0,x1,x2\n" if form == "csv" else "")
        line = {"csv": "0.125,1.5,{}\n", "jsonl": '{{"v": [0.125, 1.5, {}]}}\n', "lists": "[0.125, 1.5, {}]\n"}[form]
        file.writelines(line.format(row + 0.5) for row in range(rows))
    size = path.stat().st_size
    monkeypatch.setattr(text_files, "BLOCK_BYTES", 1 << 14)
    open_vectors(str(path)).read(0, 1)
    tracemalloc.start()
    held = pa.total_allocated_bytes()
    vectors = open_vectors(str(path))
    last = vectors.read(rows - 1, rows)
    python = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert last[0, -1] == rows - 0.5
    assert python < size // 3
    assert pa.total_allocated_bytes() - held < size // 4


def test_a_document_that_does_not_fit_is_refused_before_it_is_parsed(tmp_path):
    path = tmp_path / "a.json"
    with open(path, "w") as file:
        file.write("[" + ",\n".join(['{"v": [0.5, 1.5]}'] * 100_000) + "]")
    with pytest.raises(ResourceError, match="one JSON array, parsed whole, takes about") as error:
        open_vectors(str(path), max_memory="160M")
    assert "write one object per line" in error.value.hint
    assert open_vectors(str(path), max_memory="1G").shape == (100_000, 2)


@pytest.mark.parametrize(
    ("text", "later"),
    [
        ("x,y\n1,2\n3,4\n", "x,y\n1,2\n"),
        ("x,y\n1,2\n3,4\n", "x,y\n1,2\n3,9.5\n"),
        ('{"v": [1, 2]}\n{"v": [3, 4]}\n', '{"v": [1, 2]}\n'),
    ],
)
def test_text_that_changes_after_it_was_opened_is_refused(write, text, later):
    vectors = open_vectors(write(text))
    write(later)
    with pytest.raises(ResourceError, match="this input changed while it was read"):
        whole(vectors)


@pytest.mark.parametrize("text", ["\n" * 100_000, "9" * 2000, "label\n" + "9" * 2000])
def test_blank_text_and_endless_values_are_refused(write, monkeypatch, text):
    monkeypatch.setattr(text_files, "BLOCK_BYTES", 100)
    with pytest.raises(DataError, match=r"holds no values|is longer than 1,600 bytes|is empty: expected one"):
        read_values(write(text))
