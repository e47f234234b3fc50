"""Values of a result as Python and JSON have them."""

import json
import math
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..characters import UNSAFE


def to_python(column: NDArray[Any]) -> list[Any]:
    """Return a column as Python values, rows of one of more dims as lists.

    A narrow float becomes the shortest decimal that reads back as itself.
    """
    if column.ndim > 1:
        flat, length = to_python(column.reshape(-1, *column.shape[2:])), column.shape[1]
        return [flat[start : start + length] for start in range(0, len(flat), length)]
    if column.dtype.kind == "f" and column.dtype.itemsize < 8:
        return [float(str(value)) for value in column]
    if column.dtype.kind == "O":
        return [scalar_to_python(value) for value in column]
    values: list[Any] = column.tolist()
    return values


def scalar_to_python(value: Any) -> Any:
    """Return one value as `to_python` does, tuples and arrays as lists, records by their members."""
    if isinstance(value, np.generic):
        return to_python(np.array([value]))[0]
    if isinstance(value, np.ndarray):
        return to_python(value)
    if isinstance(value, Mapping):
        return {str(key): scalar_to_python(member) for key, member in value.items()}
    if isinstance(value, list | tuple):
        return [scalar_to_python(member) for member in value]
    return value


def json_text(value: Any) -> str:
    """Return `value` as one line of JSON: no NaN, no infinity, nothing that moves a cursor or hides."""
    text = json.dumps(_without_nonfinite(scalar_to_python(value)), ensure_ascii=False, allow_nan=False)
    return UNSAFE.sub(_json_escape, text)


def json_rows(columns: Mapping[str, NDArray[Any]]) -> Iterator[str]:
    """Yield each row as one line of JSON, without its line end."""
    names = (json_text(name).replace("%", "%%") for name in columns)
    line = "{" + ", ".join(f"{name}: %s" for name in names) + "}"
    for row in zip(*map(_json_fields, columns.values()), strict=True):
        yield line % row


def _json_fields(column: NDArray[Any]) -> Iterable[str]:
    """Return the text of each value of a column."""
    values = to_python(column)
    if column.ndim == 1 and column.dtype.kind in "iu":
        return map(str, values)
    if column.ndim == 1 and column.dtype.kind == "f":
        return (repr(value) if math.isfinite(value) else "null" for value in values)
    encode = json.JSONEncoder(ensure_ascii=False, allow_nan=False).encode
    return (UNSAFE.sub(_json_escape, encode(value)) for value in _without_nonfinite(values))


def _without_nonfinite(value: Any) -> Any:
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, list):
        return [_without_nonfinite(member) for member in value]
    if isinstance(value, dict):
        return {key: _without_nonfinite(member) for key, member in value.items()}
    return value


def _json_escape(match: re.Match[str]) -> str:
    # such characters stand in strings alone, so that an escape is always valid
    return json.dumps(match[0])[1:-1]
