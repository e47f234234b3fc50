"""Numbers in another type and unit rows are those of numpy, and what is rounded or lost is counted."""

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import simtool
from simtool.errors import DataError

GENERATOR = np.random.default_rng(4)


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
@pytest.mark.parametrize("suffix", ["npy", "safetensors", "parquet", "arrow", "csv", "jsonl"])
def test_numbers_in_another_type_are_those_of_numpy(tmp_path, dtype, suffix):
    given = GENERATOR.standard_normal((50, 3))
    np.save(tmp_path / "x.npy", given)
    output = str(tmp_path / f"y.{suffix}")
    found = simtool.convert(str(tmp_path / "x.npy"), output=output, dtype=dtype)
    vectors = simtool.open_vectors(output)
    assert np.array_equal(vectors.read(0, 50).astype(dtype), given.astype(dtype))
    if suffix not in ("csv", "jsonl"):
        assert vectors.dtype == dtype
    assert found.summary["rounded"] == (0 if dtype == "float64" else 50)
    assert bool(found.notes) == (dtype != "float64")


def test_a_number_beyond_the_range_is_refused_with_its_row_and_id(tmp_path):
    path = str(tmp_path / "x.parquet")
    pq.write_table(pa.table({"id": ["a", "b"], "v": [[1.0, 2.0], [3.0, 7e4]]}), path)
    with pytest.raises(DataError, match=r"row 1 \(id 'b'\) holds numbers that leave the range of float16: 70000"):
        simtool.convert(path, output=str(tmp_path / "y.npy"), dtype="float16")
    assert [each.name for each in tmp_path.iterdir()] == ["x.parquet"]


def test_what_becomes_zero_and_integers_that_are_rounded_are_counted(tmp_path):
    np.save(tmp_path / "x.npy", np.asarray([[1e-20, 0], [0, 0], [1, 0]]))
    found = simtool.convert(str(tmp_path / "x.npy"), output=str(tmp_path / "y.npy"), dtype="float16")
    assert "1 row became zero" in " ".join(found.notes)
    assert found.summary["zero"] == 2
    np.save(tmp_path / "i.npy", np.asarray([[2**53 + 1], [2**53]]))
    found = simtool.convert(str(tmp_path / "i.npy"), output=str(tmp_path / "j.npy"), dtype="float64")
    assert found.summary["rounded"] == 1


def test_unit_rows_have_length_one_whatever_their_scale(tmp_path):
    given = GENERATOR.standard_normal((60, 7)) * 10.0 ** GENERATOR.integers(-300, 300, (60, 1))
    given[7] = 0
    np.save(tmp_path / "x.npy", given)
    found = simtool.convert(str(tmp_path / "x.npy"), output=str(tmp_path / "y.npy"), normalize=True)
    scaled = given / np.maximum(np.abs(given).max(axis=1, keepdims=True), 1e-320)
    wanted = scaled / np.maximum(np.sqrt((scaled**2).sum(axis=1, keepdims=True)), 1e-320)
    assert np.allclose(np.load(tmp_path / "y.npy"), wanted, rtol=1e-15, atol=0)
    assert found.summary["zero"] == 1
    assert "1 zero row without a direction" in found.notes[0]


def test_integers_stay_and_become_floats_as_unit_rows(tmp_path):
    np.save(tmp_path / "x.npy", np.asarray([[3, 4]], np.int8))
    for output, how, wanted in (("y", {}, np.int8), ("z", {"normalize": True}, np.float32)):
        path = str(tmp_path / f"{output}.npy")
        simtool.convert(str(tmp_path / "x.npy"), output=path, **how)
        assert np.load(path).dtype == wanted
    assert np.load(path).tolist() == [[np.float32(0.6), np.float32(0.8)]]
