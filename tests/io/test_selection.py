"""Selected rows and carried columns of every format, against pyarrow and numpy on the whole table."""

import io

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pytest
from formed_tables import FORMATS, ROWS, TABLE, VECTORS

import simtool
from simtool.errors import DataError, InputNotFoundError, ParameterError, ShapeError, SimtoolError
from simtool.io import Selection, open_table, open_vectors, read_values
from simtool.io.origins import provenance

YEARS = {
    "year = 1999": pc.field("year") == 1999,
    "id in ('r3', 'r499', 'r64')": pc.field("id").isin(["r3", "r499", "r64"]),
    "year > 2020 and year < 2023": (pc.field("year") > 2020) & (pc.field("year") < 2023),
}


def chosen(where=None, rows=":"):
    """Return the rows that pyarrow selects."""
    numbered = TABLE.append_column("row", pa.array(range(ROWS)))
    found = numbered if where is None else numbered.filter(YEARS[where])
    start, stop = (int(end) if end else None for end in rows.split(":"))
    return np.asarray([row for row in found["row"].to_pylist() if row in range(ROWS)[start:stop]])


@pytest.mark.parametrize("name", FORMATS)
@pytest.mark.parametrize(
    "wanted",
    [
        {"rows": "10:20"},
        {"rows": "-3:"},
        {"rows": ":1000"},
        {"where": "year = 1999"},
        {"where": "id in ('r3', 'r499', 'r64')"},
        {"where": "year > 2020 and year < 2023", "rows": "100:400"},
    ],
)
def test_rows_are_those_that_pyarrow_selects(files, name, wanted):
    vectors = open_vectors(Selection(str(files / f"t.{name}"), **wanted))
    index = chosen(**wanted)
    assert vectors.shape == (len(index), 6)
    assert vectors.ids.tolist() == [f"r{row}" for row in index]
    np.testing.assert_array_equal(vectors.read(0, len(index)).astype(np.float32), VECTORS[index])
    np.testing.assert_array_equal(vectors.read(1, 3).astype(np.float32), VECTORS[index[1:3]])
    said = provenance({"a": vectors})["a"]
    assert f"{len(index)} of 500 rows" in said
    assert all(value in said for value in wanted.values())


def test_conditions_see_nulls_in_every_format_that_has_them(files):
    for name in ("parquet", "arrow", "stream", "jsonl", "csv"):
        for where, expected in (
            ("text is null", pc.field("text").is_null()),
            ("part > 30", pc.field("part") > 30),
            ("not part > 30", pc.field("part") <= 30),
        ):
            table = open_table(Selection(str(files / f"t.{name}"), where=where))
            assert table.ids().tolist() == TABLE.filter(expected)["id"].to_pylist(), (name, where)


def test_a_sample_is_the_same_in_every_format_and_differs_by_seed(files):
    found = {
        tuple(open_vectors(Selection(str(files / f"t.{name}"), sample=40, seed=3)).ids.tolist()) for name in FORMATS
    }
    (one,) = found
    assert len(set(one)) == 40
    assert list(one) == sorted(one, key=lambda name: int(name[1:]))
    other = open_vectors(Selection(str(files / "t.npz"), sample=40, seed=4)).ids.tolist()
    assert list(one) != other
    assert len(open_vectors(Selection(str(files / "t.npz"), sample=10_000)).ids) == ROWS
    many = [int(name[1:]) for seed in range(40) for name in
            open_vectors(Selection(str(files / "t.npz"), sample=40, seed=seed)).ids.tolist()]  # fmt: skip
    assert abs(np.mean(many) - (ROWS - 1) / 2) < 5 * (ROWS / 12**0.5) / len(many) ** 0.5


def test_rows_without_ids_keep_their_numbers(files):
    vectors = open_vectors(Selection(str(files / "t.npy"), rows="490:"))
    assert vectors.ids.tolist() == list(range(490, 500))
    picked = open_vectors(Selection(str(files / "t.npy"), query=["17", "4"]))
    assert picked.ids.tolist() == [4, 17]
    with pytest.raises(DataError, match=r"'500' is not among the row numbers.*\n.*\nrows are 0 to 499"):
        open_vectors(Selection(str(files / "t.npy"), query=["500"]))


