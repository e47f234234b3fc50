"""The k best columns of each row among those that are no closer than a cap of the row."""

from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np

from ...backend import rounded_up
from ...results import Column
from ..candidates import Scan
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

    def scanned(self, query_block: Span, corpus_block: Span, tile: Tile) -> Scan:
        """Return a tile on its way to candidates, in which places that are closer than the cap of their row are -inf.

        The tile is written to: nobody else looks at it.
        """
        spec, kernel, backend = self.spec, tile.kernel, tile.kernel.backend
        below, above = (each[query_block.start : query_block.stop] for each in self._ceiling)
        error = backend.get(tile.error()).astype(np.float64)
        out = (
            tile.proxy > backend.put(rounded_up(-kernel.proxy_threshold(-above, error), np.dtype(np.float32)))[:, None]
        )
        kept = spec.excluded.kept(backend, query_block, corpus_block) if spec.excluded and self._masks else None
        tile = replace(tile, scored=backend.blanked(tile.proxy, out if kept is None else out | ~kept))
        scan = spec.scan(query_block, corpus_block, tile, np.minimum(below, self.lower_bound))
        for found in scan.candidates(below):
            row, column = found.query + query_block.start, found.neighbour + corpus_block.start
            score, caps = spec.pairs.score(row, column), self.caps[row]
            closer = score > caps if spec.larger_is_closer else score < caps
            scan.leave_out(found.query[closer], found.neighbour[closer])
        return scan

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
