"""The names that may follow `::`, against what the readers find, and none of what is damaged."""

import json

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from safetensors.numpy import save_file

from simtool.io import column_names, open_table

NAMES = ["id", "embedding", "größe"]


@pytest.fixture(params=["csv", "tsv", "jsonl", "npz", "safetensors", "parquet"])
def table(request, tmp_path):
    """A file of each kind with three columns."""
    path = tmp_path / f"x.{request.param}"
    columns = {"id": np.arange(3), "embedding": np.eye(3), "größe": np.ones(3)}
    if request.param in ("csv", "tsv"):
        mark = "\t" if request.param == "tsv" else ","
        path.write_text("".join(mark.join(row) + "\n" for row in (NAMES, ["1", '"[1, 2]"', "2.5"])), encoding="utf-8")
    elif request.param == "jsonl":
        path.write_text(json.dumps({"id": 1, "embedding": [1.0], "größe": 2}) + "\n", encoding="utf-8")
    elif request.param == "npz":
        np.savez(path, **columns)
    elif request.param == "safetensors":
        save_file(columns, path, metadata={"of": "us"})
    else:
        pq.write_table(pa.table({name: list(column) for name, column in columns.items()}), path)
    return str(path)


def test_the_names_are_those_of_the_file(table):
    assert sorted(column_names(table)) == sorted(NAMES)


def test_a_wide_and_nested_schema(tmp_path):
    fields = [pa.field(f"c{number}", pa.float32()) for number in range(300)]
    nested = pa.struct([("inner", pa.struct([("x", pa.list_(pa.int8()))])), ("when", pa.timestamp("us", "UTC"))])
    schema = pa.schema([pa.field("s", nested), *fields, pa.field("d", pa.decimal128(9, 2)), pa.field("b", pa.bool_())])
    path = tmp_path / "wide.parquet"
    pq.write_table(schema.empty_table(), path)
    assert column_names(str(path)) == schema.names


@pytest.mark.parametrize("name", ["words.parquet", "wordsim353.parquet", "digits.parquet", "texts.parquet"])
def test_the_samples(sample_data, name):
    path = str(sample_data / name)
    assert column_names(path) == list(open_table(path).columns)


def test_what_has_no_names_and_what_is_damaged(table, tmp_path):
    np.save(tmp_path / "x.npy", np.eye(2))
    for name, content in (("numbers.csv", b"1,2\n3,4\n"), ("one.txt", b"word\n"), ("empty", b""), ("bytes", bytes(64))):
        (tmp_path / name).write_bytes(content)
    (tmp_path / "list.json").write_text("[1, 2]")
    for name in ("x.npy", "numbers.csv", "one.txt", "empty", "bytes", "list.json", "gone", "."):
        assert column_names(str(tmp_path / name)) == []
    with open(table, "rb") as file:
        whole = file.read()
    random = np.random.default_rng(0)
    for _ in range(300):
        damaged = bytearray(whole[: random.integers(1, len(whole) + 1)])
        damaged[random.integers(len(damaged))] = random.integers(256)
        (tmp_path / "damaged").write_bytes(damaged)
        assert isinstance(column_names(str(tmp_path / "damaged")), list)
