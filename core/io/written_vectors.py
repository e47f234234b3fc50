"""Vectors with their ids and other columns as one file: written piece by piece, and read back.

Accepted: every format that is written; in CSV a vector is the columns NAME_0, NAME_1, ...
Refused: what does not read back as it was written.
Lost: in files of one array the ids and all other columns.
"""

import math
import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import blake2b
from typing import Self

import numpy as np

from ..errors import OutputError, ParameterError, ShapeError, SimtoolError
from .array_writers import ARRAYS, open_matrix
from .formats import FORMATS
from .output import output_format
from .ragged import MayBeRagged, PaddedVectors, without_padding
from .source import Reading, Source
from .table import pick_vectors
from .vectors import Array, Vectors
from .writers import open_rows

TABLES = ("parquet", "arrow", "arrow-stream", "csv", "jsonl")
TEXT = ("csv", "jsonl")
READ_BYTES = 4 << 20
FLOAT32_ALONE = ("fbin", "fvecs")
RAGGED = ("parquet", "arrow", "arrow-stream", "jsonl")  # which hold items of different numbers of tokens
FLAT = (*FLOAT32_ALONE, "csv")  # which hold one vector per row

Write = Callable[[Array, Mapping[str, Array]], None]  # takes the next rows, and the other columns of them


@dataclass(frozen=True)
class Form:
    """How vectors are written to a file.

    Args:
        dtype: of the numbers, where one was asked for or the format holds no other.
        escape: in CSV, put ' before text that a spreadsheet would run as a formula.
    """

    file_format: str
    dtype: str | None
    escape: bool

    @classmethod
    def of(cls, output: str, dtype: str | None, *, escape: bool) -> Self:
        """Return the form of an output.

        Raises:
            OutputError: its format holds no vectors.
            ParameterError: its format does not hold this dtype.
        """
        file_format = output_format(output)
        if file_format not in (*ARRAYS, *TABLES):
            raise OutputError(f"{file_format} holds results, and no vectors", output, "write .parquet, .npy or .jsonl")
        if file_format in FLOAT32_ALONE:
            if dtype not in (None, "float32"):
                raise ParameterError(f"{file_format} holds float32", f"«dtype={dtype}»", "write .npy or .parquet")
            dtype = "float32"
        return cls(file_format, dtype, escape)

    def check(self, vectors: Vectors) -> None:
        """Refuse rows that the format has no place for.

        Raises:
            ShapeError: they are no vectors, or they hold several each, as texts of tokens do, and the format takes one.
        """
        dims = len(vectors.shape) - 1
        if dims < 1 or (dims > 1 and self.file_format in FLAT):
            form = "(n, ..., d)" if dims < 1 else f"(n, d), in {self.file_format}"
            hint = "" if dims < 1 else "write .parquet, .arrow, .jsonl, .npy or .safetensors"
            raise ShapeError(f"expected one vector per row, shape {form}, got {vectors.shape}", vectors.name, hint)

    def check_ragged(self, where: str) -> None:
        """Refuse items of different numbers of tokens where the format has no place for them.

        Raises:
            ShapeError: it has not.
        """
        if self.file_format not in RAGGED:
            what = f"the rows hold different numbers of tokens, and {self.file_format} needs as many in each"
            raise ShapeError(what, where, "write .parquet, .arrow or .jsonl")

    @property
    def has_columns(self) -> bool:
        """Whether ids and other columns have a place."""
        return self.file_format in TABLES


class Checksum:
    """A checksum of rows as they come: the same for the same numbers of one type, however cut, in any format."""

    def __init__(self, dtype: np.dtype[np.generic]) -> None:
        self.dtype = dtype.newbyteorder("<")
        self.rows = 0
        self._hash = blake2b(digest_size=16)

    def add(self, rows: Array) -> None:
        """Take the next rows, or items of tokens, each with its length."""
        if rows.dtype == object:
            self._hash.update(np.asarray([*map(len, rows)], "<i8").data.cast("B"))
            total = self.rows + len(rows)
            self.add(np.concatenate(list(rows)))
            self.rows = total
            return
        content = np.ascontiguousarray(rows, self.dtype)
        if self.dtype.kind == "f" and np.isnan(content).any():  # a NaN has many forms
            content = np.where(np.isnan(content), np.asarray(np.nan, self.dtype), content)
        self._hash.update(content.data.cast("B"))
        self.rows += len(rows)

    def __str__(self) -> str:
        """Return 32 hexadecimal digits."""
        return self._hash.hexdigest()


@contextmanager
def open_written(
    path: str, form: Form, column: str, shape: tuple[int, ...], dtype: np.dtype[np.generic]
) -> Iterator[Write]:
    """Open a file for vectors, which are written in order.

    Args:
        column: what a table calls the vectors.
        shape: (rows, ..., d) of all of them.
    """
    if (file_format := form.file_format) in ARRAYS:
        with open_matrix(path, shape, dtype, file_format) as matrix:
            yield lambda rows, others: matrix.append(rows)
    else:
        with open_rows(path, file_format, escape_formulas=form.escape) as output:
            yield lambda rows, others: output.write({**others, column: rows})


def check_written(
    temporary: str,
    path: str,
    form: Form,
    expected: Checksum,
    dims: tuple[int, ...],
    lengths: Array | None,
    ids: Mapping[str, Array],
    most: int,
) -> None:
    """Read a file back, and refuse it where it holds other rows than were written.

    Args:
        path: what messages call it.
        form: how it was written.
        expected: the checksum of what was written.
        dims: of a row, (..., d).
        lengths: how many tokens each item has, where they differ.
        ids: those that were written, under the name of their column, or nothing.
        most: how many bytes its reader may hold.

    Raises:
        OutputError: it does.
    """
    source = Source(temporary, form.file_format, os.path.getsize(temporary), most)
    try:
        table = FORMATS[form.file_format].load()(source, Reading(nulls=True, header="yes"))
        items = table.ragged(None) if isinstance(table, MayBeRagged) else None
        vectors = table.vectors(pick_vectors(table, None)) if items is None else PaddedVectors(items)
        if items is not None and not np.array_equal(items.lengths, [] if lengths is None else lengths):
            raise _refused(path, "its items read back with other numbers of tokens")
        found = (vectors.shape, _checksum(vectors, expected.dtype, lengths))
        named = {name: list(map(str, table.values(name).tolist())) for name in ids}
    except SimtoolError as error:
        raise _refused(path, f"it does not read back: {error.what}") from error
    if found != ((expected.rows, *dims), str(expected)):
        shape = " x ".join(map(str, found[0]))
        raise _refused(path, f"it reads back otherwise than it was written: {shape}, checksum {found[1]}")
    for name, values in ids.items():
        if named[name] != list(map(str, values.tolist())):
            raise _refused(path, f"the ids {name!r} read back otherwise than they were written")


def _checksum(vectors: Vectors, dtype: np.dtype[np.generic], lengths: Array | None) -> str:
    found = Checksum(dtype)
    step = max(1, READ_BYTES // max(1, 8 * math.prod(vectors.shape[1:])))
    for start in range(0, vectors.shape[0], step):
        rows = vectors.read(start, min(start + step, vectors.shape[0]))
        found.add(rows if lengths is None else without_padding(rows, lengths[start : start + step]))
    return str(found)


def _refused(path: str, what: str) -> OutputError:
    return OutputError(f"{what}; nothing was kept", path, ".parquet and .arrow hold every number and every text")
