"""The whole matrix, in whole rows: to a sink as it comes, with its sum and extremes on the way."""

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from math import fsum, inf, isinf, isnan
from typing import Any, Self

import numpy as np

from ...backend import Array, quiet
from ...errors import DataError
from ...results import Column, Scalar
from ..exclusion import Exclusion
from ..kernels import Kernel, Tile
from ..plan import Span
from ..rescoring import Pairs
from .base import PartialResult, Reducer

Take = Callable[[int, Column], None]
SUMMED = 1 << 16  # scores that are summed at a time, few enough to stay in a cache
DISTANT = 1e7  # a squared distance this many times its error has a relative error below 1e-7


@dataclass(frozen=True)
class Moments:
    """Count, sum and extremes of scores; they merge."""

    count: int = 0
    total: float = 0.0
    least: float = inf
    largest: float = -inf

    def summary(self) -> dict[str, Scalar]:
        """Return mean, min and max; None where there is no score or one is NaN."""
        if self.count == 0 or isnan(self.total) or isinf(self.total):
            return {"mean": None, "min": None, "max": None}
        # a mean lies between its extremes, which the rounded sum of equal scores may leave
        mean = min(max(self.total / self.count, self.least), self.largest)
        return {"mean": mean, "min": self.least, "max": self.largest}

    def merge(self, others: list["Moments"]) -> "Moments":
        """Return the moments of all scores together, summed in order."""
        parts = [self, *others]
        return Moments(
            sum(part.count for part in parts),
            fsum(part.total for part in parts),
            min(part.least for part in parts),
            max(part.largest for part in parts),
        )


class Full(Reducer):
    """Every score of the matrix.

    Args:
        kernel: the kernel of the tiles.
        pairs: exact scores, for the places where the kernel's are not good enough.
        columns: rows of B.
        dtype: of the scores that leave, float32 or float64.
        take_rows: takes the number of the first row and (rows, columns) scores, in order; copies what it keeps.
        excluded: the pairs that the moments leave out.
        propagate: whether NaN may stay.
    """

    whole_rows = True

    def __init__(
        self,
        kernel: Kernel,
        pairs: Pairs,
        columns: int,
        dtype: Any,
        take_rows: Take,
        *,
        excluded: Exclusion | None,
        propagate: bool,
    ) -> None:
        self.kernel = kernel
        self.pairs = pairs
        self.columns = columns
        self.kept_bytes = columns * np.dtype(dtype).itemsize
        self.dtype = dtype
        self.take_rows = take_rows
        self.excluded = excluded
        self.propagate = propagate
        self.parts: list[Moments] = []
        # one writer beside the arithmetic: while these rows are summed and written the next are computed
        self.writer = ThreadPoolExecutor(1)
        self.written: Future[Moments] | None = None
        self.buffers: list[Column] = []

    def begin(self, query_block: Span) -> None:
        """Start a query block in a buffer that is not being written."""
        if len(self.buffers) < 2:
            self.buffers.append(np.empty((len(query_block), self.columns), dtype=self.dtype))
        self.rows = self.buffers[-1][: len(query_block)]

    def room(self, query_block: Span, corpus_block: Span) -> Array:
        """Return the place of a tile in its rows, if a product can be written there."""
        in_place = self.kernel.backend.name == "numpy" and self.kernel.measure.scores_are_proxies
        return self.rows[:, corpus_block.start : corpus_block.stop] if in_place else None

    def take(self, query_block: Span, corpus_block: Span, tile: Tile) -> None:
        """Put the tile's scores in their place, if they are not there yet."""
        backend, scores = self.kernel.backend, self.rows[:, corpus_block.start : corpus_block.stop]
        if isinstance(tile.proxy, np.ndarray) and np.may_share_memory(tile.proxy, scores):
            return
        scores[:] = backend.get(self.kernel.scores(tile.proxy))
        if self.kernel.measure.expands_squares:
            row, column = np.nonzero(-backend.get(tile.proxy) < DISTANT * backend.get(tile.error())[:, None])
            scores[row, column] = self.pairs.score(row + query_block.start, column + corpus_block.start)

    def end(self, query_block: Span) -> None:
        """Hand the rows on."""
        self._wait()
        self.written = self.writer.submit(self._finished, query_block, self.rows)
        self.buffers.reverse()

    def moments(self) -> Moments:
        """Return the moments of everything that was taken."""
        self._wait()
        return Moments().merge(self.parts)

    def part(self) -> PartialResult:
        """Return what keeps the rows of query blocks by themselves."""
        rows: list[Column] = []
        taking = Full(
            self.kernel,
            self.pairs,
            self.columns,
            self.dtype,
            lambda _, scores: rows.append(scores.copy()),
            excluded=self.excluded,
            propagate=self.propagate,
        )
        return PartialResult(taking, before=rows)

    def kept(self, rows: Span, part: PartialResult) -> Any:
        """Return the scores, query block by query block."""
        assert isinstance(part.reducer, Full)
        part.reducer.moments()
        part.reducer.writer.shutdown()
        return part.before

    def restore(self, rows: Span, kept: Any) -> None:
        """Hand the rows on, as if they had been computed now."""
        start = rows.start
        for scores in kept:
            self.rows = scores
            self.end(Span(start, start + len(scores)))
            start += len(scores)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        self.writer.shutdown()

    def _wait(self) -> None:
        if self.written is not None:
            self.parts.append(self.written.result())
            self.written = None

    def _finished(self, query_block: Span, rows: Column) -> Moments:
        """Sum whole rows, bring rounded cosines back into their range, and give them away."""
        with quiet():
            step = max(1, SUMMED // self.columns)
            starts = range(0, len(rows), step)
            parts = [self._moments(query_block.start + start, rows[start : start + step]) for start in starts]
        self.take_rows(query_block.start, rows)
        return Moments().merge(parts)

    def _moments(self, first: int, rows: Column) -> Moments:
        """Return the moments of whole rows, the first of them number `first`."""
        least, largest = float(rows.min()), float(rows.max())
        if not np.isfinite([least, largest]).all() and not self.propagate:
            raise DataError(
                f"a score leaves the range of {np.dtype(self.dtype).name}",
                f"rows {first} to {first + len(rows) - 1} of A",
                "scale the inputs down" if self.dtype == np.float64 else "«precision=float64» has a wider range",
            )
        end = self.kernel.measure.end
        if self.kernel.measure.scores_are_proxies and end is not None and (least < -end or largest > end):
            np.clip(rows, -end, end, out=rows)
            least, largest = max(least, -end), min(largest, end)
        left_out = None if self.excluded is None else self.excluded.mask(Span(first, first + len(rows)))
        if left_out is None:
            return Moments(rows.size, float(rows.sum(dtype=np.float64)), least, largest)
        others = ~left_out
        count = int(np.count_nonzero(others))
        if not count:
            return Moments()
        least, largest = (float(f(rows, initial=i, where=others)) for f, i in ((np.min, inf), (np.max, -inf)))
        return Moments(count, float(rows.sum(dtype=np.float64, where=others)), least, largest)
