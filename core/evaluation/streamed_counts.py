"""All pairs of one set, counted in fine bins of the cosine as the tiles come; no score is kept.

The bound. A cosine in bin b lies within [edge[b] - e, edge[b + 1] + e], where e is what the kernel's arithmetic and
the binning may be off. A positive p can be closer than, or tie with, a negative n only if their bins differ by
b(n) - b(p) <= 1 + 2 e / width. So with every positive moved up by one bin more than that, each pair (p, n) that may
be in order is in order for certain, and every rate is at its best; moved down as much, at its worst. The true value
lies between the two, and so does the reported one.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from math import floor
from typing import Any

import numpy as np

from ..backend import Array
from ..engine import Budget, Kernel, PartialResult, Reducer, Span, Tile, Together, reduce_pairs
from ..results import Column, Progress, begin
from ..statistics.counts import Counts
from .d_prime import gap_and_spread
from .measure import UNDEFINED, Measure
from .reached import upper_triangle
from .threshold_metrics import pair_measures

BINS = 1 << 18
HALF = BINS // 2  # a power of two, so that scaling a cosine does not round it
LAST = BINS + 5  # where pairs go that do not count
ROUNDING = 2.0**-6  # of a bin: half the spacing of float32 at 2^18
PIECE = 1 << 18  # scores that are binned at a time, in memory that is used again


@dataclass
class PairHistogram(Reducer):
    """Counts the cosines of the upper triangle of a set with itself, those of one class apart.

    Args:
        kernel: cosine, of the tiles.
        firsts: (classes + 1,) the first row of each class, whose rows stand together, and the number of rows.
        everything: (LAST + 1,) counts of all pairs.
        positives: (LAST + 1,) counts of pairs of one class.
        error: the largest error of a cosine seen.
        buffers: memory that is used again.
    """

    kernel: Kernel
    firsts: Column
    everything: Column = field(default_factory=lambda: np.zeros(LAST + 1, dtype=np.int64))
    positives: Column = field(default_factory=lambda: np.zeros(LAST + 1, dtype=np.int64))
    error: float = 0.0
    buffers: tuple[Column, Column] | None = None

    def part(self) -> PartialResult:
        """Return what counts query blocks by themselves."""
        return PartialResult(PairHistogram(self.kernel, self.firsts))

    def kept(self, rows: Span, part: PartialResult) -> Any:
        """Return the counts, in as few bytes as hold them."""
        counted = part.reducer
        assert isinstance(counted, PairHistogram)
        counts = (counted.everything, counted.positives)
        return *(each.astype(np.min_scalar_type(int(each.max()))) for each in counts), counted.error

    def restore(self, rows: Span, kept: Any) -> None:
        """Add the counts of a part."""
        everything, positives, error = kept
        self.everything += everything
        self.positives += positives
        self.error = max(self.error, error)

    def skips(self, query_block: Span, corpus_block: Span) -> bool:
        """Tell whether a tile lies below the diagonal."""
        return corpus_block.stop <= query_block.start + 1

    def take(self, query_block: Span, corpus_block: Span, tile: Tile) -> None:
        """Count a tile."""
        nowhere = 1 + (LAST - 1 - BINS) / HALF  # a cosine that is counted in the slot of none
        proxy = upper_triangle(query_block, corpus_block, tile, nowhere)
        self._count(proxy, self.everything)
        for rows, columns in self._same_class(query_block, corpus_block):
            self._count(proxy[rows, columns], self.positives)
        self.error = max(self.error, float(tile.kernel.backend.xp.max(tile.error())))

    def _count(self, proxy: Array, slots: Column) -> None:
        """Count cosines: -1 in slot 1, 1 in slot BINS + 1, what rounding took outside beside them."""
        if self.kernel.backend.name != "numpy":
            slots += self.kernel.backend.get((proxy * HALF + (HALF + 1)).long().flatten().bincount(minlength=LAST + 1))
            return
        step = max(1, PIECE // proxy.shape[1])
        for start in range(0, len(proxy), step):
            part = proxy[start : start + step]
            scaled, place = (buffer[: part.size].reshape(part.shape) for buffer in self._buffers(part))
            np.multiply(part, HALF, out=scaled)
            scaled += HALF + 1
            np.copyto(place, scaled, casting="unsafe")
            slots += np.bincount(place.ravel(), minlength=LAST + 1)

    def _buffers(self, part: Column) -> tuple[Column, Column]:
        if self.buffers is None or len(self.buffers[0]) < part.size:
            self.buffers = np.empty(part.size, part.dtype), np.empty(part.size, np.int64)
        return self.buffers

    def _same_class(self, query_block: Span, corpus_block: Span) -> Iterator[tuple[slice, slice]]:
        """Yield the rectangles of a tile whose rows and columns are of one class."""
        first, last = (
            np.searchsorted(self.firsts, row, side="right") - 1 for row in (corpus_block.start, query_block.stop - 1)
        )
        first = max(first, np.searchsorted(self.firsts, query_block.start, side="right") - 1)
        for start, stop in zip(self.firsts[first : last + 1], self.firsts[first + 1 : last + 2], strict=True):
            rows = slice(
                max(start, query_block.start) - query_block.start, min(stop, query_block.stop) - query_block.start
            )
            columns = slice(
                max(start, corpus_block.start) - corpus_block.start, min(stop, corpus_block.stop) - corpus_block.start
            )
            if stop - start > 1 and rows.start < rows.stop and columns.start < columns.stop:
                yield rows, columns


@dataclass(frozen=True)
class Streamed:
    """Measures of all pairs by their bins, and how far off each may be.

    Args:
        counts: at the lower edges of the bins.
        measures: by name.
        errors: by name, how far the measure may be from that of the exact cosines; None where it is undefined.
        threshold_error: how far a cosine may be from the lower edge of its bin.
    """

    counts: Counts
    measures: dict[str, Measure]
    errors: dict[str, float | None]
    threshold_error: float


def all_pairs(
    rows: Column,
    firsts: Column,
    kernel: Kernel,
    budget: Budget,
    progress: Progress | None = None,
    beside: Reducer | None = None,
) -> Streamed:
    """Measure how well the cosine tells pairs of one class from the others, over all pairs i < j.

    Args:
        rows: (n, d) finite rows, those of a class together.
        firsts: (classes + 1,) the first row of each class, and n.
        kernel: cosine, in float32 or float64.
        budget: the bytes that may be used.
        progress: called with the rows that are done and their total.
        beside: takes the same tiles, those of the pairs i < j.

    Example:
        >>> from simtool.backend import choose_backend
        >>> from simtool.engine import budget_of
        >>> kernel = Kernel("cosine", "float32", False, choose_backend())
        >>> rows = np.asarray([[1.0, 0], [2, 0.1], [0, 1], [0.1, 1]])
        >>> found = all_pairs(rows, np.asarray([0, 2, 4]), kernel, budget_of("1G"))
        >>> found.measures["roc_auc"].value, found.errors["roc_auc"]
        (1.0, 0.0)
    """
    histogram = PairHistogram(kernel, firsts)
    begin(progress, "scores of all pairs")
    reducer = histogram if beside is None else Together((beside, histogram))
    reduce_pairs(rows, rows, kernel, reducer, budget=budget, progress=progress)
    positives, everything = (_folded(part) for part in (histogram.positives, histogram.everything))
    return measured(positives, everything - positives, histogram.error * HALF + ROUNDING)


def measured(positives: Column, negatives: Column, error: float) -> Streamed:
    """Return the measures of binned cosines with their errors.

    Args:
        positives: (BINS,) counts of positives, from cosine -1 up.
        negatives: (BINS,) counts of negatives.
        error: how far a cosine may lie outside its bin, in bins.
    """
    edges = np.arange(BINS - 1, -1, -1) / HALF - 1.0
    positives, negatives = positives[::-1], negatives[::-1]
    shift = floor(1 + 2 * error) + 1
    gap = np.zeros(shift, dtype=np.int64)
    pad = np.full(shift, np.nan)  # a shifted bin has no edge of its own
    sides = [
        Counts(np.concatenate([edges, pad]), *both, True)
        for both in (
            (np.concatenate([positives, gap]), np.concatenate([gap, negatives])),
            (np.concatenate([gap, positives]), np.concatenate([negatives, gap])),
        )
    ]
    counts = Counts(edges, positives, negatives, True).compressed()
    measures = pair_measures(counts)
    best, worst = (pair_measures(side.compressed()) for side in sides)
    best["average_precision"] = Measure(_highest_precision(sides[0], shift))
    worst["average_precision"] = Measure(_lowest_precision(sides[1]))
    errors = {name: _distance(measure, best[name], worst[name]) for name, measure in measures.items()}
    errors["d_prime"] = _d_prime_error(counts, (0.5 + error) / HALF)
    # a number of which nothing is known is none
    measures = {name: UNDEFINED if errors[name] is None else measure for name, measure in measures.items()}
    return Streamed(counts, measures, errors, (1 + error) / HALF)


def _folded(slots: Column) -> Column:
    """Return the counts of the bins, with what lies just outside in the first and the last of them."""
    bins = slots[1 : BINS + 1].copy()
    bins[0] += slots[0]
    bins[-1] += slots[BINS + 1 : LAST].sum()
    return bins


def _distance(value: Measure, best: Measure, worst: Measure) -> float | None:
    if value.value is None or best.value is None or worst.value is None:
        return None
    return max(abs(best.value - value.value), abs(worst.value - value.value))


def _highest_precision(counts: Counts, shift: int) -> float | None:
    """Average precision where positives within `shift` bins may be accepted together."""
    positives, negatives = counts.totals
    if not positives or not negatives:
        return None
    right, wrong = counts.accepted
    precision = right / np.maximum(right + wrong, 1.0)
    best = precision.copy()
    for further in range(1, shift + 1):
        best[:-further] = np.maximum(best[:-further], precision[further:])
    return float(np.sum(counts.positives * best)) / positives


def _lowest_precision(counts: Counts) -> float | None:
    """Average precision where no positives of a bin tie: sum m / (m + FP) is at least its integral."""
    positives, negatives = counts.totals
    if not positives or not negatives:
        return None
    held = counts.positives > 0
    after, wrong = (part[held] for part in counts.accepted)
    before = after - counts.positives[held]
    ratio = (after + wrong) / np.maximum(before + wrong, 0.5)
    return float(np.sum(after - before - wrong * np.log(ratio))) / positives


def _d_prime_error(counts: Counts, error: float) -> float | None:
    """Return how far d' may be off where each score may be: a mean moves by as much, and so does the spread."""
    if not all(counts.totals):
        return None
    gap, spread = gap_and_spread(counts)
    return (2 * error + abs(gap / spread) * error) / (spread - error) if spread > error else None
