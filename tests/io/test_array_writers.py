"""Arrays that are written whole or by blocks, read back by numpy."""

import io
import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from simtool.errors import ResourceError
from simtool.io.array_writers import open_matrix, write_array


@pytest.mark.parametrize("shape", [(7, 3), (2, 3, 4), (4,), (0, 3), (3, 0)])
@pytest.mark.parametrize("dtype", [np.float32, np.float64, np.int16])
def test_a_matrix_is_written_by_blocks_in_any_order(tmp_path: Path, shape: tuple[int, ...], dtype: type) -> None:
    path = str(tmp_path / "scores.npy")
    expected: NDArray[Any] = np.arange(np.prod(shape)).astype(dtype).reshape(shape)
    rows = expected.reshape(-1, shape[-1]) if expected.size else expected
    with open_matrix(path, shape, dtype) as writer:
        for start in reversed(range(0, len(rows), 2)):
            writer.write(start, np.asfortranarray(rows[start : start + 2]))
    found = np.load(path)
    assert found.dtype == dtype
    np.testing.assert_array_equal(found, expected, strict=True)


def test_a_matrix_that_the_disk_cannot_hold_is_refused_at_once(tmp_path: Path) -> None:
    with (
        pytest.raises(ResourceError, match="bytes and the disk has"),
        open_matrix(str(tmp_path / "scores.npy"), (2**31, 2**31), np.float32),
    ):
        pytest.fail("the body must not run")
    assert os.listdir(tmp_path) == []


@pytest.mark.parametrize(
    "array",
    [
        np.array(3, np.float32),
        np.arange(6.0).reshape(2, 3).T,
        np.zeros((0, 2)),
        np.arange(20)[::3],
        np.ones((2, 2, 2), np.float16),
    ],
    ids=["number", "transposed", "empty", "strided", "half"],
)
def test_an_array_reads_back_with_its_shape(tmp_path: Path, array: NDArray[Any]) -> None:
    path = str(tmp_path / "array.npy")
    write_array(path, array)
    np.testing.assert_array_equal(np.load(path), array, strict=True)
    stream = io.BytesIO()
    write_array(stream, array)
    assert stream.getvalue() == Path(path).read_bytes()
