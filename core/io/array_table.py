"""Files of named arrays as a table: npz, safetensors, PyTorch, HDF5; and numbers that numpy has no type for, widened.

Accepted: arrays of any rank from 1 on; those of rank 2 and up are vectors, and 1-D floats where there are no such.
Refused: as vectors what is no number, as values what is not 1-D.
Lost: nothing; bfloat16 and float8 become float32, which holds all of their values.
"""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Protocol, cast

import numpy as np

from .formats import FORMATS
from .source import Source
from .table import join_name, pick_ids
from .vectors import Array, ArrayVectors, Vectors, check_ids, check_numeric, is_numeric, texts


class Shaped(Protocol):
    """What is known of an array before it is read."""

    @property
    def shape(self) -> tuple[int, ...]:
        """(rows, ...)."""

    @property
    def dtype(self) -> np.dtype[Any]:
        """Of its elements once they are read."""


@dataclass(frozen=True)
class ArrayTable(ABC):
    """A table whose columns are the arrays of a file."""

    source: Source

    @property
    def name(self) -> str:
        """What the user typed."""
        return self.source.name

    @property
    def format(self) -> str:
        """What its format is called."""
        return FORMATS[self.source.format].title

    @property
    @abstractmethod
    def headers(self) -> Mapping[str, Shaped]:
        """The arrays that can be columns."""

    @abstractmethod
    def array(self, column: str) -> Array:
        """Return one array, mapped where the format allows it."""

    @property
    def columns(self) -> tuple[str, ...]:
        """The names of the arrays."""
        return tuple(self.headers)

    @property
    def rows(self) -> int:
        """Rows of the first array that holds vectors, or else of the first one."""
        columns = [*self.vector_columns, *self.headers]
        return self.headers[columns[0]].shape[0] if columns else 0

    @cached_property
    def vector_columns(self) -> tuple[str, ...]:
        """Arrays of rank 2 and up; where there are none, 1-D floats."""
        numeric = {name: header for name, header in self.headers.items() if is_numeric(header.dtype)}
        deep = tuple(name for name, header in numeric.items() if len(header.shape) > 1)
        return deep or tuple(name for name, header in numeric.items() if header.dtype.kind == "f")

    @cached_property
    def value_columns(self) -> tuple[str, ...]:
        """Arrays of rank 1 that hold numbers, bools or strings."""
        flat = {name: header.dtype for name, header in self.headers.items() if len(header.shape) == 1}
        return tuple(name for name, dtype in flat.items() if is_numeric(dtype) or dtype.kind in "bUO")

    def vectors(self, column: str, ids: Array | None = None) -> Vectors:
        """Return one array as vectors."""
        return array_vectors(join_name(self.name, column), self.array(column), ids)

    def values(self, column: str) -> Array:
        """Return one array in whatever shape it has."""
        return array_values(join_name(self.name, column), self.array(column))

    def ids(self) -> Array | None:
        """Return the array that is named like an id; none where arrays differ in length and so form no table."""
        lengths = {self.headers[name].shape[0] for name in self.vector_columns}
        column = pick_ids(self) if len(lengths) == 1 else None
        return None if column is None else self.values(column)


def mapped(source: Source, dtype: np.dtype[Any], offset: int, count: int) -> Array:
    """Return `count` numbers from a byte on, mapped, of a pipe, or far away; checked by the caller."""
    if not count:
        return np.empty(0, dtype)  # numpy cannot map nothing
    if source.data is not None:
        return np.frombuffer(source.data, dtype, count, offset)
    if source.far is not None:
        from .far import FarArray

        return cast(Array, FarArray(source.far, dtype, offset, (count,)))
    return np.asarray(np.memmap(source.name, dtype, "r", offset, (count,)))


def array_vectors(name: str, array: Array, ids: Array | None) -> Vectors:
    """Return an array as vectors, if its elements are numbers and it has rows."""
    if not isinstance(array, np.ndarray):
        from .far import far_vectors

        return far_vectors(name, array, ids)
    check_numeric(array.dtype, name)
    return ArrayVectors(name, array, check_ids(ids, len(array), name))


def array_values(name: str, array: Array) -> Array:
    """Return an array as values: numbers and bools in native byte order, strings as objects."""
    if array.dtype.kind == "U":
        return texts(np.asarray(array), name)
    if array.dtype.kind not in "bO":
        check_numeric(array.dtype, name)
    return np.asarray(array, dtype=array.dtype.newbyteorder("="))
