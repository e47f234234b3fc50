"""What is written is read back, and refused where it is not what was there."""

import json

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import simtool
from simtool.errors import OutputError
from simtool.operations import convert_plan as converting

ROWS = np.random.default_rng(4).standard_normal((400, 5)).astype(np.float32)


def test_what_does_not_read_back_is_refused_and_leaves_nothing(tmp_path, monkeypatch):
    np.save(tmp_path / "x.npy", ROWS)
    real = converting.check_written

    def spoilt(temporary, *arguments):
        with open(temporary, "rb+") as file:
            file.seek(-3, 2)
            file.write(b"\x01")
        real(temporary, *arguments)

    monkeypatch.setattr(converting, "check_written", spoilt)
    for suffix in ("npy", "fbin", "safetensors"):
        with pytest.raises(OutputError, match="it reads back otherwise than it was written"):
            simtool.convert(str(tmp_path / "x.npy"), output=str(tmp_path / f"y.{suffix}"))
    with pytest.raises(OutputError, match="it does not read back"):
        simtool.convert(str(tmp_path / "x.npy"), output=str(tmp_path / "y.parquet"))
    assert sorted(each.name for each in tmp_path.iterdir()) == ["x.npy"]


@pytest.mark.parametrize("ids", [["1.50", "2.0"], ["1", "2"], [7, 8]])
def test_ids_are_read_back_too(tmp_path, ids):
    vectors = pa.FixedSizeListArray.from_arrays(pa.array(np.arange(4.0)), 2)
    pq.write_table(pa.table({"id": ids, "v": vectors}), tmp_path / "x.parquet")
    simtool.convert(str(tmp_path / "x.parquet"), output=str(tmp_path / "y.jsonl"))
    assert [json.loads(line)["id"] for line in (tmp_path / "y.jsonl").read_text().splitlines()] == ids
    if "2.0" in ids:  # which any reader of CSV takes for numbers
        with pytest.raises(OutputError, match="the ids 'id' read back otherwise than they were written"):
            simtool.convert(str(tmp_path / "x.parquet"), output=str(tmp_path / "y.csv"))
    else:
        simtool.convert(str(tmp_path / "x.parquet"), output=str(tmp_path / "y.csv"))
