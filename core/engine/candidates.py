"""Places of a tile that may matter, found through the maxima of groups of neighbours."""

from collections.abc import Iterator
from dataclasses import replace
from functools import cached_property

import numpy as np

from ..backend import Array, rounded_up
from ..errors import DataError
from ..results import Column
from .kernels import Kernel, Tile
from .places import Found, Hits
from .plan import GROUPS, Span
from .rescoring import Pairs
from .triton_kernel import gathered, maxima_of

MANY = 4  # groups of an query that are hit above which looking at the whole tile is faster
CROWDED = 1 / 16  # share of the groups of a tile, of which more are a crowd
DENSE = 8  # a tile of which more than one group in DENSE is hit is scored again in float64

GATHERED = 1 << 17  # places of a tile that are fetched and looked at at a time
SIFTED = 1 << 18  # places that are only compared
GATHERED_ON_GPU = 1 << 24


def is_crowded(hits: Column) -> bool:
    """Tell whether so many groups of a tile have a place that matters that its places had better not be listed."""
    return bool(np.count_nonzero(hits) > CROWDED * hits.size)


class Scan:
    """A tile on its way to candidates: each query, a row or a column of it, looks for neighbours.

    Args:
        tile: the scored tile.
        lower_bound: (queries,) the exact proxy score that is asked for; a higher one may be asked for later.
        has_missing: whether there are rows of NaN, which are never found.
        by_column: the queries are the columns, and the rows their neighbours.
    """

    knows_scores = True  # what the tile holds is close to the proxy scores, so that their bounds cost nothing

    def __init__(self, tile: Tile, lower_bound: Column, *, has_missing: bool, by_column: bool = False) -> None:
        self.tile = tile
        self.kernel: Kernel = tile.kernel
        self.has_missing = has_missing
        self.by_column = by_column
        self._seen: tuple[Column, Column, Column] | None = None  # an array of bounds, and what `_hit` gave for it
        self.error = tile.error(by_column=by_column)
        self.host_error: Column = self.kernel.backend.get(self.error).astype(np.float64)
        if not np.isfinite(self.host_error).all():
            raise DataError("a product of two rows leaves the range of float64", "", "scale the inputs down")
        self.positive = bool((self.kernel.proxy_threshold(lower_bound, self.host_error) > 0).all())
        # (queries, groups) the maximum of each group; a group is every GROUPS-th neighbour
        if self._fused:
            self.maxima = maxima_of(self.kernel.backend, tile.x, tile.y)
            return
        self.maxima = self._maxima(GROUPS)

    @property
    def _fused(self) -> bool:
        """Whether the tile need not be written."""
        return self.tile.scored is None and not self.has_missing and not self.by_column

    @cached_property
    def proxy(self) -> Array:
        """The tile with whole groups."""
        return self._whole_groups(self.tile.proxy)

    def _whole_groups(self, proxy: Array) -> Array:
        """Return the tile without NaN and with neighbours of -inf up to whole groups."""
        xp = self.kernel.backend.xp
        if self.has_missing:  # a maximum with a NaN is NaN, and would hide its group
            proxy = xp.where(xp.isnan(proxy), xp.full_like(proxy, -float("inf")), proxy)
        axis = 0 if self.by_column else 1
        missing = -proxy.shape[axis] % GROUPS
        if not missing:
            return proxy
        shape = (missing, proxy.shape[1]) if self.by_column else (proxy.shape[0], missing)
        device = getattr(proxy, "device", None)
        return xp.concat([proxy, xp.full(shape, -float("inf"), dtype=proxy.dtype, device=device)], axis=axis)

    def bounds(self, wanted: int) -> Array:
        """Return (queries, w) float64 lower bounds of the exact proxy score of different neighbours, w large enough."""
        if 2 * wanted <= GROUPS:
            return self.kernel.at_least(self.maxima, self.error)
        neighbours = self.proxy.shape[0 if self.by_column else 1]
        groups = GROUPS << ((2 * wanted - 1) // GROUPS).bit_length()
        if groups < neighbours and neighbours % groups == 0:  # smaller groups have maxima enough
            return self.kernel.at_least(self._maxima(groups), self.error)
        return self.kernel.at_least(self.proxy.T if self.by_column else self.proxy, self.error)

    def _maxima(self, groups: int) -> Array:
        """Return the (queries, groups) maxima of every `groups`-th neighbour."""
        maxima = self.kernel.backend.group_maxima
        return maxima(self.proxy, groups, positive=self.positive, by_column=self.by_column)

    def rescan(
        self, lower_bound: Column, pairs: Pairs, query_block: Span, corpus_block: Span, usual: float = 0.0
    ) -> "Scan":
        """Return the scan itself, or where its bound does not tell the neighbours apart one of the tile in float64.

        With near-duplicates far more groups than usual may reach `lower_bound`. The float64 bound does tell them apart,
        once `lower_bound` has been raised by it.

        Args:
            lower_bound: (queries,) the exact proxy score of interest.
            pairs: the rows behind the tile.
            query_block: its rows of A.
            corpus_block: its rows of B.
            usual: how many groups of an query are expected to be hit.
        """
        dense = max(GROUPS / DENSE, 4 * usual) * len(lower_bound)
        if self.kernel.dtype == "float64" or len(self._hit(lower_bound)[1]) <= dense:
            return self
        fine = replace(self.kernel, dtype="float64")
        x, y = (
            fine.prepare(pairs.a[query_block.start : query_block.stop]),
            fine.prepare(pairs.b[corpus_block.start : corpus_block.stop]),
        )
        xp = fine.backend.xp
        # what was set to -inf, because nobody asks for it, stays so
        proxy = xp.where(self.tile.proxy == -float("inf"), -float("inf"), fine.tile(x, y))
        return Scan(Tile(fine, x, y, proxy), lower_bound, has_missing=self.has_missing, by_column=self.by_column)

    def candidates(self, lower_bound: Column) -> Iterator[Found]:
        """Yield every place that may reach `lower_bound`.

        They come in pieces, queries ascending: of rows that are all alike a tile has millions.

        Args:
            lower_bound: (queries,) the exact proxy score of interest.
        """
        low, places = self._hit(lower_bound)
        query, group = np.divmod(places, GROUPS)
        if self._fused:
            if len(query):
                yield self._bounded(*self._gathered_groups(query, group, low))
            return
        if len(query) > MANY * len(low) and not (self.by_column or self.kernel.backend.is_cuda):
            yield from self._sifted(low)
            return
        depth = self.proxy.shape[0 if self.by_column else 1] // GROUPS
        step = max(1, (GATHERED_ON_GPU if self.kernel.backend.is_cuda else GATHERED) // depth)
        for start in range(0, len(query), step):
            part = slice(start, start + step)
            yield self._bounded(*self._gather(query[part], group[part], low))

    def leave_out(self, query: Column, neighbour: Column) -> None:
        """Make places -inf, in the tile too, and the maxima of their groups those of what is left."""
        backend, xp = self.kernel.backend, self.kernel.backend.xp
        row, column = backend.put(query), backend.put(neighbour)
        self.tile.proxy[row, column] = self.proxy[row, column] = -np.inf
        groups = backend.put(neighbour % GROUPS)
        members = groups[:, None] + backend.put(np.arange(0, self.proxy.shape[1], GROUPS))[None, :]
        self.maxima[row, groups] = xp.max(self.proxy[row[:, None], members], axis=1)
        self._seen = None
        self.__dict__.pop("host_maxima", None)

    def hits(self, lower_bound: Column) -> Column:
        """Return the (queries, groups) truth of which group has a place that may reach `lower_bound`."""
        low = self.kernel.proxy_threshold(lower_bound, self.host_error)
        reached: Column = self.host_maxima >= rounded_up(low, self.host_maxima.dtype)[:, None]
        return reached

    def _hit(self, lower_bound: Column) -> tuple[Column, Column]:
        """Return what reaches `lower_bound` at least, (queries,), and the flat places of the maxima that do."""
        if self._seen is None or self._seen[0] is not lower_bound:
            low = self.kernel.proxy_threshold(lower_bound, self.host_error)
            places = np.flatnonzero(self.hits(lower_bound))
            self._seen = (lower_bound, low, places)
        return self._seen[1:]

    def _bounded(self, query: Column, neighbour: Column, proxy: Column) -> Found:
        """Return places with bounds of their proxy score."""
        error = np.abs(proxy) * self.kernel.relative + self.host_error[query]
        return Found(query, neighbour, proxy - error, proxy + error)

    def _sifted(self, low: Column) -> Iterator[Found]:
        """Yield the places of the whole tile that reach `low`, some rows at a time."""
        step = max(1, SIFTED // self.proxy.shape[1])
        for start in range(0, len(low), step):
            part = slice(start, start + step)
            places, proxy = self.kernel.backend.at_least(self.proxy[part], low[part], positive=self.positive)
            query, neighbour = np.divmod(places, self.proxy.shape[1])
            yield self._bounded(query + start, neighbour, proxy)

    def _gathered_groups(self, query: Column, group: Column, low: Column) -> Hits:
        """Return what `_gather` does, of a tile that was not written."""
        backend, m = self.kernel.backend, self.tile.y.rows.shape[0]
        xp = backend.xp
        queries, proxy = gathered(self.kernel, self.tile.x, self.tile.y, query, group)
        least = backend.put(np.where(queries < 0, np.inf, low[queries]))[:, :, None]
        neighbour = backend.put(np.arange(GROUPS)[:, None, None] + np.arange(proxy.shape[2]) * GROUPS)
        hit = xp.nonzero((proxy >= least) & (proxy > -np.inf) & (neighbour < m))
        proxy = self._host(proxy[hit])
        groups, slot, depths = (backend.get(place) for place in hit)
        order = np.argsort(queries[groups, slot], kind="stable")  # queries ascend
        neighbours = (groups + depths * GROUPS)[order]
        return queries[groups, slot][order], neighbours, proxy[order].astype(np.float64)

    def _gather(self, query: Column, group: Column, low: Column) -> Hits:
        """Return query, neighbour and proxy score of the places that reach `low` in the groups that do."""
        backend, width = self.kernel.backend, self.proxy.shape[1]
        xp, depth = backend.xp, self.proxy.shape[0 if self.by_column else 1] // GROUPS
        first, step = (group * width + query, width) if self.by_column else (query * width + group, 1)
        # only what is hit leaves the device
        places = backend.put(first)[:, None] + backend.put(np.arange(depth) * (GROUPS * step))[None, :]
        gathered = xp.reshape(xp.take(xp.reshape(self.proxy, (-1,)), xp.reshape(places, (-1,))), (-1, depth))
        if not backend.is_cuda:
            host = self._host(gathered)
            hit, depths = np.divmod(np.flatnonzero((host >= low[query][:, None]) & (host > -np.inf)), depth)
            return query[hit], group[hit] + depths * GROUPS, host[hit, depths].astype(np.float64)
        proxy_threshold = (gathered >= backend.put(low[query])[:, None]) & (gathered > -np.inf)
        reached = xp.nonzero(xp.reshape(proxy_threshold, (-1,)))[0]
        proxy = self._host(xp.take(xp.reshape(gathered, (-1,)), reached)).astype(np.float64)
        hit, depths = np.divmod(backend.get(reached), depth)
        return query[hit], group[hit] + depths * GROUPS, proxy

    @cached_property
    def host_maxima(self) -> Column:
        """The maxima of the groups, on the host."""
        return self._host(self.maxima)

    def _host(self, proxy: Array) -> Column:
        """Return proxy score on the host; float32 holds what bfloat16 does."""
        xp = self.kernel.backend.xp
        return self.kernel.backend.get(proxy if proxy.dtype == xp.float64 else xp.astype(proxy, xp.float32))
