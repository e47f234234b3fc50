"""Tables and matrices written a batch at a time read back as they were."""

import csv
import io
import json
import os
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from numpy.typing import NDArray

from simtool.errors import DataError
from simtool.io import open_table
from simtool.io.writers import open_rows


def text_column(*values: Any) -> NDArray[Any]:
    column = np.empty(len(values), dtype=object)
    column[:] = values
    return column


def index_column(*values: tuple[Any, ...]) -> NDArray[Any]:
    column = np.empty(len(values), dtype=object)
    for number, value in enumerate(values):
        column[number] = value
    return column


BATCH = {
    "id": text_column("a", 'b "quoted", |\n', "日本語 👩‍🚀"),
    "name": np.array(["x", "y", "z"]),
    "index": index_column((0, 3), (np.int64(1), 2), (5, 6)),
    "count": np.array([1, 2**62, -3]),
    "score": np.array([0.1, np.nan, -1e-7], dtype=np.float32),
    "distance": np.array([1 / 3, np.nan, 1e300]),
    "same": np.array([True, False, True]),
}


EMPTY = {name: column[:0] for name, column in BATCH.items()}


def read_parquet(path: Path) -> pa.Table:
    return pq.read_table(path)


def read_arrow(path: Path) -> pa.Table:
    return pa.ipc.open_file(path).read_all()


@pytest.mark.parametrize(("format", "read"), [("parquet", read_parquet), ("arrow", read_arrow)])
def test_binary_tables_keep_every_type_and_nan(tmp_path: Path, format: str, read: Callable[[Path], pa.Table]) -> None:
    path = tmp_path / "rows"
    with open_rows(str(path), format) as writer:
        writer.write(BATCH)
        writer.write(EMPTY)
        writer.write(BATCH)
    table = read(path)
    assert table.num_rows == 6
    numbers = [pa.int64(), pa.float32(), pa.float64(), pa.bool_()]
    assert [field.type for field in table.schema] == [pa.string(), pa.string(), pa.list_(pa.int64()), *numbers]
    columns = table.to_pydict()
    assert columns["id"] == list(BATCH["id"]) * 2
    assert columns["index"] == [[0, 3], [1, 2], [5, 6]] * 2
    assert columns["count"] == [1, 2**62, -3] * 2
    assert table["score"].null_count == 0
    np.testing.assert_array_equal(np.array(columns["score"], dtype=np.float32), np.tile(BATCH["score"], 2))
    np.testing.assert_array_equal(columns["distance"], np.tile(BATCH["distance"], 2))
    assert columns["same"] == [True, False, True] * 2


def test_csv_quotes_and_leaves_nan_empty(tmp_path: Path) -> None:
    path = tmp_path / "rows.csv"
    with open_rows(str(path), "csv") as writer:
        writer.write(BATCH)
        writer.write(BATCH)
    text = path.read_bytes().decode()
    assert "\r" not in text
    header, *rows = csv.reader(io.StringIO(text, newline=""), strict=True)
    assert header == list(BATCH)
    assert rows[:3] == rows[3:]
    assert rows[0] == ["a", "x", "0,3", "1", "0.1", repr(1 / 3), "true"]
    assert rows[1] == ['b "quoted", |\n', "y", "1,2", str(2**62), "", "", "false"]
    assert np.float32(rows[2][4]) == BATCH["score"][2]


def test_json_lines_have_null_for_what_json_cannot_say(tmp_path: Path) -> None:
    path = tmp_path / "rows.jsonl"
    with open_rows(str(path), "jsonl") as writer:
        writer.write(BATCH | {"distance": np.array([np.inf, -np.inf, 1 / 3])})
    lines = path.read_bytes().decode().splitlines()
    rows = [json.loads(line, parse_constant=pytest.fail) for line in lines]
    assert [row["distance"] for row in rows] == [None, None, 1 / 3]
    assert [row["score"] for row in rows] == [0.1, None, -1e-7]
    assert rows[1]["index"] == [1, 2]
    assert rows[0]["same"] is True
    assert [row["id"] for row in rows] == list(BATCH["id"])


@pytest.mark.parametrize("format", ["parquet", "arrow", "csv", "jsonl"])
def test_no_rows_still_have_a_header(tmp_path: Path, format: str) -> None:
    path = tmp_path / "rows"
    with open_rows(str(path), format) as writer:
        writer.write(EMPTY)
    if format == "jsonl":
        assert path.read_bytes() == b""
    elif format == "csv":
        assert path.read_text() == "id,name,index,count,score,distance,same\n"
    else:
        table = read_parquet(path) if format == "parquet" else read_arrow(path)
        assert (table.num_rows, table.column_names) == (0, list(BATCH))


@pytest.mark.parametrize("format", ["parquet", "arrow", "csv", "jsonl"])
def test_a_pipe_takes_what_a_file_takes(tmp_path: Path, format: str) -> None:
    read_end, write_end = os.pipe()
    received: list[bytes] = []
    with os.fdopen(read_end, "rb") as source, os.fdopen(write_end, "wb") as pipe:
        reader = threading.Thread(target=lambda: received.append(source.read()))
        reader.start()
        with open_rows(pipe, format) as writer:
            writer.write(BATCH)
        pipe.close()
        reader.join()
    with open_rows(str(tmp_path / "rows"), format) as writer:
        writer.write(BATCH)
    assert received == [(tmp_path / "rows").read_bytes()]


@pytest.mark.parametrize("format", ["parquet", "arrow"])
def test_text_that_is_not_unicode_is_refused_by_name(tmp_path: Path, format: str) -> None:
    message = r"id holds text that is not Unicode: '\\ud800'"
    with open_rows(str(tmp_path / "rows"), format) as writer, pytest.raises(DataError, match=message):
        writer.write({"id": text_column("fine", "\ud800")})


def test_a_flipped_bit_in_our_own_parquet_is_found(tmp_path: Path) -> None:
    path = tmp_path / "a.parquet"
    values = np.random.default_rng(0).standard_normal(1000)
    with open_rows(str(path), "parquet") as rows:
        rows.write({"id": np.arange(1000), "score": values})
    assert np.array_equal(open_table(str(path)).values("score"), values)
    whole = path.read_bytes()
    group = pq.ParquetFile(path).metadata.row_group(0)
    for number, name in enumerate(("id", "score")):
        chunk = group.column(number)
        start = chunk.dictionary_page_offset or chunk.data_page_offset
        for share in (0.3, 0.6, 0.9):
            damaged = bytearray(whole)
            damaged[start + int(share * chunk.total_compressed_size)] ^= 16
            path.write_bytes(damaged)
            with pytest.raises(DataError, match="damaged"):
                open_table(str(path)).values(name)
