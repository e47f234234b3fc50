"""A matrix of any size as means of rectangles, summed while its rows come by."""

import numpy as np

from ...results import Column, HeatMap
from ..exclusion import Exclusion
from ..plan import Span


class MeanCells:
    """Sums scores in rectangles of equal size.

    Args:
        shape: (rows, columns) of the matrix.
        most: rows and columns of the picture, at most.
        excluded: the cells that no mean holds.
    """

    def __init__(self, shape: tuple[int, int], most: int, *, excluded: Exclusion | None) -> None:
        self.shape, self.excluded = shape, excluded
        self.rows, self.columns = (_edges(count, most) for count in shape)
        cells = len(self.rows) - 1, len(self.columns) - 1
        self.sums = np.zeros(cells)
        self.counts = np.zeros(cells, dtype=np.int64)

    def take(self, start: int, scores: Column) -> None:
        """Take whole rows of which the first is number `start`; NaN and infinity are left out."""
        row, height, end = start, int(self.rows[1]), start + len(scores)
        while row < end:
            stop = min((row // height + 1) * height, end)
            self._add(row // height, row, scores[row - start : stop - start])
            row = stop

    def _add(self, place: int, first: int, part: Column) -> None:
        """Add rows that lie in one row of the picture."""
        with np.errstate(over="ignore", invalid="ignore"):
            sums = part.sum(axis=0, dtype=np.float64)
        counts = np.full(self.shape[1], len(part))
        if not np.isfinite(sums).all():
            sums[:], counts[:] = 0.0, 0
            for row in part:  # one by one, so that no copy of all is needed
                finite = np.isfinite(row)
                sums += np.where(finite, row, 0.0)
                counts += finite
        left_out = None if self.excluded is None else self.excluded.mask(Span(first, first + len(part)))
        if left_out is not None:
            some = np.flatnonzero(left_out.any(axis=0))
            kept = np.take(part, some, axis=1).astype(np.float64)
            finite = np.isfinite(kept) & ~left_out[:, some]
            sums[some], counts[some] = np.where(finite, kept, 0.0).sum(axis=0), finite.sum(axis=0)
        starts = self.columns[:-1]
        self.sums[place] += np.add.reduceat(sums, starts)
        self.counts[place] += np.add.reduceat(counts, starts)

    def means(self, row_ids: Column, column_ids: Column) -> HeatMap:
        """Return the mean of each rectangle, NaN where nothing is in it."""
        held = np.maximum(self.counts, 1)
        scores = np.where(self.counts > 0, self.sums / held, np.nan)
        ids = row_ids[self.rows[:-1]], column_ids[self.columns[:-1]]
        return HeatMap(self.shape, self.rows, self.columns, *ids, scores)


def _edges(count: int, most: int) -> Column:
    """Return the edges of equal ranges, the last one perhaps shorter."""
    size = -(-count // most)
    return np.append(np.arange(0, count, size), count)