def test_what_goes_along_has_the_same_rows(files):
    first = Selection(str(files / "t.parquet"), where="year = 1999")
    other = open_vectors(Selection(str(files / "t.npy"), along=first))
    np.testing.assert_array_equal(other.read(0, other.shape[0]), VECTORS[chosen(where="year = 1999")])
    assert other.ids is None
    np.save(files / "labels.npy", np.arange(ROWS))
    (files / "labels.txt").write_text("".join(f"{row}\n" for row in range(ROWS)))
    for name in ("labels.npy", "labels.txt"):
        values = read_values(Selection(str(files / name), along=first))
        assert values.tolist() == chosen(where="year = 1999").tolist()
    np.save(files / "short.npy", np.arange(7))
    with pytest.raises(ShapeError, match=r"expected 500 rows, as in .*t.parquet, of which some are selected; got 7"):
        read_values(Selection(str(files / "short.npy"), along=first))


@pytest.mark.parametrize(
    ("wanted", "error", "what"),
    [
        ({"rows": "3"}, ParameterError, "expected a range of rows, got '3'"),
        ({"rows": "a:b"}, ParameterError, "expected a range of rows"),
        ({"sample": 0}, ParameterError, "a sample of 0 rows"),
        ({"sample": 3, "seed": -1}, ParameterError, "seed is -1"),
        ({"rows": "600:"}, DataError, "none of 500 rows is left: rows 600:"),
        ({"where": "year = 1"}, DataError, "none of 500 rows is left: where year = 1"),
        ({"where": "v = 1"}, ParameterError, "the column 'v' holds neither values nor dates"),
        ({"query": ["r55x"]}, DataError, "'r55x' is not among the 500 ids"),
        ({"query": ["nope"]}, DataError, "ids are as 'r0'"),
        ({"rows": "x", "ending": "_b"}, ParameterError, "rows_b"),
        ({"sample": 0, "ending": "_b"}, ParameterError, "sample_b"),
        ({"where": "year", "ending": "_b"}, ParameterError, "where_b year"),
        ({"keep": ["txet"]}, InputNotFoundError, "no column 'txet', which keep_columns names"),
    ],
)
def test_a_selection_that_cannot_be_is_refused(files, wanted, error, what):
    with pytest.raises(error, match=what):
        open_vectors(Selection(str(files / "t.parquet"), **wanted))


def test_a_selection_keeps_itself_without_its_column(files):
    from simtool.io import split_source

    source = Selection(f"{files}/t.parquet::v", rows="0:3")
    path, name = split_source(source)
    assert (path, name) == (f"{files}/t.parquet", "v")
    assert isinstance(path, Selection)
    assert open_vectors(source).shape == (3, 6)


def test_queries_are_looked_up_in_the_whole_and_kept_where_they_are_selected(files):
    source = str(files / "t.parquet")
    assert open_vectors(Selection(source, query=["r9", "r300"], rows=":100")).ids.tolist() == ["r9"]
    with pytest.raises(DataError, match="none of 500 rows is left: rows :100, query r300"):
        open_vectors(Selection(source, query=["r300"], rows=":100"))


def test_two_selections_of_one_pipe_read_it_once(monkeypatch):
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(b"id,x0,x1\na,1,2\nb,3,4\nc,5,6\n")))
    queries = Selection("-", query=["b"])
    corpus = Selection("-", rows="1:", same=queries)
    assert open_vectors(queries).read(0, 1).tolist() == [[3, 4]]
    assert open_vectors(corpus).ids.tolist() == ["b", "c"]
    with pytest.raises(DataError, match="standard input can be read only once"):
        open_vectors(Selection("-"))


def test_rows_and_columns_of_what_is_in_memory():
    table = pa.table({"lang": ["de", "en"] * 4, "word": list("abcdefgh"), "v": list(np.eye(8))})
    chosen = Selection(table, where="lang = 'en'", keep="word")
    assert open_vectors(chosen).read(0, 9).tolist() == np.eye(8)[1::2].tolist()
    assert simtool.pairwise(chosen, top_k=1)[0]["word_a"] == "b"
    assert open_vectors(Selection(np.eye(5), rows="1:3")).read(0, 9).tolist() == np.eye(5)[1:3].tolist()
    wide = Selection(pd.DataFrame({"x0": [1.0], "x1": [2.0], "y": [3.0]}), columns="x*")
    assert open_vectors(wide).read(0, 9).tolist() == [[1.0, 2.0]]
    assert simtool.loss(Selection(table, rows="0:4"), labels="lang", kind="sup-con").summary["items"] == 4


def test_an_error_shows_no_table():
    table = pd.DataFrame({"v": list(np.eye(8)), "word": list("abcdefgh")})
    with pytest.raises(SimtoolError) as refused:
        simtool.pairwise(Selection(table, where="lang = 'en'"), top_k=1)
    assert str(refused.value).startswith("no column 'lang' in table")
