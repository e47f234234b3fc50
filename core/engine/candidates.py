"""Places of a tile that may matter, found through the maxima of groups of partners."""

from collections.abc import Iterator
from dataclasses import replace
from functools import cached_property
from typing import Any, NamedTuple, Self

import numpy as np

from ..backend import Array
from ..errors import DataError
from ..results import Column
from .kernels import Kernel, Tile
from .plan import GROUPS, Span
from .rescoring import Pairs
from .triton_kernel import opened, peaks_of

MANY = 4  # groups of an owner that are hit above which looking at the whole tile is faster
DENSE = 8  # a tile of which more than one group in DENSE is hit is scored again in float64

OPENED = 1 << 17  # places of a tile that are fetched and looked at at a time
SIFTED = 1 << 19  # places that are only compared
OPENED_ON_GPU = 1 << 24

SPARSE = 1 << 22  # places of a table of rows by rank that may be empty for the most part

Hits = tuple[Column, Column, Column]  # owner, partner and what belongs to the pair


class Found(NamedTuple):
    """Places that may matter.

    Args:
        owner: (n,) int64.
        partner: (n,) int64.
        least: (n,) float64 lower bounds of their exact nearness.
        most: (n,) upper bounds.
    """

    owner: Column
    partner: Column
    least: Column
    most: Column

    @classmethod
    def of(cls, parts: list["Found"]) -> Self:
        """Return the places of all parts, one part after the other."""
        if not parts:
            return cls(np.empty(0, dtype=np.int64), np.empty(0, dtype=np.int64), np.empty(0), np.empty(0))
        return cls(*(np.concatenate(columns) for columns in zip(*parts, strict=True)))

    def where(self, keep: Column) -> Self:
        """Return the places that are kept."""
        return type(self)(*(column[keep] for column in self))


def kth_largest(owners: Column, values: Column, count: int, k: int) -> Column:
    """Return the k-th largest value of each of `count` owners; -inf for one with fewer, or where few have nearly all.

    Args:
        owners: (n,) numbers below `count`, in any order.
        values: (n,) float64.
        count: how many owners there are.
        k: at least 1.
    """
    each = np.bincount(owners, minlength=count)
    width = int(each.max(initial=0))
    if width < k or count * width > max(8 * len(owners), SPARSE):
        return np.full(count, -np.inf)
    order = np.argsort(owners.astype(np.min_scalar_type(count)), kind="stable")  # numpy is fast at 16 bits
    rank = np.arange(len(order)) - np.repeat(np.cumsum(each) - each, each)
    table = np.full((count, width), -np.inf)
    table[owners[order], rank] = values[order]
    return np.partition(table, width - k, axis=1)[:, width - k]


