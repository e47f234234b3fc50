"""What becomes of the tiles: the k best of each row, or all pairs up to a threshold."""

from typing import Any, Protocol

import numpy as np

from ..backend import Array, Backend
from ..errors import DataError, ResourceError
from ..results import Column
from .exact import Pairs, best_of
from .kernels import Kernel
from .tiles import Span

GROUPS = 128
MOST_CANDIDATES = 1 << 21  # of one stripe, before they are reduced to the exact best
MOST_PAIRS = 100_000_000
EARLY, EVERY = 4, 8  # blocks after which the bound is tightened: the first few, then every so often

Hits = tuple[Column, Column, Column]
NO_HITS = (np.empty(0, dtype=np.int64), np.empty(0, dtype=np.int64), np.empty(0))


class Reducer(Protocol):
    """Takes the tiles of one stripe after another."""

    def skips(self, stripe: Span, block: Span) -> bool:
        """Tell whether this tile has nothing to give."""

    def begin(self, stripe: Span) -> None:
        """Start a stripe."""

    def take(self, stripe: Span, block: Span, near: Array, error: Array) -> None:
        """Take a tile: (n, m) nearness and (n,) bounds of its error."""

    def end(self, stripe: Span) -> None:
        """Finish a stripe."""


def candidates(backend: Backend, near: Array, peaks: Array, low: Array) -> Hits:
    """Return row, column and nearness of all places of a tile that reach `low`, opening only groups that do.

    Args:
        backend: the backend of the arrays.
        near: (n, depth * groups) nearness.
        peaks: (n, groups) maximum of each group; a group is every `groups`-th column.
        low: (n,) least nearness of interest.
    """
    xp, groups = backend.xp, peaks.shape[1]
    row, group = xp.nonzero(peaks >= low[:, None])
    depth = near.shape[1] // groups
    offsets = xp.arange(depth, dtype=row.dtype, device=_device(row)) * groups
    places = (row * near.shape[1] + group)[:, None] + offsets[None, :]
    opened = xp.reshape(xp.take(xp.reshape(near, (-1,)), xp.reshape(places, (-1,))), (-1, depth))
    hit, step = xp.nonzero((opened >= xp.take(low, row)[:, None]) & (opened > -float("inf")))
    column = step * groups + xp.take(group, hit)
    found = (xp.take(row, hit), column, opened[hit, step])
    return tuple(backend.get(part) for part in found)  # type: ignore[return-value]


def _device(array: Array) -> Any:
    return getattr(array, "device", None)


def group_peaks(backend: Backend, near: Array, *, gaps: bool) -> tuple[Array, Array]:
    """Return a tile, filled up with -inf to whole groups, and the (n, groups) maxima of its groups."""
    xp, (n, width) = backend.xp, near.shape
    if gaps:  # a maximum with a NaN is NaN, and would hide its group
        near = xp.where(xp.isnan(near), xp.full_like(near, -float("inf")), near)
    missing = -width % GROUPS
    if missing:
        filler = xp.full((n, missing), -float("inf"), dtype=near.dtype, device=_device(near))
        near = xp.concat([near, filler], axis=1)
    return near, xp.max(xp.reshape(near, (n, -1, GROUPS)), axis=1)


class TopK:
    """The k best columns of each row.

    A column of the true top k has an exact nearness of at least the k-th best approximate one minus the error,
    so its approximate nearness is at least that minus twice the error. All those are kept, scored exactly,
    and the k best of them are the k best of all.

    Args:
        k: how many.
        kernel: the kernel of the tiles.
        pairs: the exact scores.
        gaps: whether B has rows of NaN, which are never found.
        exclude_self: whether to leave out column i of row i.
        larger_is_closer: the direction of the metric.
    """

    def __init__(
        self, k: int, kernel: Kernel, pairs: Pairs, *, gaps: bool, exclude_self: bool, larger_is_closer: bool
    ) -> None:
        self.k = k
        self.backend = kernel.backend
        self.pairs = pairs
        self.gaps = gaps
        self.exclude_self = exclude_self
        self.larger_is_closer = larger_is_closer
        self.results: list[Hits] = []

    def skips(self, stripe: Span, block: Span) -> bool:
        """Tell whether this tile has nothing to give: it always has."""
        return False

    def begin(self, stripe: Span) -> None:
        """Start a stripe with no bound."""
        self.best: Array = None
        self.low = np.full(len(stripe), -np.inf)
        self.blocks = 0
        self.found: list[Hits] = []

    def take(self, stripe: Span, block: Span, near: Array, error: Array) -> None:
        """Keep what may be among the k best."""
        filled, peaks = group_peaks(self.backend, near, gaps=self.gaps)
        if self.blocks < EARLY or self.blocks % EVERY == 0:
            self._tighten(filled, peaks, error)
        self.blocks += 1
        row, column, approximate = candidates(self.backend, filled, peaks, rounded_down(self.low, self.backend, near))
        column = column + block.start
        if self.exclude_self:
            others = row + stripe.start != column
            row, column, approximate = row[others], column[others], approximate[others]
        self.found.append((row, column, approximate))
        if sum(len(part[0]) for part in self.found) > MOST_CANDIDATES:
            row, column, _ = self._best(stripe)
            self.found = [(row, column, np.full(len(row), np.inf))]  # they stay whatever the bound

    def end(self, stripe: Span) -> None:
        """Score the candidates of the stripe and keep the k best of each row."""
        row, column, score = self._best(stripe)
        self.results.append((row + stripe.start, column, score))

    def _tighten(self, near: Array, peaks: Array, error: Array) -> None:
        """Raise the bound: maxima of disjoint groups are scores, so the k-th of them bounds the k-th best."""
        xp = self.backend.xp
        wanted = self.k + self.exclude_self  # the row itself may be one of them
        pool = peaks if 2 * wanted <= GROUPS else near
        pool = pool if self.best is None else xp.concat([self.best, pool], axis=1)
        if pool.shape[1] < wanted:
            self.best = pool
            return
        self.best = self.backend.largest(pool, wanted)
        kth = self.backend.get(xp.min(self.best, axis=1)).astype(np.float64)
        self.low = np.maximum(self.low, kth - 2 * known(self.backend, error))

    def _best(self, stripe: Span) -> Hits:
        row, column, near = (np.concatenate(part) for part in zip(*self.found, strict=True))
        keep = near >= self.low[row]
        row, column = row[keep], column[keep]
        score = self.pairs.score(row + stripe.start, column)
        best = best_of(row, column, score, self.k, larger_is_closer=self.larger_is_closer)
        return row[best], column[best], score[best]


