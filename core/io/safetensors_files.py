"""Reader of safetensors: named tensors behind a header of JSON.

Accepted: F64, F32, F16, BF16, F8_E4M3, F8_E5M2, integers of 8 to 64 bits, and BOOL as values; each tensor is a column,
mapped, not read. BF16 and F8 are widened to float32 as they are read.
Refused: tensors of other types (complex, F4, F6, F8_E8M0) once they are named; a header that is longer than the file
or than 100 MiB, is no JSON, names a tensor twice, or whose tensors overlap, leave gaps, are not as long as their shapes
say, or end elsewhere than the file.
Lost: tensors of rank 0, and the metadata.

The header is read here and not by the library: that maps a whole file only from a path, gives bfloat16 and float8
through torch alone, and takes the second of two tensors of one name.
"""

import json
import math
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np

from ..errors import DataError
from ..memory import check_held
from .array_table import ArrayTable, mapped
from .formats import MOST_HEADER
from .source import Reading, Source
from .table import check_column, join_name
from .vectors import Array, Vectors, check_ids
from .widened import WIDE, WidenedVectors

RESAVE = "save it again with safetensors.numpy.save_file"
PARSED = 10  # bytes that a byte of JSON takes where Python parses it
DTYPES: dict[str, np.dtype[Any]] = {
    "F64": np.dtype("<f8"), "F32": np.dtype("<f4"), "F16": np.dtype("<f2"),
    "I64": np.dtype("<i8"), "I32": np.dtype("<i4"), "I16": np.dtype("<i2"), "I8": np.dtype("i1"),
    "U64": np.dtype("<u8"), "U32": np.dtype("<u4"), "U16": np.dtype("<u2"), "U8": np.dtype("u1"),
    "BOOL": np.dtype("?"), **{name: wide.stored for name, wide in WIDE.items()},
}  # fmt: skip


@dataclass(frozen=True)
class Tensor:
    """What the header says of a tensor.

    Args:
        kind: its type, as safetensors calls it.
        start: its first byte in the file.
    """

    kind: str
    shape: tuple[int, ...]
    start: int

    @property
    def dtype(self) -> np.dtype[Any]:
        """The type of its elements once they are read; bytes for one that is not read."""
        return np.dtype(np.float32) if self.kind in WIDE else DTYPES.get(self.kind, np.dtype("V1"))


@dataclass(frozen=True)
class SafetensorsTable(ArrayTable):
    """The tensors of a file as columns."""

    tensors: dict[str, Tensor] = field(repr=False)

    @cached_property
    def headers(self) -> dict[str, Tensor]:
        """The tensors that have rows."""
        return {name: tensor for name, tensor in self.tensors.items() if tensor.shape}

    def array(self, column: str) -> Array:
        """Return a tensor, mapped; bfloat16 and float8 as the bits that they are."""
        check_column(self, column)
        tensor, where = self.headers[column], join_name(self.name, column)
        if tensor.kind not in DTYPES:
            raise DataError(f"expected floats or integers, got {tensor.kind}", where, "save it as F32")
        return mapped(self.source, DTYPES[tensor.kind], tensor.start, math.prod(tensor.shape)).reshape(tensor.shape)

    def vectors(self, column: str, ids: Array | None = None) -> Vectors:
        """Return a tensor as vectors."""
        tensor = self.headers.get(column)
        if tensor is None or tensor.kind not in WIDE:
            return super().vectors(column, ids)
        where = join_name(self.name, column)
        return WidenedVectors(where, self.array(column), WIDE[tensor.kind], check_ids(ids, tensor.shape[0], where))

    def values(self, column: str) -> Array:
        """Return a tensor as values."""
        tensor = self.headers.get(column)
        if tensor is None or tensor.kind not in WIDE:
            return super().values(column)
        return WIDE[tensor.kind].widen(self.array(column))


def open_safetensors(source: Source, _: Reading) -> SafetensorsTable:
    """Read the header of a safetensors file, trusting nothing."""
    where, start = source.name, source.read(0, 8)
    length = int.from_bytes(start, "little")
    if len(start) < 8 or length > min(MOST_HEADER, source.size - 8):
        what = f"the safetensors header promises {length:,} bytes, and {max(0, source.size - 8):,} follow"
        raise DataError(what, where, RESAVE)
    check_held(length * PARSED, source.most, "the safetensors header", where)
    try:
        fields = json.loads(source.read(8, length).decode("utf-8"), object_pairs_hook=_once)
    except (ValueError, RecursionError) as error:
        reason = str(error).split(";", maxsplit=1)[0][:100]
        raise DataError(f"the safetensors header cannot be understood: {reason}", where, RESAVE) from None
    if not isinstance(fields, dict):
        raise DataError("the safetensors header is no JSON object", where, RESAVE)
    fields.pop("__metadata__", None)
    found = {name: _tensor(name, entry, 8 + length, where) for name, entry in fields.items()}
    _check_places(found, 8 + length, source)
    return SafetensorsTable(source, {name: tensor for name, (tensor, _) in found.items()})


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, entry in pairs:
        if name in found:
            raise ValueError(f"{name[:40]!r} comes twice")
        found[name] = entry
    return found


def _tensor(name: str, entry: Any, first: int, where: str) -> tuple[Tensor, int]:
    """Return what the header says of one tensor, and the byte after its last."""
    try:
        kind, shape, (start, stop) = entry["dtype"], entry["shape"], entry["data_offsets"]
        numbers = [*shape, start, stop]
    except (TypeError, KeyError, ValueError):
        numbers = [None]
    if not all(type(number) is int and 0 <= number < 1 << 63 for number in numbers) or not isinstance(kind, str):
        raise DataError(f"the header does not say dtype, shape and place of {name[:40]!r}", where, RESAVE)
    taken = math.prod(shape) * DTYPES[kind].itemsize if kind in DTYPES else stop - start
    if taken != stop - start:
        what = f"{name[:40]!r} of shape {str(tuple(shape))[:60]} and {kind} takes {taken:,} bytes, got {stop - start:,}"
        raise DataError(what, where, RESAVE)
    return Tensor(kind[:20], tuple(shape), first + start), first + stop


def _check_places(found: dict[str, tuple[Tensor, int]], first: int, source: Source) -> None:
    """Refuse tensors that overlap, that leave bytes between them, or that end elsewhere than the file."""
    end = first
    for name, (tensor, stop) in sorted(found.items(), key=lambda item: (item[1][0].start, item[1][1])):
        if tensor.start != end:
            kind = "overlaps the tensor before it" if tensor.start < end else "leaves bytes before it"
            raise DataError(f"{name[:40]!r} {kind}: it begins at byte {tensor.start:,}, expected {end:,}", source.name)
        end = stop
    if end != source.size:
        kind = "truncated" if end > source.size else "overlong"
        what = f"{kind} safetensors file: its tensors end at byte {end:,}, and it has {source.size:,}"
        raise DataError(what, source.name, RESAVE)
