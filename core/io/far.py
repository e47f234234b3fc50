"""Files far away: read by ranges, in blocks of which some are held, each range asked for again where a fault may pass.

Accepted: s3, gs, az, hf, http and https; see `stores`.
Refused: what is not there or is denied; once it was opened, what fails, ends early, or becomes another file.
Lost: nothing. What does not fit into the blocks that are held is asked for again when it is read again.
"""

from collections import OrderedDict
from dataclasses import dataclass, replace
from functools import cached_property
from threading import Lock
from typing import Any, cast

import numpy as np

from ..addresses import without_secrets
from ..memory import check_held
from .retries import EndedEarlyError, attempt
from .stores import Status, Store, first_answer, open_store
from .vectors import Array, check_ids, check_numeric

BLOCK = 4 << 20  # bytes that are asked for at once, at least
HELD = 4  # the part of what a reader may hold that blocks take


class FarFile:
    """A file far away, read by ranges; its size and stamp are those of the moment when it was opened."""

    def __init__(self, address: str, most: int) -> None:
        """Ask for its size; its reader may hold `most` bytes.

        Raises:
            InputNotFoundError: it is not there, or access is denied.
            ResourceError: it cannot be reached.
        """
        self.name, self.most = without_secrets(address), most
        self._store: Store = open_store(address, most)
        self._lock = Lock()
        self._held: OrderedDict[int, bytes] = OrderedDict()
        self.size = attempt(self.name, self._store.status, within=first_answer(address)).size

    def status(self) -> Status:
        """Return size and stamp as they are now."""
        return attempt(self.name, self._store.status, opened=True)

    def read(self, offset: int, length: int) -> bytes:
        """Return `length` bytes from `offset` on, fewer at the end."""
        stop = min(offset + length, self.size)
        if offset >= stop:
            return b""
        first, last = offset // BLOCK, (stop - 1) // BLOCK
        with self._lock:
            data = b"".join(self._blocks(first, last + 1))
        start = offset - first * BLOCK
        return data if start == 0 and len(data) == stop - offset else data[start : start + stop - offset]

    def fetch(self, offset: int, length: int) -> bytes:
        """Return bytes past those that are held."""

        def whole() -> bytes:
            data = self._store.fetch(offset, length)
            if len(data) != length:
                raise EndedEarlyError
            return data

        return attempt(self.name, whole, opened=True)

    def _blocks(self, first: int, stop: int) -> list[bytes]:
        """Return some blocks in order; those that are not held are asked for, neighbours together."""
        found = [self._held.get(number) for number in range(first, stop)]
        place = 0
        while place < len(found):
            run = place
            while run < len(found) and found[run] is None:
                run += 1
            if run > place:
                start, end = (first + place) * BLOCK, min((first + run) * BLOCK, self.size)
                data = self.fetch(start, end - start)
                found[place:run] = [data[cut : cut + BLOCK] for cut in range(0, len(data), BLOCK)]
            place = max(run, place + 1)
        for number, block in zip(range(first, stop), found, strict=True):
            self._keep(number, cast(bytes, block))
        return cast(list[bytes], found)

    def _keep(self, number: int, block: bytes) -> None:
        self._held[number] = block
        self._held.move_to_end(number)
        while len(self._held) > max(2, self.most // HELD // BLOCK):
            self._held.popitem(last=False)


@dataclass(frozen=True)
class FarArray:
    """Numbers far away that stand for an array: of it are read the rows that are asked for.

    Args:
        offset: of the first byte.
        shape: (rows, ...), in C order.
    """

    file: FarFile
    dtype: np.dtype[Any]
    offset: int
    shape: tuple[int, ...]

    @cached_property
    def nbytes(self) -> int:
        """Bytes of all elements."""
        return int(np.prod(self.shape, dtype=object)) * self.dtype.itemsize

    @property
    def ndim(self) -> int:
        """Number of dims."""
        return len(self.shape)

    def __len__(self) -> int:
        return self.shape[0]

    def reshape(self, *shape: Any, order: Any = "C") -> Any:
        """Return the same numbers in another shape; in Fortran order they are read whole, as each row lies all over."""
        if order == "F":
            return np.asarray(self).reshape(*shape, order=order)
        sizes = shape[0] if isinstance(shape[0], tuple) else shape
        count = self.nbytes // self.dtype.itemsize
        if -1 in sizes:
            sizes = tuple(count // -int(np.prod(sizes)) if size == -1 else size for size in sizes)
        if int(np.prod(sizes, dtype=object)) != count:
            raise ValueError(f"{count} numbers have no shape {sizes}")
        return replace(self, shape=tuple(sizes))

    def __getitem__(self, rows: Any) -> Array:
        start, stop, step = rows.indices(len(self)) if isinstance(rows, slice) else (0, 0, 0)
        if step != 1:
            whole: Array = np.asarray(self)[rows]
            return whole
        width = self.nbytes // max(1, len(self))
        data = self.file.read(self.offset + start * width, max(0, stop - start) * width)
        return np.frombuffer(data, self.dtype).reshape(max(0, stop - start), *self.shape[1:])

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> Array:
        check_held(self.nbytes, self.file.most, "this array, read whole,", self.file.name)
        return self[:].astype(dtype or self.dtype, copy=False)


@dataclass(frozen=True)
class FarVectors:
    """Rows of an array far away."""

    name: str
    array: FarArray
    ids: Array | None = None

    @property
    def shape(self) -> tuple[int, ...]:
        """(rows, ...)."""
        return self.array.shape

    @property
    def dtype(self) -> np.dtype[Any]:
        """Element type, in native byte order."""
        return self.array.dtype.newbyteorder("=")

    def read(self, start: int, stop: int) -> Array:
        """Return rows `start` to `stop` (exclusive)."""
        return np.ascontiguousarray(self.array[start:stop], dtype=self.dtype)


def far_vectors(name: str, array: FarArray, ids: Array | None) -> FarVectors:
    """Return an array far away as vectors, if its elements are numbers."""
    check_numeric(array.dtype, name)
    return FarVectors(name, array, check_ids(ids, len(array), name))


def far_names(pattern: str) -> list[str]:
    """Return the addresses that a pattern fits."""
    return attempt(without_secrets(pattern), open_store(pattern, 0).names, within=first_answer(pattern))
