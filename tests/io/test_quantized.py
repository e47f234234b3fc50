"""Vectors in fewer bytes, against sentence-transformers."""

import numpy as np
import pytest

from simtool import convert
from simtool.errors import DataError, ParameterError, ShapeError
from simtool.io import as_vectors, quantized
from simtool.io.quantized import quantize

PRECISIONS = ["float32", "int8", "uint8", "binary", "ubinary"]


def drawn(dtype=np.float32):
    rows = np.random.default_rng(0).normal(size=(500, 13)).astype(dtype)
    rows[:, 4] = 0.25
    return rows


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("precision", PRECISIONS)
def test_convert_writes_what_sentence_transformers_quantizes(tmp_path, monkeypatch, precision, dtype):
    peer = pytest.importorskip("sentence_transformers.util")
    monkeypatch.setattr(quantized, "PIECE_BYTES", 8 * 13 * 33)
    rows, source, output = drawn(dtype), str(tmp_path / "x.npy"), str(tmp_path / "y.npy")
    np.save(source, rows)
    found = convert(source, output=output, quantize=precision)
    expected = peer.quantize_embeddings(rows, precision)
    np.testing.assert_array_equal(np.load(output), expected)
    assert np.load(output).dtype == expected.dtype == found.summary["dtype"]
    assert found.summary["width"] == expected.shape[1]
    assert any("over all rows" in note for note in found.notes) == precision.endswith("int8")


def test_rows_are_cut_then_normalized_then_quantized(tmp_path):
    peer = pytest.importorskip("sentence_transformers.util")
    rows, source, output = drawn(), str(tmp_path / "x.npy"), str(tmp_path / "y.npy")
    np.save(source, rows)
    convert(source, output=output, quantize="int8", truncate=8, normalize=True)
    cut = rows[:, :8].astype(np.float64)
    unit = (cut / np.linalg.norm(cut, axis=1, keepdims=True)).astype(np.float32)
    steps = np.abs(np.load(output).astype(int) - peer.quantize_embeddings(unit, "int8"))
    assert steps.max() <= 1  # of a last digit of the norm
    assert (steps > 0).mean() < 0.01


@pytest.mark.parametrize("precision", ["int8", "uint8"])
def test_restored_numbers_are_at_most_one_step_below(precision):
    rows = drawn(np.float64)
    found = quantize(as_vectors(rows), precision, restored=True).read(0, 500)
    steps = np.ptp(rows, axis=0) / 255
    assert (np.abs(rows - found) <= steps * 1.001 + 1e-6).all()


def test_half_precision_is_numpys():
    rows = drawn()
    np.testing.assert_array_equal(quantize(as_vectors(rows), "float16").read(3, 9), rows[3:9].astype(np.float16))


def test_what_has_no_such_form_is_refused(tmp_path):
    bad = drawn()
    bad[7, 1] = np.nan
    for precision in ("int8", "binary"):
        with pytest.raises(DataError, match="7"):
            quantize(as_vectors(bad), precision).read(0, 500)
    with pytest.raises(DataError, match="float16"):
        quantize(as_vectors(np.full((2, 2), 1e6)), "float16").read(0, 2)
    with pytest.raises(DataError, match="uint8"):
        quantize(as_vectors(np.ones((2, 2), np.uint8)), "int8")
    with pytest.raises(ShapeError, match="one row"):
        quantize(as_vectors(np.ones((1, 2))), "int8")
    with pytest.raises(ShapeError, match="expected one vector"):
        quantize(as_vectors(np.ones(3)), "int8")
    np.save(tmp_path / "x.npy", drawn())
    for wrong in ({"quantize": "int4"}, {"quantize": "int8", "dtype": "float16"}):
        with pytest.raises(ParameterError):
            convert(str(tmp_path / "x.npy"), output=str(tmp_path / "y.npy"), **wrong)
    assert not (tmp_path / "y.npy").exists()
