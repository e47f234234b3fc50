"""Arrow's buffers as numpy arrays and back, against pyarrow's own ways."""

import numpy as np
import pyarrow as pa
import pytest

from simtool.io.buffers import arrow_present, arrow_scalar, arrow_texts, arrow_values, numpy_values

NUMBERS = [pa.int8(), pa.uint16(), pa.int64(), pa.uint64(), pa.float16(), pa.float32(), pa.float64(), pa.bool_()]
TEXT = [pa.string(), pa.large_string(), pa.string_view()]


@pytest.mark.parametrize("kind", [*NUMBERS, *TEXT], ids=str)
def test_values_are_those_that_arrow_gives(kind):
    given = ["a", "", "é"] if kind in TEXT else np.asarray([1, 0, 3]).astype(kind.to_pandas_dtype())
    whole = pa.array(given, kind)
    for array in (
        whole,
        whole.slice(1, 1),
        whole[:0],
        pa.chunked_array([whole, whole.slice(1)]),
        pa.chunked_array([], kind),
    ):
        expected = array.to_numpy() if isinstance(array, pa.ChunkedArray) else array.to_numpy(zero_copy_only=False)
        found = numpy_values(array)
        assert (found.dtype, found.tolist()) == (expected.dtype, expected.tolist())


@pytest.mark.parametrize("dtype", ["i1", "u8", "f2", "f4", "f8"])
def test_numbers_become_arrow_values(dtype):
    values = np.arange(12).astype(dtype)
    for given in (values, values[::3], values[:0]):
        assert arrow_values(given).equals(pa.array(given))


def test_texts_and_nulls_become_what_arrow_makes_of_them():
    for texts in (["a", None, "", "é" * 40], [], [None] * 9):
        assert arrow_texts(texts).equals(pa.array(texts, pa.string()))


def test_numbers_that_are_not_there_are_null():
    there = np.asarray([True, False] * 5)
    found = arrow_present(np.arange(10), there)
    assert found.equals(pa.array([number if here else None for number, here in enumerate(there)], pa.int64()))


@pytest.mark.parametrize(
    ("value", "kind"),
    [(3, pa.int8()), (1.5, pa.float32()), (True, pa.bool_()), ("a", pa.string()), ("2024-01-31", pa.date32())],
    ids=str,
)
def test_a_scalar_is_the_one_that_arrow_makes(value, kind):
    expected = pa.scalar(value).cast(kind) if isinstance(value, str) else pa.scalar(value, kind)
    assert arrow_scalar(value, kind).equals(expected)