class Threshold:
    """All pairs whose exact score is at the threshold or closer.

    Args:
        threshold: the least similarity, or the largest distance.
        kernel: the kernel of the tiles.
        pairs: the exact scores.
        gaps: whether B has rows of NaN, which are never found.
        exclude_self: whether to leave out column i of row i.
        unordered: whether row i, column j and row j, column i are one pair, listed as i < j.
        larger_is_closer: the direction of the metric.
    """

    def __init__(
        self,
        threshold: float,
        kernel: Kernel,
        pairs: Pairs,
        *,
        gaps: bool,
        exclude_self: bool,
        unordered: bool,
        larger_is_closer: bool,
    ) -> None:
        self.threshold = threshold
        self.backend = kernel.backend
        self.near = kernel.nearness(threshold)
        self.pairs = pairs
        self.gaps = gaps
        self.exclude_self = exclude_self
        self.unordered = unordered
        self.larger_is_closer = larger_is_closer
        self.results: list[Hits] = []
        self.count = 0

    def skips(self, stripe: Span, block: Span) -> bool:
        """Tell whether this tile has nothing to give: of unordered pairs only the upper triangle counts."""
        return self.unordered and block.stop <= stripe.start + 1

    def begin(self, stripe: Span) -> None:
        """Start a stripe."""
        self.found: list[Hits] = [NO_HITS]  # of the last row alone every tile may be skipped

    def take(self, stripe: Span, block: Span, near: Array, error: Array) -> None:
        """Score what may reach the threshold and keep what does."""
        filled, peaks = group_peaks(self.backend, near, gaps=self.gaps)
        low = rounded_down(self.near - known(self.backend, error), self.backend, near)
        row, column, _ = candidates(self.backend, filled, peaks, low)
        row, column = row + stripe.start, column + block.start
        if self.unordered:
            row, column = row[column > row], column[column > row]
        elif self.exclude_self:
            row, column = row[column != row], column[column != row]
        score = self.pairs.score(row, column)
        close = score >= self.threshold if self.larger_is_closer else score <= self.threshold
        self.found.append((row[close], column[close], score[close]))
        self.count += int(close.sum())
        if self.count > MOST_PAIRS:
            raise ResourceError(f"more than {MOST_PAIRS:,} pairs reach {self.threshold}", "--threshold", "narrow it")

    def end(self, stripe: Span) -> None:
        """Put the pairs of the stripe in order of row and column."""
        row, column, score = (np.concatenate(part) for part in zip(*self.found, strict=True))
        order = np.lexsort((column, row))
        self.results.append((row[order], column[order], score[order]))


def known(backend: Backend, error: Array) -> Column:
    """Return the bounds of the error on the host, or refuse rows whose products leave float64."""
    bounds = backend.get(error).astype(np.float64)
    if not np.isfinite(bounds).all():
        raise DataError("a product of two rows leaves the range of float64", "", "scale the inputs down")
    return bounds


def rounded_down(low: Column, backend: Backend, near: Array) -> Array:
    """Return bounds in the dtype of a tile, never above their exact value."""
    if near.dtype == backend.xp.float64:
        return backend.put(low)
    return backend.put(np.nextafter(low.astype(np.float32), np.float32(-np.inf)))
