"""Losses of a batch: query blocks of anchors with their whole rows of scores, never the whole matrix."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from math import inf
from typing import Any, NamedTuple

import numpy as np

from ..backend import Array, Backend
from ..losses.classes import class_masks
from ..losses.in_batch_negatives import partner_mask
from ..results import Column
from .distances import distance_of
from .histogram import Bins
from .loss_distance import Prepared
from .spec import LossSpec

STRIPE_BYTES = 256 << 20
CELL_BYTES = 64  # of a score: itself, its masks, and what a loss and its gradient make of it on the way
PART_CELLS = 1 << 18  # scores that a loss works on at a time, few enough to stay in a cache


class QueryBlock(NamedTuple):
    """Anchors with their scores against the whole batch.

    Args:
        start: the number of the first anchor.
        scores: metric -> (r, m) float64.
        positives: (r, m) bool.
        negatives: (r, m) bool.
        partners: (r,) the column of each anchor's partner; None in a batch with classes.
    """

    start: int
    scores: dict[str, Array]
    positives: Array
    negatives: Array
    partners: Array | None

    @property
    def pairs(self) -> Array:
        """(r, m) bool: all but the anchors with themselves."""
        return self.positives | self.negatives

    def part(self, first: int, last: int) -> "QueryBlock":
        """Return the anchors `first` to `last` (exclusive) of the query block."""
        scores = {metric: rows[first:last] for metric, rows in self.scores.items()}
        partners = None if self.partners is None else self.partners[first:last]
        return QueryBlock(self.start + first, scores, self.positives[first:last], self.negatives[first:last], partners)


@dataclass
class WholeRows:
    """A batch: anchors, and all rows that they are compared with.

    Args:
        anchors: (n, d) float64 rows on the backend, finite; in torch perhaps with gradients.
        others: (m, d); the anchors themselves in a batch with classes.
        classes: (n,) numbers of the classes of a batch with classes, else None.
        partners: (n,) the row of the others that belongs to each anchor, else None.
        metrics: what scores are wanted.
        eps: the least norm that a cosine divides by.
        backend: where to compute.
    """

    anchors: Array
    others: Array
    classes: Array | None
    partners: Array | None
    metrics: tuple[str, ...]
    eps: float
    backend: Backend
    sides: dict[str, tuple[Prepared, Prepared]] = field(init=False)

    def __post_init__(self) -> None:
        self.sides = {}
        for metric in self.metrics:
            self.sides[metric] = distance_of(metric).prepare(self.anchors, self.others, eps=self.eps)

    @property
    def step(self) -> int:
        """How many anchors make a query block; it depends on the shapes alone, so the answer does too."""
        return int(max(1, STRIPE_BYTES // (CELL_BYTES * self.others.shape[0] * len(self.metrics))))

    def query_blocks(self) -> Iterator[QueryBlock]:
        """Yield all anchors, query block by query block."""
        yield from map(self.query_block, self.starts)

    @property
    def starts(self) -> range:
        """The first anchors of the query blocks."""
        return range(0, self.anchors.shape[0], self.step)

    def parts(self, starts: Iterable[int]) -> Iterator[QueryBlock]:
        """Yield the anchors of some query blocks, in pieces that stay in a cache."""
        step = max(1, PART_CELLS // self.others.shape[0])
        for query_block in map(self.query_block, starts):
            for first in range(0, query_block.positives.shape[0], step):
                yield query_block.part(first, first + step)

    def query_block(self, start: int) -> QueryBlock:
        """Return the query block that begins with an anchor."""
        stop = min(start + self.step, self.anchors.shape[0])
        scores = {
            metric: distance_of(metric).of_prepared(x.part(start, stop), y) for metric, (x, y) in self.sides.items()
        }
        if self.classes is not None:
            return QueryBlock(start, scores, *class_masks(self.classes[start:stop], start, self.classes), None)
        assert self.partners is not None
        partners = self.partners[start:stop]
        positives = partner_mask(next(iter(scores.values())), partners)
        return QueryBlock(start, scores, positives, ~positives, partners)


def statistics_of(batch: WholeRows, spec: LossSpec) -> Array | None:
    """Return what every anchor must know of all others before the losses can be computed, if there is anything."""
    if not spec.entry.statistics:
        return None
    return batch.backend.xp.concat([block_statistics(query_block, spec) for query_block in batch.query_blocks()])


def block_statistics(query_block: QueryBlock, spec: LossSpec) -> Array:
    """Return what the others must know of the anchors of a query block."""
    compute = spec.entry.load_statistics()
    assert compute is not None
    return compute(query_block.scores[spec.metric], query_block.negatives, **spec.options)


def items_of(spec: LossSpec, query_block: QueryBlock, statistics: Array | None) -> Any:
    """Return the losses of a query block: (r,) per anchor, (p,) per positive pair in order, or ActiveTriplets."""
    compute: Callable[..., Any] = spec.entry.load()
    scores = query_block.scores[spec.metric]
    if query_block.partners is not None:
        found = compute(scores, query_block.partners, **spec.options)
    elif statistics is not None:
        own = statistics[query_block.start : query_block.start + scores.shape[0]]
        found = compute(scores, query_block.positives, own, statistics, **spec.options)
    else:
        found = compute(scores, query_block.positives, query_block.negatives, **spec.options)
    return found if spec.factor == 1.0 else spec.factor * found


def counted(spec: LossSpec, query_block: QueryBlock, backend: Backend) -> Column:
    """Return which anchors, or which positive pairs in their order, are items of the loss."""
    anchors: Column = np.ones(query_block.positives.shape[0], dtype=bool)
    for kind, members in (("positives", query_block.positives), ("negatives", query_block.negatives)):
        if spec.entry.counted in (kind, "both"):
            anchors = anchors & backend.get(backend.xp.any(members, axis=1))
    if spec.entry.item == "positive pair":
        xp = backend.xp
        anchors = np.repeat(anchors, backend.get(xp.sum(xp.astype(query_block.positives, xp.int64), axis=1)))
    return anchors


def terms(spec: LossSpec, positives: Column, negatives: Column) -> int:
    """Return how many losses the sums of (r,) anchors are of, that have these numbers of positives and negatives."""
    if spec.entry.item == "pair":
        return int(positives.sum() + negatives.sum())
    return (2 if spec.entry.item == "term" else 1) * int(np.vecdot(positives, negatives))  # of each triplet


class BlockPairStatistics(NamedTuple):
    """What a query block shows of the pairs behind the losses.

    Args:
        sums: (2,) the sums of the cosines of positive and of negative pairs.
        counts: metric -> (2, bins) how many of them fall where.
        hardest: the column of each anchor's farthest positive, its cosine, that of its closest negative, its cosine;
            NaN where there is none.
    """

    sums: Column
    counts: dict[str, Column]
    hardest: tuple[Column, Column, Column, Column]


def pair_statistics(query_block: QueryBlock, bins: Mapping[str, Bins], backend: Backend) -> BlockPairStatistics:
    """Return what a query block shows.

    Args:
        query_block: anchors with their cosines, and the scores that the losses are computed on.
        bins: metric -> the bins of its histogram.
        backend: of the query block.
    """
    cosines, positives, negatives = (
        backend.get(part) for part in (query_block.scores["cosine"], query_block.positives, query_block.negatives)
    )
    diagonal = ~(positives | negatives)  # the anchors themselves, which are few, as positives are
    sums = [float(cosines.sum()), *(float(cosines[mask].sum()) for mask in (positives, diagonal))]
    counts = {}
    for metric, own in bins.items():
        scores = backend.get(query_block.scores[metric])
        every, *few = (own.counts(part) for part in (scores.ravel(), scores[positives], scores[diagonal]))
        counts[metric] = np.stack([few[0], every - few[0] - few[1]])
    rows = np.arange(len(cosines))
    found = []
    for mask, least in ((positives, inf), (negatives, -inf)):
        masked = np.where(mask, cosines, least)
        column = masked.argmin(axis=1) if least > 0 else masked.argmax(axis=1)
        best = masked[rows, column]
        found += [column, np.where(np.isfinite(best), best, np.nan)]
    return BlockPairStatistics(
        np.asarray([sums[1], sums[0] - sums[1] - sums[2]]),
        counts,
        (found[0], found[1], found[2], found[3]),
    )
