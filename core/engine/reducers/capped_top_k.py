"""The k best columns of each row among those that are no closer than a cap of the row."""

from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np

from ...backend import Array, rounded_up
from ...results import Column
from ..candidates import GATHERED_ON_GPU, SIFTED
from ..kernels import Kernel, Tile
from ..plan import Span
from .base import PartialResult
from .top_k import TopK

ROUNDING = 4e-12  # by which the proxy score of a score may lie below it, relative to 1 or more


@dataclass
class CappedTopK(TopK):
    """The k best columns of each row among those that are no closer than a cap of the row.

    Places of a tile that are closer for certain are taken out of it, and those of which its bound does not tell are
    scored exactly. What is left is a tile as `TopK` takes it.

    Args:
        caps: (n,) the largest similarity, or the least distance, that counts; one that no pair is closer than for any.
    """

    caps: Column = field(kw_only=True)

    def take(self, query_block: Span, corpus_block: Span, tile: Tile) -> None:
        """Keep what may be among the k best that count."""
        super().take(query_block, corpus_block, replace(tile, scored=self._capped(query_block, corpus_block, tile)))

    def partial(self, kernel: Kernel) -> PartialResult:
        """Return a reducer for one query block: no row of it needs to know of other query blocks."""
        partial = super().partial(kernel)
        reducer = partial.reducer
        assert isinstance(reducer, TopK)
        capped = CappedTopK(self.k, reducer.spec, reducer.give, self.threshold, caps=self.caps)
        return replace(partial, reducer=capped)

    @cached_property
    def _ceiling(self) -> tuple[Column, Column]:
        """Proxy scores of the caps: below the first a pair counts for certain, above the second it does not."""
        least = self.spec.kernel.proxy_score(self.caps)
        return least, least + ROUNDING * np.maximum(1.0, np.abs(least))

    def _capped(self, query_block: Span, corpus_block: Span, tile: Tile) -> Array:
        """Return the proxy scores of a tile, -inf where a pair is closer than its cap."""
        kernel, backend = tile.kernel, tile.kernel.backend
        xp, proxy, dtype = backend.xp, tile.proxy, np.dtype(kernel.dtype)
        error = backend.get(tile.error()).astype(np.float64)
        below, above = (each[query_block.start : query_block.stop] for each in self._ceiling)
        within = -rounded_up(-kernel.proxy_threshold(below, error), dtype)
        beyond = rounded_up(-kernel.proxy_threshold(-above, error), dtype)
        low, high = (backend.put(each)[:, None] for each in (within, beyond))
        capped = xp.where(proxy > high, xp.full_like(proxy, -np.inf), proxy)
        step = max(1, (GATHERED_ON_GPU if backend.is_cuda else SIFTED) // proxy.shape[1])
        for start in range(0, len(query_block), step):
            part = slice(start, start + step)
            row, column = (backend.get(each) for each in xp.nonzero(capped[part] >= low[part]))
            score = self.spec.pairs.score(row + start + query_block.start, column + corpus_block.start)
            caps = self.caps[row + start + query_block.start]
            closer = score > caps if self.spec.larger_is_closer else score < caps
            capped[backend.put(row[closer] + start), backend.put(column[closer])] = -np.inf
        return capped
