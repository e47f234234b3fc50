"""Arrays of numpy on the processor, with the few steps that the array API leaves out.

`torch_backend.py` has the same steps for torch; what they do is said here.
"""

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from ..blas import one_blas_thread

Array = Any  # an array of numpy, torch or any other namespace of the array API


def quiet() -> AbstractContextManager[None]:
    """Silence numpy's own warnings; results that are not finite are found and reported by row."""
    return np.errstate(all="ignore")


def rounded_up(values: NDArray[np.float64], dtype: np.dtype[Any]) -> NDArray[Any]:
    """Return the least finite number of the dtype that is not below each value."""
    with quiet():
        rounded = np.maximum(values, np.finfo(dtype).min).astype(dtype)
        return np.where(rounded < values, np.nextafter(rounded, np.inf, dtype=dtype), rounded)


@dataclass(frozen=True)
class Backend:
    """An array namespace on a device: numpy on the processor, or what replaces each step.

    Args:
        device: where arrays are, as torch names it.
        xp: the namespace.
        fixed: whether the caller asked for this library, so that no scan may take another.
    """

    name: ClassVar[str] = "numpy"
    device: str = "cpu"
    xp: Any = np
    fixed: bool = True

    def each(self) -> list["Backend"]:
        """Return a backend for each device that a sweep may use: mostly this one alone."""
        return [self]

    def in_one_thread(self) -> AbstractContextManager[None]:
        """Let products run in the thread that asks, for work of which several threads do a part each."""
        return one_blas_thread()

    def without_autocast(self) -> AbstractContextManager[Any]:
        """Let torch compute in the dtypes that arrays have, whatever the caller's autocast says."""
        return nullcontext()

    @property
    def is_cuda(self) -> bool:
        """Whether arrays are in the memory of a GPU, and work on them goes on after the call that asked for it."""
        return False

    @property
    def free_memory(self) -> int | None:
        """The bytes that the device may still give, or None where its memory is the host's."""
        return None

    def release(self) -> None:
        """Give the memory that torch keeps for later arrays back to the device."""

    @property
    def out_of_memory(self) -> type[BaseException]:
        """The error of an allocation that failed."""
        return MemoryError

    def put(self, array: NDArray[Any], dtype: Any = None) -> Array:
        """Copy a numpy array, strided or not, to the device as `dtype` (default: as it is)."""
        return np.asarray(array, dtype=dtype, order="C")

    def queue(self) -> Any:
        """Return a queue of work beside the device's main one, or None where a call returns when its work is done."""
        return None

    @contextmanager
    def queued(self, queue: Any) -> Iterator[Any]:
        """Put the work of this block into a queue; yield the mark of its end, to be given to `meet`."""
        yield None

    def meet(self, end: Any, *arrays: Array) -> None:
        """Let what is asked for from here on wait for the end of a queue's work.

        Args:
            end: the mark that `queued` yielded.
            arrays: what that work made. Their memory is used again only when the main queue is done with it too:
                the other queue, which it came from, may be far ahead.
        """

    def current(self) -> AbstractContextManager[Any]:
        """Make this backend's device the one that the thread uses."""
        return nullcontext()

    def get(self, array: Array) -> NDArray[Any]:
        """Return an array of this backend as a numpy array in host memory."""
        result: NDArray[Any] = array
        return result

    def largest(self, array: Array, k: int) -> Array:
        """Return the k largest values of each row of an (n, m) array, in no particular order; k <= m."""
        return np.partition(array, array.shape[1] - k, axis=1)[:, array.shape[1] - k :]

    def product(self, x: Array, y: Array, out: Array = None) -> Array:
        """Return the (n, m) dot products of the rows of x (n, d) and y (m, d), in `out` if its shape and dtype fit."""
        return np.matmul(x, y.T, out=self.fitting(x, y, out))

    @staticmethod
    def fitting(x: Array, y: Array, out: Array) -> Array:
        """Return `out` where it can hold the products of x and y, else None."""
        fits = out is not None and tuple(out.shape) == (x.shape[0], y.shape[0]) and out.dtype == x.dtype
        return out if fits else None

    def group_maxima(self, array: Array, groups: int, *, positive: bool, by_column: bool = False) -> Array:
        """Return the (n, groups) maxima of every `groups`-th column of each row of an (n, m) array.

        Args:
            array: m is a multiple of `groups`.
            positive: only maxima above zero matter; there may be a faster way to those.
            by_column: the other way round: the (m, groups) maxima of every `groups`-th row of each column.
        """
        shape = (-1, groups, array.shape[1]) if by_column else (array.shape[0], -1, groups)
        maxima = self.xp.max(self.xp.reshape(array, shape), axis=0 if by_column else 1)
        return maxima.T if by_column else maxima

    def blanked(self, array: Array, out: Array) -> Array:
        """Return an array that is -inf where `out` holds: the same one, written to."""
        np.copyto(array, -np.inf, where=out)
        return array

    def at_least(
        self, array: Array, least: NDArray[np.float64], *, positive: bool
    ) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
        """Return the flat places of an (n, m) array in host memory that reach the least of their row, and the values.

        Args:
            array: without NaN; -inf is never returned.
            least: (n,) float64.
            positive: whether all of `least` are above zero; there may be a faster way to those.
        """
        host = self.get(array)
        places = np.flatnonzero(host >= rounded_up(least, host.dtype)[:, None])
        return places, host.ravel()[places].astype(np.float64)

    def manhattan(self, x: Array, y: Array) -> Array:
        """Return the (n, m) Manhattan distances of the rows of x (n, d) and y (m, d)."""
        distances = np.empty((len(x), len(y)), dtype=x.dtype)
        step = max(1, (1 << 16) // y.shape[1])  # rows of y whose differences stay in a core's cache
        for start in range(0, len(y), step):
            part = y[start : start + step]
            for row, vector in enumerate(x):
                np.abs(part - vector).sum(axis=1, out=distances[row, start : start + step])
        return distances
