"""Every output format gives hostile ids back, to this reader and to others; formulas can be escaped."""

import csv
import json

import numpy as np
import pyarrow as pa
import pyarrow.csv
import pyarrow.json
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simtool.io import open_table, text_blocks
from simtool.io import text as text_files
from simtool.io.writers import open_rows

HOSTILE = [
    "plain",
    "a\rb",
    "a\nb",
    "a\r\nb",
    "\r",
    "\n",
    'say "a"',
    '"',
    '""',
    "a,b",
    ",",
    " left",
    "right ",
    "\ttab\t",
    " ",
    "",
    "line\u2028separator\u2029",
    "next\x85line",
    "\ufeffmark",
    "=1+1",
    "+1",
    "-1",
    "@SUM(A1)",
    "NaN",
    "null",
    "[1, 2]",
    '{"a": 1}',
    "007",
    "日本語 👩‍🚀",
    "\u200f\u202e",
    "\x1b[2J",
    "#comment",
    "a\\nb",
    "'quoted'",
]


# a NUL near the beginning of a file marks it as no text
UNICODE = st.characters(exclude_categories=["Cs"], exclude_characters="\0")


def column(texts):
    result = np.empty(len(texts), dtype=object)
    result[:] = texts
    return result


def written(path, format, texts, **options):
    with open_rows(str(path), format, **options) as writer:
        writer.write({"a": column(texts), "score": np.arange(len(texts)) + 0.5})
    return str(path)


def by_python(path, format):
    if format == "csv":
        with open(path, newline="", encoding="utf-8") as file:
            return [row["a"] for row in csv.DictReader(file, strict=True)]
    with open(path, "rb") as lines:
        return [json.loads(line)["a"] for line in lines]


def by_pyarrow(path, format):
    if format == "csv":
        options = {
            "parse_options": pa.csv.ParseOptions(newlines_in_values=True),
            "convert_options": pa.csv.ConvertOptions(column_types={"a": pa.string()}),
        }
        return pa.csv.read_csv(path, **options)["a"].to_pylist()
    if format == "jsonl":
        return pa.json.read_json(path)["a"].to_pylist()
    return (pq.read_table(path) if format == "parquet" else pa.ipc.open_file(path).read_all())["a"].to_pylist()


@pytest.mark.parametrize("format", ["csv", "jsonl", "parquet", "arrow"])
def test_hostile_ids_come_back_from_every_format(tmp_path, format):
    path = written(tmp_path / f"a.{format}", format, HOSTILE)
    table = open_table(path)
    assert table.values("a").tolist() == HOSTILE
    assert table.values("score").tolist() == [number + 0.5 for number in range(len(HOSTILE))]
    assert by_pyarrow(path, format) == HOSTILE
    if format in ("csv", "jsonl"):
        assert by_python(path, format) == HOSTILE


@given(texts=st.lists(st.text(UNICODE, max_size=4), min_size=1), size=st.integers(8, 64))
@settings(deadline=None)
def test_any_text_comes_back_from_csv(tmp_path_factory, texts, size):
    # a column that looks like numbers throughout is read as numbers, and this one does not
    texts = [*texts, "x"]
    path = written(tmp_path_factory.mktemp("csv") / "a.csv", "csv", texts)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(text_files, "BLOCK_BYTES", size)
        patch.setattr(text_blocks, "LONGEST_ROW", 1000)
        assert open_table(path).values("a").tolist() == texts
    assert by_python(path, "csv") == texts


def test_formulas_are_raw_or_escaped(tmp_path):
    texts = ["=1+1", "+1", "-1", "@SUM(A1)", "\tx", "\rx", "a=1", "", "'x"]
    raw = written(tmp_path / "raw.csv", "csv", texts)
    assert by_python(raw, "csv") == texts
    escaped = written(tmp_path / "escaped.csv", "csv", texts, escape_formulas=True)
    assert by_python(escaped, "csv") == ["'=1+1", "'+1", "'-1", "'@SUM(A1)", "'\tx", "'\rx", "a=1", "", "'x"]
    # numbers are no formulas
    with open_rows(str(tmp_path / "n.csv"), "csv", escape_formulas=True) as writer:
        writer.write({"a": np.array([-1.5, 2]), "=b": np.array([-1, 2])})
    assert (tmp_path / "n.csv").read_text() == "a,'=b\n-1.5,-1\n2.0,2\n"


def test_a_row_of_one_empty_text_is_a_row(tmp_path):
    with open_rows(str(tmp_path / "a.csv"), "csv") as writer:
        writer.write({"a": column(["", "x", ""])})
    assert (tmp_path / "a.csv").read_text() == 'a\n""\nx\n""\n'
