"""Text is parsed block by block: the same numbers, faults and little memory, whatever the blocks."""

import csv
import json
import tracemalloc

import numpy as np
import pyarrow as pa
import pytest
from opened_text import refused, whole

from simtool.errors import DataError, ResourceError
from simtool.io import open_vectors, read_values, text_blocks
from simtool.io import text as text_files


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


@pytest.mark.parametrize(
    ("text", "line"),
    [('x,y\n1,"' + "9" * 10_000, 2), ('x,y,"' + "9" * 10_000, 1), ('{"a": [1]}\n{"a": [' + "9," * 5000, 2)],
)
def test_a_row_without_an_end_is_refused_before_all_of_it_is_read(write, monkeypatch, text, line):
    monkeypatch.setattr(text_files, "BLOCK_BYTES", 100)
    assert refused(write(text)).what == f"the row that begins in line {line} is longer than 1,600 bytes"


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
