"""All pairs of a sorted batch in one sweep of tiles: what the negatives come to, histograms, and the hardest pairs."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from math import inf
from typing import NamedTuple

import numpy as np

from ..backend import quiet
from ..blas import is_controlled, one_blas_thread
from ..engine import overlapped, processors
from ..losses.negatives import ScoreTile, Summary
from ..results import Column
from ..work import kept
from .batch_scores import BlockPairStatistics
from .distances import distance_of
from .histogram import Bins
from .sorted_batch import AnchorTile, SortedBatch


class Wanted(NamedTuple):
    """What is summed up over the negatives of each anchor.

    Args:
        summary: how.
        metric: of which scores.
        options: of the loss.
    """

    summary: Summary
    metric: str
    options: Mapping[str, float]

    def nothing(self, n: int) -> Column:
        """Return what no negatives come to, for n anchors."""
        found = np.tile(self.summary.empty, (n, 1))
        return found[:, 0] if len(self.summary.empty) == 1 else found

    def is_quick(self, batch: SortedBatch) -> bool:
        """Tell whether distances by one product are good enough."""
        error = distance_of(self.metric).quick_error(*batch.whole.sides[self.metric])
        return self.summary.tolerates(error, self.options)


@dataclass
class Extremes:
    """The best score of each anchor so far, and the column that has it; of equal ones that which the batch had first.

    Args:
        scores: (n,).
        columns: (n,).
        ranks: (m,) the place in the batch of each column.
    """

    scores: Column
    columns: Column
    ranks: Column

    def take(self, anchors: Column, scores: Column, columns: Column) -> None:
        """Take scores that are better, or as good and of an earlier column."""
        earlier = self.ranks[columns] < self.ranks[self.columns[anchors]]
        better = (scores > self.scores[anchors]) | (earlier & (scores == self.scores[anchors]))
        self.scores[anchors] = np.where(better, scores, self.scores[anchors])
        self.columns[anchors] = np.where(better, columns, self.columns[anchors])


@dataclass
class Sweep:
    """What a sweep finds.

    Args:
        summaries: per `Wanted`, (n,) what the negatives of each anchor come to.
        counts: metric -> (2, bins) how many positives and negatives fall where.
        hardest: of the negated cosines of positives, and of the cosines of negatives.
    """

    summaries: list[Column]
    counts: dict[str, Column]
    hardest: tuple[Extremes, Extremes]


class _Task(NamedTuple):
    """What is done with every tile.

    Args:
        batch: of the tile.
        wanted: what is summed up.
        bins: metric -> those of its histogram, of each metric that is wanted at least.
        summaries: of each, what is known by now.
        hardest: what is known of the hardest pairs by now.
        quick: whether distances by one product are good enough.
    """

    batch: SortedBatch
    wanted: Sequence[Wanted]
    bins: Mapping[str, Bins]
    summaries: Sequence[Column]
    hardest: tuple[Extremes, Extremes]
    quick: bool


@dataclass
class _Found:
    """What comes of the tiles of some anchors: for these, and for the columns past them.

    Args:
        rows: the anchors.
        summaries: per `Wanted`, of the anchors and of the columns.
        counts: as in `Sweep`.
        least: of the hardest pairs of these anchors, what is known to be reached.
        extremes: what may be harder.
    """

    rows: slice
    summaries: list[list[Column]]
    counts: dict[str, Column]
    least: list[Column]
    extremes: list[list[tuple[Column, Column, Column]]] = field(default_factory=lambda: [[], []])


def sweep(
    batch: SortedBatch, wanted: Sequence[Wanted], bins: Mapping[str, Bins], progress: Callable[[int], None]
) -> Sweep:
    """Return what all pairs of a batch show.

    Args:
        batch: in numpy.
        wanted: what is summed up.
        bins: metric -> those of its histogram, of each metric that is wanted at least.
        progress: called with the number of anchors that are done.
    """
    n = len(batch.codes)
    found = Sweep(
        [each.nothing(n) for each in wanted],
        {metric: np.zeros((2, len(own.edges) - 1), dtype=np.int64) for metric, own in bins.items()},
        (_none(batch), _none(batch)),
    )
    with one_blas_thread(), quiet():
        task = _Task(batch, wanted, bins, found.summaries, found.hardest, all(each.is_quick(batch) for each in wanted))
        workers = processors() if is_controlled() else 1
        through = partial(overlapped, partial(_query_block, task), workers=workers)
        for part in kept("tiles", batch.query_blocks(), through):
            _merge(batch, wanted, found, part)
            progress(part.rows.stop - part.rows.start)
    return found


def _none(batch: SortedBatch) -> Extremes:
    n, ranks = len(batch.codes), batch.order if batch.is_self else np.arange(len(batch.other_codes))
    return Extremes(np.full(n, -inf), np.zeros(n, dtype=np.int64), ranks)


def _merge(batch: SortedBatch, wanted: Sequence[Wanted], found: Sweep, part: _Found) -> None:
    ends: list[slice] = [part.rows, *([slice(part.rows.stop, len(batch.codes))] if batch.is_self else [])]
    for each, summaries, parts in zip(wanted, found.summaries, part.summaries, strict=True):
        for place, own in zip(ends, parts, strict=False):
            summaries[place] = each.summary.merge(summaries[place], own)
    for metric, counts in part.counts.items():
        found.counts[metric] += counts
    for best, candidates in zip(found.hardest, part.extremes, strict=True):
        for anchors, scores, columns in candidates:
            best.take(anchors, scores, columns)


def _query_block(task: _Task, rows: slice) -> _Found:
    batch, count = task.batch, rows.stop - rows.start
    past = len(batch.codes) - rows.stop if batch.is_self else 0
    summaries = [[each.nothing(size) for size in (count, past)] for each in task.wanted]
    counts = {metric: np.zeros((2, len(own.edges) - 1), np.int64) for metric, own in task.bins.items()}
    found = _Found(rows, summaries, counts, [best.scores[rows].copy() for best in task.hardest])
    with quiet():
        for tile in batch.tiles(rows):
            _take_tile(task, found, tile)
    return found


def _take_tile(task: _Task, found: _Found, tile: AnchorTile) -> None:
    batch, wanted, bins, _, hardest, quick = task
    scores = batch.scores_of(dict.fromkeys(["cosine", *bins]), tile.rows, tile.columns, quick=quick)
    same, diagonal = batch.same(tile.rows, tile.columns) if tile.mixed else (None, None)
    positives = None if same is None or diagonal is None else same & ~diagonal
    negatives = None if same is None else ~same
    past = slice(tile.columns.start - tile.rows.stop, tile.columns.stop - tile.rows.stop)
    for each, summaries, seen in zip(wanted, found.summaries, task.summaries, strict=True):
        settle = batch.settle(each.metric, tile.rows, tile.columns)
        known = summaries[0], seen[tile.columns] if tile.turned else None
        own = each.summary.of_tile(ScoreTile(scores[each.metric], negatives, each.options, settle, known))
        summaries[0][:] = each.summary.merge(summaries[0], own[0])
        if tile.turned:
            summaries[1][past] = own[1]
    for metric, own_bins in bins.items():
        found.counts[metric] += (1 + tile.turned) * _counts(scores[metric], positives, diagonal, own_bins)
    closeness = scores["cosine"]
    if positives is not None and negatives is not None:
        closeness = np.clip(closeness, -1.0, 1.0)
        _extremes(np.where(positives, -closeness, -inf), tile, hardest[0], found, 0)
        closeness = np.where(negatives, closeness, -inf)
    _extremes(closeness, tile, hardest[1], found, 1)


def _counts(scores: Column, positives: Column | None, diagonal: Column | None, bins: Bins) -> Column:
    """Return how many positives and negatives of a tile fall into each bin."""
    counts = bins.counts(scores.ravel())
    if positives is None or diagonal is None:
        return np.stack([np.zeros_like(counts), counts])
    few, own = bins.counts(scores[positives]), bins.counts(scores[diagonal])
    return np.stack([few, counts - few - own])


def _extremes(scores: Column, tile: AnchorTile, best: Extremes, found: _Found, end: int) -> None:
    """Add the best score of each row of a tile, and of each column, where it is no worse than what came before."""
    highest = scores.max(axis=1)
    if highest.max() > 1.0:
        np.minimum(scores, 1.0, out=scores)
    sides = [(highest, 0, tile.rows, tile.columns, found.least[end])]
    if tile.turned:
        sides.append((scores.max(axis=0), 1, tile.columns, tile.rows, best.scores[tile.columns].copy()))
    for top, axis, anchors, columns, least in sides:
        better = np.flatnonzero((top >= least) & (top > -inf))
        if len(better):
            chosen = scores.take(better, axis=axis)
            rows = chosen if axis == 0 else np.ascontiguousarray(chosen.T)
            least[better], places = _highest(rows, best.ranks[columns])
            found.extremes[end].append((better + anchors.start, least[better], places + columns.start))


def _highest(scores: Column, ranks: Column) -> tuple[Column, Column]:
    """Return the best score of each row, and its place: of equal ones that of the lowest rank."""
    places = scores.argmax(axis=1)
    highest = scores[np.arange(len(scores)), places]
    equal = scores == highest[:, None]
    if np.count_nonzero(equal) > len(scores):
        tied = np.flatnonzero(np.count_nonzero(equal, axis=1) > 1)
        places[tied] = np.where(equal[tied], ranks, ranks.max() + 1).argmin(axis=1)
    return highest, places


def statistics_of(batch: SortedBatch, found: Sweep) -> BlockPairStatistics:
    """Return what a sweep shows of the pairs behind the losses, in the order of the sorted anchors."""
    units = [side.rows for side in batch.whole.sides["cosine"]]
    firsts = np.flatnonzero(np.diff(batch.codes, prepend=-1))
    sums = np.add.reduceat(units[0], firsts, axis=0)
    others = sums if batch.is_self else units[1][batch.starts[firsts]]
    every = float(units[0].sum(axis=0) @ units[1].sum(axis=0))
    same = float(np.vecdot(sums, others).sum())
    own = float(np.vecdot(units[0], units[0]).sum()) if batch.is_self else 0.0
    farthest, closest = found.hardest
    cosines = [np.where(np.isfinite(scores), scores, np.nan) for scores in (-farthest.scores, closest.scores)]
    hardest = farthest.columns, cosines[0], closest.columns, cosines[1]
    return BlockPairStatistics(np.asarray([same - own, every - same]), found.counts, hardest)
