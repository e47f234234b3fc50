"""What a caller hands over as an array: numpy's, a tensor, or what numpy makes an array of."""

from typing import Any

import numpy as np

from ..errors import DataError, ShapeError
from .backend import Array
from .choosing import backend_of
from .interchange import hands_out_dlpack, taken_by_dlpack

KIND = "hand over an array, a table, or a path"


def is_given_tensor(given: object) -> bool:
    """Tell whether it is a tensor of torch; a file can be detached too."""
    return hasattr(given, "detach") and hasattr(given, "cpu")


def check_tensor(tensor: Any, name: str) -> None:
    """Refuse a tensor of which numpy makes no array."""
    kind = str(tensor.dtype).removeprefix("torch.")
    if tensor.is_nested or str(tensor.layout) != "torch.strided":
        got, hint = ("nested", "tensor.unbind()") if tensor.is_nested else ("sparse", "tensor.to_dense()")
        raise DataError(f"expected a dense tensor, got a {got} one", name, hint)
    if tensor.is_meta:
        raise DataError("the tensor is on the meta device, where it has no numbers", name, "load it to the cpu")
    if tensor.is_quantized or "float8" in kind or "float4" in kind:
        hint = "tensor.dequantize()" if tensor.is_quantized else "tensor.float()"
        raise DataError(f"expected floats or integers, got {kind}", name, hint)


def tensor_values(tensor: Any) -> Any:
    """Return the numbers of a tensor as an array; bfloat16 becomes float32, which holds each of them."""
    return (tensor.float() if str(tensor.dtype) == "torch.bfloat16" else tensor).numpy(force=True)


def as_array(given: Any, name: str) -> Any:
    """Return what numpy makes an array of; what it holds is checked by the caller.

    Raises:
        DataError: a masked array that hides something, or nothing that numpy makes an array of.
        ShapeError: lists of different lengths.
    """
    if isinstance(given, np.ma.MaskedArray):
        if np.ma.is_masked(given):
            raise DataError("some numbers are masked", name, "fill them in: array.filled(numpy.nan)")
        return given.data
    if isinstance(given, np.ndarray):
        return given
    if isinstance(given, list | tuple) and any(map(is_given_tensor, given)):
        given = [_row(row, name) if is_given_tensor(row) else row for row in given]
    array = _of_lists(given, name)
    if array.dtype.kind in "US" and array.ndim == 1 and not all(isinstance(each, str | bytes) for each in given):
        return np.array(given, dtype=object)  # of which numpy writes NaN and 1 as strings
    if array.ndim or array.dtype != object:
        return array
    raise DataError(
        f"expected vectors, got {type(given).__name__}", name, "table.collect()" if hasattr(given, "collect") else KIND
    )


def as_numbers(given: Any, name: str) -> Array:
    """Return an array of any library as it is, and what else numpy makes an array of; objects that are rows as rows.

    Raises:
        DataError: as for `as_array`; a sparse tensor or another without numbers; records, or wider floats than float64.
        ShapeError: rows of different lengths.
    """
    if isinstance(given, type):
        raise DataError(f"expected vectors, got the class {given.__name__}", name, "hand over an object of it")
    given = _by_dlpack(given, name) if hands_out_dlpack(given) else given
    if is_given_tensor(given):
        check_tensor(given, name)
        return given
    if hasattr(given, "__array_namespace__") and not isinstance(given, np.ndarray):
        return given
    array = as_array(given, name)
    if array.dtype == object and array.ndim:
        rows = as_array(array.tolist(), name)
        if rows.ndim > array.ndim > 1:
            raise DataError("expected numbers, got cells that are lists", name, "hand over the column of lists alone")
        array = rows
    if array.dtype.kind == "V" or (array.dtype.kind == "f" and array.itemsize > 8):
        raise DataError(f"expected floats or integers, got {array.dtype.name}", name, "array.astype('float64')")
    return array


def of_one_library(**given: Any) -> list[Array]:
    """Return arrays by their names as `as_numbers` does, in native byte order; beside a tensor all are tensors."""
    arrays = [native(as_numbers(each, name)) for name, each in given.items()]
    tensors = [each for each in arrays if is_given_tensor(each)]
    if 0 < len(tensors) < len(arrays):
        put = backend_of(tensors[0]).put
        return [put(each) if isinstance(each, np.ndarray) else each for each in arrays]
    return arrays


def _by_dlpack(given: Any, name: str) -> Array:
    try:
        return taken_by_dlpack(given)
    except (BufferError, RuntimeError, TypeError) as error:
        raise DataError(f"DLPack refuses this {type(given).__name__}: {error}", name, KIND) from error


def native(array: Array) -> Array:
    """Return an array of numpy in the byte order of this machine, and any other as it is."""
    foreign = isinstance(array, np.ndarray) and not array.dtype.isnative
    return array.astype(array.dtype.newbyteorder("=")) if foreign else array


def _row(tensor: Any, name: str) -> Any:
    check_tensor(tensor, name)
    return tensor_values(tensor)


def _of_lists(given: Any, name: str) -> Any:
    try:
        return np.asarray(given)
    except ValueError as error:
        lengths = sorted({len(row) for row in given if hasattr(row, "__len__")})
        what = f"rows of different lengths: {', '.join(map(str, lengths[:4]))}"
        raise ShapeError(what, name, "every row needs the same length") from error
