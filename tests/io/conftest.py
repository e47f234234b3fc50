"""Fixtures that the tests of readers share."""

import csv
import json

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from formed_tables import TABLE, VECTORS


@pytest.fixture
def write(tmp_path):
    def write(text, name="a.txt"):
        (tmp_path / name).write_bytes(text if isinstance(text, bytes) else text.encode())
        return str(tmp_path / name)

    return write


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("text")


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    """The table of `formed_tables` in every format."""
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
