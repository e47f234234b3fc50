"""Selected rows and carried columns of every format, against pyarrow and numpy on the whole table."""

import csv
import datetime as dt
import json

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

import simtool
from simtool.errors import DataError, InputNotFoundError, ParameterError, ShapeError
from simtool.io import Selection, open_table, open_vectors, read_values
from simtool.io.listed_columns import carried_beside, carried_columns
from simtool.io.vectors import provenance

ROWS = 500
RANDOM = np.random.default_rng(5)
TABLE = pa.table(
    {
        "id": [f"r{row}" for row in range(ROWS)],
        "text": [None if row % 7 == 0 else f"text {row} é" for row in range(ROWS)],
        "year": [1990 + row % 40 for row in range(ROWS)],
        "part": [None if row % 5 == 0 else row / 8 for row in range(ROWS)],
    }
)
VECTORS = RANDOM.standard_normal((ROWS, 6)).astype(np.float32)
FORMATS = ("parquet", "arrow", "stream", "jsonl", "csv", "npz")


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    folder = tmp_path_factory.mktemp("selection")
    lists = pa.FixedSizeListArray.from_arrays(pa.array(VECTORS.ravel()), 6)
    whole = TABLE.append_column("v", lists)
    pq.write_table(whole, folder / "t.parquet", row_group_size=64)
    with pa.ipc.new_file(folder / "t.arrow", whole.schema) as writer:
        writer.write_table(whole, max_chunksize=50)
    with pa.ipc.new_stream(folder / "t.stream", whole.schema) as writer:
        writer.write_table(whole, max_chunksize=50)
    records = [{**row, "v": VECTORS[number].tolist()} for number, row in enumerate(TABLE.to_pylist())]
    (folder / "t.jsonl").write_text("".join(f"{json.dumps(row)}\n" for row in records))
    with (folder / "t.csv").open("w", newline="", encoding="utf-8") as file:
        cells = csv.writer(file)
        cells.writerow([*TABLE.column_names, *(f"v{number}" for number in range(6))])
        cells.writerows([*row.values(), *VECTORS[number].tolist()] for number, row in enumerate(TABLE.to_pylist()))
    np.savez(folder / "t.npz", v=VECTORS, id=np.asarray(TABLE["id"].to_pylist()), year=TABLE["year"].to_numpy())
    np.save(folder / "t.npy", VECTORS)
    return folder


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


@pytest.mark.parametrize("name", FORMATS[:-1])
@pytest.mark.parametrize("most", [1 << 30, 0])
def test_carried_columns_are_taken_by_row_from_memory_or_from_a_mapped_file(files, name, most, monkeypatch):
    monkeypatch.setattr("simtool.io.opening.held_at_most", lambda size: most or 8 << 20)
    where = Selection(str(files / f"t.{name}"), rows="100:", keep=["text", "year", "part"])
    vectors = open_vectors(where)
    rows = np.asarray([0, 399, 5, 5, 130])
    if not most:
        object.__setattr__(vectors.carried, "most", 0)
    found = carried_columns(vectors, rows, "a")
    expected = TABLE.take(100 + rows)
    assert found["text_a"].tolist() == expected["text"].to_pylist()
    assert found["year_a"].tolist() == expected["year"].to_pylist()
    np.testing.assert_array_equal(found["part_a"], expected["part"].to_numpy())
    without = carried_columns(vectors, np.asarray([-1, 3]), "b")
    assert without["text_b"].tolist() == [None, "text 103 é"]
    assert np.isnan(without["year_b"][0])


def test_dates_bools_and_gaps_become_what_every_format_can_hold(tmp_path):
    days = [dt.date(2024, 2, 29), dt.date(2024, 3, 1)]
    table = pa.table(
        {
            "v": [[1.0], [2.0]],
            "day": days,
            "time": pa.array([dt.datetime(2024, 2, 29), None], pa.timestamp("ms")),
            "flag": [True, False],
            "maybe": [True, None],
            "whole": pa.array([2**40, None], pa.int64()),
            "kind": pa.array(["x", "y"]).dictionary_encode(),
        }
    )
    pq.write_table(table, tmp_path / "t.parquet")
    keep = ["day", "time", "flag", "maybe", "whole", "kind"]
    vectors = open_vectors(Selection(str(tmp_path / "t.parquet"), keep=keep))
    found = carried_columns(vectors, np.asarray([1, 0]), "a")
    shown = {name: column.tolist() for name, column in found.items()}
    assert shown["day_a"] == ["2024-03-01", "2024-02-29"]
    assert shown["time_a"] == [None, "2024-02-29 00:00:00.000"]
    assert shown["flag_a"] == [False, True]
    assert shown["maybe_a"] == [None, "true"]
    assert np.isnan(shown["whole_a"][0])
    assert shown["whole_a"][1] == 2**40
    assert shown["kind_a"] == ["y", "x"]
    with pytest.raises(DataError, match="a listing carries text, numbers, bools, dates and times"):
        open_vectors(Selection(str(tmp_path / "t.parquet"), keep=["v"]))


def test_columns_of_one_table_have_their_own_names_in_a_listing_of_pairs(files):
    table = open_table(Selection(str(files / "t.parquet"), keep=["text", "year"]))
    sides = {"a": table.vectors("v"), "b": table.vectors("v")}
    assert list(carried_beside(sides, np.arange(2), ["id", "year"])) == ["text", "year_a"]
    other = {"a": table.vectors("v"), "b": open_vectors(Selection(str(files / "t.csv"), keep=["year"]))}
    assert list(carried_beside(other, np.arange(2), ())) == ["text_a", "year_a", "year_b"]


def test_items_of_tokens_are_selected(tmp_path):
    items = [np.full((length, 2), float(number)) for number, length in enumerate((3, 1, 0, 2, 4))]
    pq.write_table(pa.table({"id": list("abcde"), "v": [item.tolist() for item in items]}), tmp_path / "t.parquet")
    np.savez(tmp_path / "t.npz", **dict(zip("abde", [*items[:2], *items[3:]], strict=True)))
    found = simtool.open_items(Selection(str(tmp_path / "t.parquet"), where="id >= 'c'"))
    assert found.ids.tolist() == ["c", "d", "e"]
    assert found.lengths.tolist() == [0, 2, 4]
    assert found.tokens.read(0, 6)[:, 0].tolist() == [3, 3, 4, 4, 4, 4]
    found = simtool.open_items(Selection(str(tmp_path / "t.npz"), rows="1:3"))
    assert found.ids.tolist() == ["b", "d"]
    assert found.tokens.read(0, 3)[:, 0].tolist() == [1, 3, 3]
    assert simtool.open_items(Selection(str(tmp_path / "t.npz"), rows="0:")).shape[0] == 4


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


def test_selected_rows_of_every_row_group(files):
    table = open_table(Selection(str(files / "t.arrow"), where="year in (1999, 2010) and year > 0"))
    rows = [row for row in range(ROWS) if 1990 + row % 40 in (1999, 2010)]
    assert sum(table.batches.counts) == len(rows)
    read = [value for piece in table.batches.read(0, "id", 7) for value in piece.to_pylist()]
    assert read == [f"r{row}" for row in rows]
    later = [value for piece in table.batches.read(3, "id", 7) for value in piece.to_pylist()]
    assert later == [f"r{row}" for row in rows if row >= 150]
