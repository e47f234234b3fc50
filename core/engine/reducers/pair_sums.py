"""Sums of functions of the scores of all pairs, each row summed apart and all of them merged exactly."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from math import fsum

import numpy as np

from ...backend import Array
from ...checks import refuse_overflow
from ...results import Column
from ..kernels import Kernel, Tile
from ..plan import Span
from ..rescoring import Pairs
from .base import Reducer

DISTANT = 1e6  # a squared distance this many times its error has a root within 5e-7 of itself

PairFunction = Callable[[Array], Array]


@dataclass
class FunctionSums(Reducer):
    """Sums functions of the scores of all pairs; of a set with itself those of the pairs i < j.

    Args:
        kernel: of the tiles.
        pairs: exact scores, where those of the tiles cancel.
        functions: of the scores.
        self_join: whether a set is paired with itself.
    """

    kernel: Kernel
    pairs: Pairs
    functions: Sequence[PairFunction]
    self_join: bool
    totals: list[list[float]] = field(init=False)

    def __post_init__(self) -> None:
        self.totals = [[] for _ in self.functions]

    def skips(self, query_block: Span, corpus_block: Span) -> bool:
        """Tell whether all pairs of a tile have been seen the other way round."""
        return self.self_join and corpus_block.stop <= query_block.start + 1

    def take(self, query_block: Span, corpus_block: Span, tile: Tile) -> None:
        """Sum a tile, each row apart."""
        xp, backend = self.kernel.backend.xp, self.kernel.backend
        wanted = self._wanted(query_block, corpus_block)
        are_scores = self.kernel.measure.scores_are_proxies
        values = tile.proxy if are_scores else self._distances(query_block, corpus_block, tile, wanted)
        for function, parts in zip(self.functions, self.totals, strict=True):
            scores = function(values)
            if wanted is not None:
                scores = xp.where(backend.put(wanted), scores, xp.zeros_like(scores))
            sums = backend.get(xp.sum(scores, axis=1))
            if not np.isfinite(sums).all():
                raise refuse_overflow("A, B")
            parts.append(fsum(sums.tolist()))

    def _wanted(self, query_block: Span, corpus_block: Span) -> Column | None:
        """Return which places of a tile are pairs i < j; None where all count."""
        if not self.self_join or corpus_block.start >= query_block.stop:
            return None
        return (
            np.arange(corpus_block.start, corpus_block.stop)[None, :]
            > np.arange(query_block.start, query_block.stop)[:, None]
        )

    def _distances(self, query_block: Span, corpus_block: Span, tile: Tile, wanted: Column | None) -> Array:
        """Return the squared distances of a tile, exact ones where they are so small that the product cancelled."""
        xp, backend = self.kernel.backend.xp, self.kernel.backend
        error = tile.error()
        if not np.isfinite(backend.get(error)).all():
            raise refuse_overflow("A, B")
        squares = xp.clip(-tile.proxy, 0.0, None)
        close = backend.get(squares < DISTANT * error[:, None])
        row, column = np.nonzero(close if wanted is None else close & wanted)
        if len(row):
            exact = self.pairs.score(row + query_block.start, column + corpus_block.start)
            squares[backend.put(row), backend.put(column)] = backend.put(exact)
        return squares
