"""One result in every format, on stdout and in files: the same columns, the same numbers."""

import csv
import io
import json

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from numpy.testing import assert_allclose

COMMANDS = {
    "similarity": "similarity x.npy y.npy",
    "matrix": "pairwise x.npy y.npy",
    "batches": "pairwise cube.npy cube.npy",
    "top k": "pairwise x.npy y.npy --top-k 2",
    "threshold": "pairwise x.npy y.npy --threshold 0.1",
    "compare": "compare x.npy y.npy --aggregate argmax --aggregate mean",
    "channels": "channels cube.npy cube.npy",
    "loss": "loss pairs.parquet --kind contrastive",
    "explain": "explain x.npy y.npy --row 1",
    "inspect": "inspect pairs.parquet",
    "list": "list losses",
}
ARRAYS = {"similarity", "matrix", "batches", "channels", "loss"}
SUFFIXES = {"json": "json", "jsonl": "jsonl", "csv": "csv", "parquet": "parquet", "arrow": "arrow", "markdown": "md"}


def ipc(data):
    """Open what a file holds, or the stream that stdout carries."""
    return pa.ipc.open_file(data) if data.startswith(b"ARROW1") else pa.ipc.open_stream(data)


READERS = {
    "json": lambda data: json.loads(data)["rows"],
    "jsonl": lambda data: [json.loads(line) for line in data.decode().splitlines()],
    "csv": lambda data: list(csv.DictReader(io.StringIO(data.decode()))),
    "parquet": lambda data: pq.read_table(io.BytesIO(data)).to_pylist(),
    "arrow": lambda data: ipc(data).read_all().to_pylist(),
}


def read(kind, data):
    """Return the rows of a result as a list of dicts."""
    if kind in READERS:
        return READERS[kind](data)
    lines = [line.replace("\\|", "¦") for line in data.decode().split("\n\n")[0].splitlines()]
    header, _, *body = (line[2:-2].split(" | ") for line in lines)
    return [dict(zip(header, cells, strict=True)) for cells in body]


def number(value):
    """Return a cell as a number where it is one."""
    if isinstance(value, str):
        value = {"true": 1.0, "false": 0.0, "True": 1.0, "False": 0.0}.get(value, value)
    try:
        return np.nan if value is None else float(value)
    except (TypeError, ValueError):
        return None


def same(rows, expected):
    assert len(rows) == len(expected)
    for row, other in zip(rows, expected, strict=True):
        assert [name.replace("\\", "") for name in row] == list(other)
        for cell, value in zip(row.values(), other.values(), strict=True):
            if isinstance(value, int | float):
                # a narrow float is the shortest decimal in text and itself in Parquet
                assert_allclose(number(cell), value, rtol=1e-6)
            elif number(value) is None and isinstance(value, str) and isinstance(cell, str):
                assert cell.replace("\\", "").replace("¦", "|") == value


@pytest.mark.parametrize("name", COMMANDS)
def test_every_format_says_the_same(run, work, odd, name):
    typed = COMMANDS[name].split()
    expected = run(*typed, "--format", "json", cwd=odd).document["rows"]
    assert expected
    for kind, suffix in SUFFIXES.items():
        shown = run(*typed, "--format", kind, cwd=odd)
        assert shown.code == 0, shown.err
        same(read(kind, shown.out), expected)
        if kind in ("parquet", "arrow", "csv"):
            path = work / f"result.{suffix}"
            written = run(*typed, *(() if name == "channels" else ("-o", path)), cwd=odd)
            assert written.code == 0, written.err
            if name != "channels":  # whose -o is the maps
                assert written.out == b""
                same(read(kind, path.read_bytes()), expected)


@pytest.mark.parametrize("name", sorted(ARRAYS))
def test_npy_is_the_array_of_the_rows(run, odd, name):
    typed = COMMANDS[name].split()
    key = "loss" if name == "loss" else "score"
    expected = [row[key] for row in run(*typed, "--format", "json", cwd=odd).document["rows"]]
    array = np.load(io.BytesIO(run(*typed, "--format", "npy", cwd=odd).out))
    assert_allclose(array.ravel(), expected, rtol=1e-6)


@pytest.mark.parametrize("typed", ["list", "inspect pairs.parquet", "explain x.npy y.npy", "pairwise x.npy y.npy"])
def test_a_table_is_as_wide_as_columns_says(run, odd, typed):
    narrow = run(*typed.split(), cwd=odd, env={"COLUMNS": "80"})
    dumb = run(*typed.split(), cwd=odd, env={"TERM": "dumb", "COLUMNS": "80"})
    wide, unlimited = run(*typed.split(), cwd=odd, env={"COLUMNS": "600"}), run(*typed.split(), cwd=odd)
    assert narrow.text == dumb.text
    assert wide.text == unlimited.text
    assert max(map(len, narrow.text.splitlines())) <= 80
    assert "…" not in wide.text


def test_an_ascii_terminal_gets_an_ascii_table(run, odd):
    done = run("similarity", "x.npy", "y.npy", cwd=odd, env={"PYTHONIOENCODING": "ascii"})
    assert done.code == 0
    assert done.out.isascii()
    assert b"|     0 |" in done.out


IDS = ["[red]a[/red]", "b\x1b[31mred\x1b[0m", "c\nd", "e\u202ef", "<b>|`x`", "é✓", "=1+1", "x" * 300]


@pytest.mark.parametrize("format", ["table", "markdown", "csv", "json", "jsonl"])
def test_ids_never_reach_the_terminal_as_markup_or_controls(on_a_terminal, work, format):
    vectors = [[float(row == column) for column in range(8)] for row in range(8)]
    pq.write_table(pa.table({"id": IDS, "v": vectors}), work / "v.parquet")
    command = ("pairwise", "v.parquet", "--threshold", 0.5, "--include-self", "--format", format)
    code, text = on_a_terminal(*command, env={"NO_COLOR": "1", "COLUMNS": "1000"})
    assert code == 0
    controls = {character for character in text if ord(character) < 32 or 0x7F <= ord(character) < 0xA0} - {"\n"}
    assert not controls
    assert "\u202e" not in text
    assert "é✓" in text
    assert "x" * 300 in text
    if format in ("json", "jsonl"):
        assert {row["a"] for row in read(format, text.encode())} == set(IDS)
    if format == "table":
        assert "[red]a[/red]" in text
        assert "c\\nd" in text
        assert len({len(line) for line in text.splitlines() if line.startswith(("│", "├"))}) == 1


def test_ids_are_whole_in_a_pipe(run, work):
    vectors = [[float(row == column) for column in range(8)] for row in range(8)]
    pq.write_table(pa.table({"id": IDS, "v": vectors}), work / "v.parquet")
    for kind in ("csv", "jsonl", "parquet", "arrow"):
        done = run("pairwise", "v.parquet", "--threshold", 0.5, "--include-self", "--format", kind)
        assert [row["a"] for row in read(kind, done.out)] == IDS


def test_messages_are_printable_too(run, work):
    for name in ("no\x1b[31msuch.npy", "no\nsuch.npy"):
        done = run("pairwise", name)
        assert done.code == 2
        assert "\x1b" not in done.err
        assert len(done.err.splitlines()) <= 3
