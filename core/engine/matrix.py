"""The whole matrix, in whole rows: to a sink as it comes, with its sum and extremes on the way."""

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from math import fsum, inf, isinf, isnan
from typing import Any, Self

import numpy as np

from ..errors import DataError
from ..results import Column, Scalar
from .exact import Pairs
from .kernels import Kernel, Tile
from .tiles import Span

Take = Callable[[int, Column], None]
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


class Full:
    """Every score of the matrix.

    Args:
        kernel: the kernel of the tiles.
        pairs: exact scores, for the places where the kernel's are not good enough.
        columns: rows of B.
        dtype: of the scores that leave, float32 or float64.
        take_rows: takes the number of the first row and (rows, columns) scores, in order.
        exclude_self: whether the moments leave out column i of row i.
        propagate: whether NaN may stay.
    """

    def __init__(
        self,
        kernel: Kernel,
        pairs: Pairs,
        columns: int,
        dtype: Any,
        take_rows: Take,
        *,
        exclude_self: bool,
        propagate: bool,
    ) -> None:
        self.kernel = kernel
        self.pairs = pairs
        self.columns = columns
        self.dtype = dtype
        self.take_rows = take_rows
        self.exclude_self = exclude_self
        self.propagate = propagate
        self.parts: list[Moments] = []
        # one writer beside the arithmetic: while these rows are written the next are computed
        self.writer = ThreadPoolExecutor(1)
        self.written: Future[None] | None = None

    def skips(self, stripe: Span, block: Span) -> bool:
        """Tell whether this tile has nothing to give: it always has."""
        return False

    def begin(self, stripe: Span) -> None:
        """Start a stripe."""
        self.rows = np.empty((len(stripe), self.columns), dtype=self.dtype)

    def take(self, stripe: Span, block: Span, tile: Tile) -> None:
        """Put the tile's scores in their place."""
        backend = self.kernel.backend
        scores = self.rows[:, block.start : block.stop]
        scores[:] = backend.get(self.kernel.scores(tile.near))
        if self.kernel.metric in ("euclidean", "sqeuclidean"):
            row, column = np.nonzero(-backend.get(tile.near) < DISTANT * backend.get(tile.error())[:, None])
            scores[row, column] = self.pairs.score(row + stripe.start, column + block.start)
        self.parts.append(self._moments(stripe, block, scores))

    def end(self, stripe: Span) -> None:
        """Hand the rows on."""
        self._wait()
        self.written = self.writer.submit(self.take_rows, stripe.start, self.rows)

    def moments(self) -> Moments:
        """Return the moments of everything that was taken."""
        return Moments().merge(self.parts)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        try:
            self._wait()
        finally:
            self.writer.shutdown()

    def _wait(self) -> None:
        if self.written is not None:
            self.written.result()

    def _moments(self, stripe: Span, block: Span, tile: Column) -> Moments:
        least, largest = float(tile.min()), float(tile.max())
        if not np.isfinite([least, largest]).all() and not self.propagate:
            raise DataError(
                f"a score leaves the range of {np.dtype(self.dtype).name}",
                f"rows {stripe.start} to {stripe.stop - 1} of A",
                "scale the inputs down" if self.dtype == np.float64 else "--precision float64 has a wider range",
            )
        count, total = tile.size, float(tile.sum(dtype=np.float64))
        own = np.arange(max(stripe.start, block.start), min(stripe.stop, block.stop))
        if self.exclude_self and len(own):
            if len(own) == tile.size:
                return Moments()
            others = np.ones(tile.shape, dtype=bool)
            others[own - stripe.start, own - block.start] = False
            count, total = tile.size - len(own), float(tile.sum(dtype=np.float64, where=others))
            least, largest = float(tile.min(initial=inf, where=others)), float(tile.max(initial=-inf, where=others))
        return Moments(count, total, least, largest)
