"""A scan of prefixes: its kernel, whose tiles hold upper bounds as `rotation` proves them, and what is made of a tile.

No score of a tile is known, only what none of its pairs passes. So the most promising places are scored first, in
float64: the k-th best of them is a lower bound. What stays below it is out, and what reaches it is scored when no
higher bound is to come. A tile in which the bounds tell too little apart is multiplied again with whole rows.
"""

from collections.abc import Iterator
from dataclasses import dataclass, fields
from functools import cached_property
from typing import ClassVar

import numpy as np

from ..backend import Array
from ..results import Column
from .candidates import Scan
from .kernels import Kernel, Tile
from .places import Found
from .plan import CORPUS_BLOCK, Span
from .rescoring import Pairs
from .rotation import Rotation

DENSE = 64  # a tile of which more than one place in DENSE is left takes less time as a product of whole rows
SIFTED = 1 << 18  # places that are compared at a time
GROUPS = 2048  # at most, into which the neighbours of a row are divided
SAMPLED = 64  # places of a query, of so many neighbours as a tile of whole rows has, that tell how many are left
ROUNDS = (2, 8, 32)  # times as many places as are asked for are scored until few are left


@dataclass(frozen=True)
class PrefixKernel(Kernel):
    """A kernel whose tiles hold no proxy scores, but what they do not pass.

    Args:
        rotation: cuts rows down.
    """

    knows_scores: ClassVar[bool] = False

    rotation: Rotation | None = None

    @property
    def products(self) -> str:
        """The number format, the library, and the dims that are multiplied."""
        assert self.rotation is not None
        return f"{super().products}, prefix {self.rotation.prefix} of {self.rotation.directions.shape[0]}"

    def width(self, dims: int) -> int:
        """Return how many numbers are left of a row."""
        assert self.rotation is not None
        return self.rotation.prefix + 1

    def _laid_out(self, rows: Array) -> tuple[Array, Array]:
        """Return rows cut down, and the norms that they had, which is theirs too."""
        assert self.rotation is not None
        x, norms = super()._laid_out(rows)
        return self.rotation.cut(x, self.backend.put(self.rotation.directions)), norms

    @classmethod
    def of(cls, kernel: Kernel, rotation: Rotation) -> "PrefixKernel":
        """Return the kernel of the prefixes of the rows that a kernel prepares."""
        return cls(**{field.name: getattr(kernel, field.name) for field in fields(kernel)}, rotation=rotation)

    def of_whole_rows(self) -> Kernel:
        """Return the kernel of the proxy scores themselves."""
        return Kernel(self.metric, self.dtype, self.scaled, self.backend, self.eps, self.center)