class Scan:
    """A tile on its way to candidates: each owner, a row or a column of it, looks for partners.

    Args:
        tile: the scored tile.
        sure: (owners,) the exact nearness that is asked for; a higher one may be asked for later.
        gaps: whether there are rows of NaN, which are never found.
        by_column: the owners are the columns, and the rows their partners.
    """

    def __init__(self, tile: Tile, sure: Column, *, gaps: bool, by_column: bool = False) -> None:
        self.tile = tile
        self.kernel: Kernel = tile.kernel
        self.gaps = gaps
        self.by_column = by_column
        self.error = tile.error(by_column=by_column)
        self.host_error: Column = self.kernel.backend.get(self.error).astype(np.float64)
        if not np.isfinite(self.host_error).all():
            raise DataError("a product of two rows leaves the range of float64", "", "scale the inputs down")
        self.positive = bool((self.kernel.reach(sure, self.host_error) > 0).all())
        # (owners, groups) the maximum of each group; a group is every GROUPS-th partner
        if self._fused:
            self.peaks = peaks_of(self.kernel.backend, tile.x, tile.y)
            return
        self.peaks = self._maxima(GROUPS)

    @property
    def _fused(self) -> bool:
        """Whether the tile need not be written."""
        return self.tile.scored is None and not self.gaps and not self.by_column

    @cached_property
    def near(self) -> Array:
        """The tile with whole groups."""
        return self._whole_groups(self.tile.near)

    def _whole_groups(self, near: Array) -> Array:
        """Return the tile without NaN and with partners of -inf up to whole groups."""
        xp = self.kernel.backend.xp
        if self.gaps:  # a maximum with a NaN is NaN, and would hide its group
            near = xp.where(xp.isnan(near), xp.full_like(near, -float("inf")), near)
        axis = 0 if self.by_column else 1
        missing = -near.shape[axis] % GROUPS
        if not missing:
            return near
        shape = (missing, near.shape[1]) if self.by_column else (near.shape[0], missing)
        return xp.concat([near, xp.full(shape, -float("inf"), dtype=near.dtype, device=_device(near))], axis=axis)

    def bounds(self, wanted: int) -> Array:
        """Return (owners, w) float64 lower bounds of the exact nearness of different partners, w large enough."""
        if 2 * wanted <= GROUPS:
            return self.kernel.at_least(self.peaks, self.error)
        partners = self.near.shape[0 if self.by_column else 1]
        groups = GROUPS << ((2 * wanted - 1) // GROUPS).bit_length()
        if groups < partners and partners % groups == 0:  # smaller groups have maxima enough
            return self.kernel.at_least(self._maxima(groups), self.error)
        return self.kernel.at_least(self.near.T if self.by_column else self.near, self.error)

    def _maxima(self, groups: int) -> Array:
        """Return the (owners, groups) maxima of every `groups`-th partner."""
        maxima = self.kernel.backend.group_maxima
        return maxima(self.near, groups, positive=self.positive, by_column=self.by_column)

    def sharpened(self, sure: Column, pairs: Pairs, stripe: Span, block: Span, usual: float = 0.0) -> "Scan":
        """Return the scan itself, or where its bound does not tell the partners apart one of the tile in float64.

        With near-duplicates far more groups than usual may reach `sure`. The float64 bound does tell them apart, once
        what is sure has been raised by it.

        Args:
            sure: (owners,) the exact nearness of interest.
            pairs: the rows behind the tile.
            stripe: its rows of A.
            block: its rows of B.
            usual: how many groups of an owner are expected to be hit.
        """
        low = self.kernel.reach(sure, self.host_error)
        dense = max(GROUPS / DENSE, 4 * usual) * len(sure)
        if self.kernel.dtype == "float64" or np.count_nonzero(self.host_peaks >= low[:, None]) <= dense:
            return self
        fine = replace(self.kernel, dtype="float64")
        x, y = fine.prepare(pairs.a[stripe.start : stripe.stop]), fine.prepare(pairs.b[block.start : block.stop])
        xp = fine.backend.xp
        # what was set to -inf, because nobody asks for it, stays so
        near = xp.where(self.tile.near == -float("inf"), -float("inf"), fine.tile(x, y))
        return Scan(Tile(fine, x, y, near), sure, gaps=self.gaps, by_column=self.by_column)

    def candidates(self, sure: Column) -> Iterator[Found]:
        """Yield every place that may reach `sure`.

        They come in pieces, owners ascending: of rows that are all alike a tile has millions.

        Args:
            sure: (owners,) the exact nearness of interest.
        """
        low = self.kernel.reach(sure, self.host_error)
        owner, group = np.divmod(np.flatnonzero(self.host_peaks >= low[:, None]), GROUPS)
        if self._fused:
            if len(owner):
                yield self._bounded(*self._opened(owner, group, low))
            return
        if len(owner) > MANY * len(low) and not (self.by_column or self.kernel.backend.is_cuda):
            yield from self._sifted(low)
            return
        depth = self.near.shape[0 if self.by_column else 1] // GROUPS
        step = max(1, (OPENED_ON_GPU if self.kernel.backend.is_cuda else OPENED) // depth)
        for start in range(0, len(owner), step):
            part = slice(start, start + step)
            yield self._bounded(*self._open(owner[part], group[part], low))

    def _bounded(self, owner: Column, partner: Column, near: Column) -> Found:
        """Return places with bounds of their nearness."""
        error = np.abs(near) * self.kernel.relative + self.host_error[owner]
        return Found(owner, partner, near - error, near + error)

    def _sifted(self, low: Column) -> Iterator[Found]:
        """Yield the places of the whole tile that reach `low`, some rows at a time."""
        step = max(1, SIFTED // self.near.shape[1])
        for start in range(0, len(low), step):
            part = slice(start, start + step)
            places, near = self.kernel.backend.at_least(self.near[part], low[part], positive=self.positive)
            owner, partner = np.divmod(places, self.near.shape[1])
            yield self._bounded(owner + start, partner, near)

    def _opened(self, owner: Column, group: Column, low: Column) -> Hits:
        """Return what `_open` does, of a tile that was not written."""
        backend, m = self.kernel.backend, self.tile.y.rows.shape[0]
        xp = backend.xp
        owners, near = opened(self.kernel, self.tile.x, self.tile.y, owner, group)
        least = backend.put(np.where(owners < 0, np.inf, low[owners]))[:, :, None]
        partner = backend.put(np.arange(GROUPS)[:, None, None] + np.arange(near.shape[2]) * GROUPS)
        hit = xp.nonzero((near >= least) & (near > -np.inf) & (partner < m))
        near = self._host(near[hit])
        groups, slot, depths = (backend.get(place) for place in hit)
        order = np.argsort(owners[groups, slot], kind="stable")  # owners ascend
        partners = (groups + depths * GROUPS)[order]
        return owners[groups, slot][order], partners, near[order].astype(np.float64)

    def _open(self, owner: Column, group: Column, low: Column) -> Hits:
        """Return owner, partner and nearness of the places that reach `low` in the groups that do."""
        backend, width = self.kernel.backend, self.near.shape[1]
        xp, depth = backend.xp, self.near.shape[0 if self.by_column else 1] // GROUPS
        first, step = (group * width + owner, width) if self.by_column else (owner * width + group, 1)
        # only what is hit leaves the device
        places = backend.put(first)[:, None] + backend.put(np.arange(depth) * (GROUPS * step))[None, :]
        opened = xp.reshape(xp.take(xp.reshape(self.near, (-1,)), xp.reshape(places, (-1,))), (-1, depth))
        if not backend.is_cuda:
            host = self._host(opened)
            hit, depths = np.divmod(np.flatnonzero((host >= low[owner][:, None]) & (host > -np.inf)), depth)
            return owner[hit], group[hit] + depths * GROUPS, host[hit, depths].astype(np.float64)
        reach = (opened >= backend.put(low[owner])[:, None]) & (opened > -np.inf)
        reached = xp.nonzero(xp.reshape(reach, (-1,)))[0]
        near = self._host(xp.take(xp.reshape(opened, (-1,)), reached)).astype(np.float64)
        hit, depths = np.divmod(backend.get(reached), depth)
        return owner[hit], group[hit] + depths * GROUPS, near

    @cached_property
    def host_peaks(self) -> Column:
        """The maxima of the groups, on the host."""
        return self._host(self.peaks)

    def _host(self, near: Array) -> Column:
        """Return nearness on the host; float32 holds what bfloat16 does."""
        xp = self.kernel.backend.xp
        return self.kernel.backend.get(near if near.dtype == xp.float64 else xp.astype(near, xp.float32))


def _device(array: Array) -> Any:
    return getattr(array, "device", None)
