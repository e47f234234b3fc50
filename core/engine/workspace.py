"""Memory that is used again: fresh pages cost more than the arithmetic on short rows."""

import threading
from collections.abc import Hashable
from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

from ..backend import Array, Backend


class Scratch(threading.local):
    """Buffers of one thread for rows that are widened to float64; what one holds is valid until it is asked again."""

    def __init__(self) -> None:
        self.buffers: dict[Hashable, NDArray[Any]] = {}

    def widened(self, backend: Backend, side: int, rows: NDArray[Any]) -> Array:
        """Return rows of any shape as float64 on the device.

        Args:
            backend: where.
            side: which buffer.
            rows: host rows.
        """
        if backend.name != "numpy" or rows.dtype == np.float64:
            return backend.put(rows, backend.xp.float64)
        wide = self._room(side, rows.shape, np.float64)
        np.copyto(wide, rows)
        return wide

    def gathered(self, side: int, rows: NDArray[Any], numbers: NDArray[np.int64]) -> NDArray[np.float64]:
        """Return chosen rows as float64.

        Args:
            side: which buffer.
            rows: (n, d) host rows.
            numbers: (k,) each below n.
        """
        chosen = self.taken(side, rows, numbers)
        if rows.dtype == np.float64:
            return chosen
        wide = self._room(side, chosen.shape, np.float64)
        np.copyto(wide, chosen)
        return wide

    def taken(self, side: int, rows: NDArray[Any], numbers: NDArray[np.int64]) -> NDArray[Any]:
        """Return chosen rows as they are; the arguments are those of `gathered`."""
        room = self._room((side, rows.dtype), (len(numbers), *rows.shape[1:]), rows.dtype)
        # clipping lets numpy write into the buffer itself; no number is out of range
        return rows.take(numbers, axis=0, out=room, mode="clip")

    def _room(self, key: Hashable, shape: tuple[int, ...], dtype: DTypeLike) -> NDArray[Any]:
        size = int(np.prod(shape))
        if key not in self.buffers or self.buffers[key].size < size:
            self.buffers[key] = np.empty(size, dtype=dtype)
        return self.buffers[key][:size].reshape(shape)