class PrefixScan(Scan):
    """A tile of upper bounds on its way to candidates; as a `Scan`.

    Args:
        tile: of a `PrefixKernel`.
        lower_bound: (queries,) the exact proxy score that is asked for; a higher one may be asked for later.
        pairs: the exact scores.
        query_block: rows of A of the tile.
        corpus_block: rows of B.
        has_missing: whether there are rows of NaN, which are never found.
    """

    knows_scores = False

    def __init__(
        self,
        tile: Tile,
        lower_bound: Column,
        pairs: Pairs,
        query_block: Span,
        corpus_block: Span,
        *,
        has_missing: bool,
    ) -> None:
        self.tile, self.kernel, self.has_missing = tile, tile.kernel, has_missing
        self.lower_bound, self.pairs = lower_bound, pairs
        self.query_block, self.corpus_block = query_block, corpus_block
        self.found: list[Found] | None = None
        self.host_error = self.kernel.backend.get(tile.error()).astype(np.float64)

    @cached_property
    def proxy(self) -> Array:
        """The (queries, neighbours) upper bounds."""
        xp, proxy = self.kernel.backend.xp, self.tile.proxy
        return xp.where(xp.isnan(proxy), xp.full_like(proxy, -np.inf), proxy) if self.has_missing else proxy

    @cached_property
    def maxima(self) -> Array:
        """(queries, groups) the maximum of each group, without the last neighbours, which fill no round of groups."""
        groups = min(GROUPS, self.proxy.shape[1])
        whole = self.proxy.shape[1] // groups * groups
        return self.kernel.backend.group_maxima(self.proxy[:, :whole], groups, positive=False)

    def bounds(self, wanted: int) -> Array:
        """Return (queries, at most wanted) exact proxy scores of different neighbours, or -inf.

        The best places of the most promising groups are scored, in rounds: the next one is of the queries that have a
        group left whose maximum reaches the lowest score wanted.
        """
        maxima, most = self._host(self.maxima), min(ROUNDS[-1] * wanted, self.maxima.shape[1])
        order = np.argpartition(-maxima, most - 1, axis=1)[:, :most]
        order = np.take_along_axis(order, np.argsort(-np.take_along_axis(maxima, order, axis=1), axis=1), axis=1)
        highest, known = np.take_along_axis(maxima, order, axis=1), np.full(order.shape, -np.inf)
        wanted, bound, done = min(wanted, most), self.lower_bound, 0
        for end in (min(times * wanted, most) for times in ROUNDS):
            low = np.maximum(self.kernel.proxy_threshold(bound, self.host_error), np.finfo(np.float32).min)
            query, rank = np.nonzero(highest[:, done:end] >= low[:, None])
            known[query, rank + done] = self._scored(query, self._members(query, order[query, rank + done]))
            bound, done = np.maximum(bound, np.sort(known[:, :end], axis=1)[:, -wanted]), end
        return self.kernel.backend.put(np.sort(known, axis=1)[:, -wanted:])

    def _members(self, query: Column, group: Column) -> Column:
        """Return the most promising neighbour of each group of a query."""
        groups = self.maxima.shape[1]
        places = group[:, None] + np.arange(self.proxy.shape[1] // groups) * groups
        put = self.kernel.backend.put
        depth: Column = self._host(self.proxy[put(query)[:, None], put(places)]).argmax(axis=1)
        neighbour: Column = group + depth * groups
        return neighbour

    def _scored(self, query: Column, neighbour: Column) -> Column:
        scores = self.pairs.score(query + self.query_block.start, neighbour + self.corpus_block.start)
        return self.kernel.proxy_score(scores)

    def candidates(self, lower_bound: Column) -> Iterator[Found]:
        """Yield every place that may reach `lower_bound`, queries ascending; only an upper bound is known of it."""
        yield from self._reached(lower_bound) if self.found is None else self.found

    def hits(self, lower_bound: Column) -> Column:
        """Return the (queries, places) truth of which of some places may reach `lower_bound`."""
        low, some = self.kernel.proxy_threshold(lower_bound, self.host_error), self.proxy[:, :: CORPUS_BLOCK // SAMPLED]
        reached: Column = self._host(some) >= low[:, None]
        return reached

    def rescan(
        self, lower_bound: Column, pairs: Pairs, query_block: Span, corpus_block: Span, usual: float = 0.0
    ) -> Scan:
        """Return the scan itself, or one of whole rows where scoring what is left takes longer than these."""
        found, left = [], 0
        for part in self._reached(lower_bound):
            found.append(part)
            left += len(part.query)
            if left * DENSE > self.proxy.shape[0] * self.proxy.shape[1]:
                return Scan(self._whole(), lower_bound, has_missing=self.has_missing)
        self.found = found
        return self

    def _reached(self, lower_bound: Column) -> Iterator[Found]:
        """Yield the places whose upper bound reaches `lower_bound`, some rows at a time."""
        kernel, width = self.kernel, self.proxy.shape[1]
        low = kernel.proxy_threshold(lower_bound, self.host_error)
        step = max(1, SIFTED // width)
        for start in range(0, len(low), step):
            least = low[start : start + step]
            places, proxy = kernel.backend.at_least(
                self.proxy[start : start + step], least, positive=bool((least > 0).all())
            )
            query, neighbour = np.divmod(places, width)
            query += start
            most = proxy + np.abs(proxy) * kernel.relative + self.host_error[query]
            yield Found(query, neighbour, np.full(len(query), -np.inf), most)

    def _whole(self) -> Tile:
        """Return the tile of the scores themselves."""
        assert isinstance(self.kernel, PrefixKernel)
        kernel, columns = self.kernel.of_whole_rows(), self.corpus_block
        xp, proxy = kernel.backend.xp, self.proxy
        x = kernel.prepare(self.pairs.a[self.query_block.start : self.query_block.stop])
        longest = most_lost = 0.0
        for start in range(columns.start, columns.stop, CORPUS_BLOCK):
            y = kernel.prepare(self.pairs.b[start : min(start + CORPUS_BLOCK, columns.stop)])
            part = proxy[:, start - columns.start : start - columns.start + y.rows.shape[0]]
            # what was set to -inf, because nobody asks for it, stays so
            part[:] = xp.where(part == -float("inf"), part, kernel.tile(x, y))
            longest, most_lost = max(longest, y.longest), max(most_lost, y.most_lost)
        # of the rows of B a bound needs the largest alone
        return Tile(kernel, x, y._replace(longest=longest, most_lost=most_lost), proxy)

    def _host(self, proxy: Array) -> Column:
        xp = self.kernel.backend.xp
        return self.kernel.backend.get(xp.astype(proxy, xp.float32))
