"""Losses of batches: every batch through its query blocks, any number of losses and parameters at once."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from math import fsum
from typing import Any, NamedTuple, Self

import numpy as np

from ..backend import Array, Backend, choose_backend, quiet
from ..engine import overlapped, processors
from ..losses.miners import ActiveTriplets
from ..results import Column, Progress
from .accumulator import HELD, Accumulator
from .batch_scores import (
    BlockPairStatistics,
    QueryBlock,
    WholeRows,
    block_statistics,
    counted,
    items_of,
    pair_statistics,
    statistics_of,
)
from .binning import Bins, bins_of
from .distances import distance_of
from .reduction import LossOutcome, divisor, total_of
from .sorted_batch import SortedBatch, sorted_batch
from .sorted_gradients import gradient as sorted_gradient
from .sorted_losses import in_order, items, wanted_of
from .spec import LossSpec
from .tile_sweep import statistics_of as sorted_statistics
from .tile_sweep import sweep

SORTED = 1 << 20  # scores of a batch from which on it pays to sort it by class


@dataclass(frozen=True)
class BatchData:
    """What the batches are cut from; checked by the caller.

    Args:
        sides: (n, d) host rows per input: one set, or two views.
        classes: (n,) numbers of the classes; None for views.
        weights: (classes, d) rows of a classifier, which every batch has whole; else None.
        batches: the rows of each batch.
        eps: the least norm that a cosine divides by.
        backend: where to compute.
    """

    sides: tuple[Column, ...]
    classes: Column | None
    weights: Column | None
    batches: Sequence[Column]
    eps: float
    backend: Backend

    @property
    def rows(self) -> int:
        """n."""
        return len(self.sides[0])

    def bins(self, metric: str) -> Bins:
        """Return the bins of a histogram of all scores of the rows."""
        distance = distance_of(metric)
        others = self.sides[-1] if self.weights is None else self.weights
        low, high = (0.0, 0.0) if distance.bounds is None else distance.bounds(self.sides[0], others)
        return bins_of(distance, low, high)

    def turned(self) -> Self:
        """Return the views the other way round."""
        return replace(self, sides=self.sides[::-1])


@dataclass
class PairStatistics:
    """What the report says of the pairs behind the losses.

    Args:
        rows: how many anchors there are.
        bins: metric that losses are computed on -> the bins of its histogram.
        sums: the sums of the cosines of positive and of negative pairs.
        counts: metric -> (2, bins) how many pairs fall where.
        hardest: per anchor the row of the farthest positive, its cosine, that of the closest negative, its cosine.
    """

    rows: int
    bins: Mapping[str, Bins]
    sums: tuple[list[float], list[float]] = field(default_factory=lambda: ([], []))
    counts: dict[str, Column] = field(default_factory=dict)
    hardest: list[Column] = field(init=False)

    def __post_init__(self) -> None:
        numbers = np.full(self.rows, -1, dtype=np.int64)
        scores = np.full(self.rows, np.nan)
        self.hardest = [numbers, scores, numbers.copy(), scores.copy()]

    def take(self, found: BlockPairStatistics, anchors: Column, others: Column) -> None:
        """Add what a query block shows.

        Args:
            found: by `pair_statistics`.
            anchors: the rows of its anchors.
            others: the row of each column.
        """
        for group in (0, 1):
            self.sums[group].append(float(found.sums[group]))
        for metric, counts in found.counts.items():
            self.counts[metric] = self.counts.get(metric, 0) + counts
        for column, values in zip(self.hardest, found.hardest, strict=True):
            column[anchors] = others[values] if values.dtype.kind == "i" else values

    @property
    def pairs(self) -> tuple[int, int]:
        """How many positive and how many negative pairs there are."""
        positives, negatives = next(iter(self.counts.values())).sum(axis=1).tolist()
        return positives, negatives

    @property
    def means(self) -> tuple[float | None, float | None]:
        """Their mean cosines; None where there are none."""
        positive, negative = (
            fsum(sums) / count if count else None for sums, count in zip(self.sums, self.pairs, strict=True)
        )
        return positive, negative


def cut(rows: int, size: int | None, *, shuffle: bool, seed: int) -> list[Column]:
    """Return the rows of each batch: all in one, or `size` at a time, in order or shuffled; the last may be smaller."""
    order = np.random.default_rng(seed).permutation(rows) if shuffle else np.arange(rows)
    step = rows if size is None else size
    return [order[start : start + step] for start in range(0, rows, step)]


def first_two(classes: Column) -> tuple[Column, Column]:
    """Return the numbers of the first and of the second row of every class that has two."""
    order = np.argsort(classes, kind="stable")
    starts = np.flatnonzero(np.diff(classes[order], prepend=-1))
    second = starts + 1
    has_two = (second < len(order)) & (classes[order[np.minimum(second, len(order) - 1)]] == classes[order[starts]])
    return order[starts[has_two]], order[second[has_two]]


def outcomes(
    specs: Sequence[LossSpec],
    data: BatchData,
    *,
    most: int,
    all_items: bool = False,
    progress: Progress | None = None,
) -> tuple[list[LossOutcome], PairStatistics]:
    """Return the losses, and what the report says of their pairs.

    Args:
        specs: losses of the same inputs.
        data: the rows and how they are cut.
        most: how many of the largest items are kept, where there are too many to keep all.
        all_items: keep all items, however many; those that belong to one row each always are.
        progress: called with the anchors that are done and their total.
    """
    accumulators = [Accumulator(most, all_items or not takes_pairs(spec)) for spec in specs]
    metrics = dict.fromkeys(spec.metric for spec in specs)
    statistics = PairStatistics(data.rows, {metric: data.bins(metric) for metric in metrics})
    report = _Progress(data.rows, progress)
    for rows in data.batches:
        compute = _sorted_batch if _is_sorted(specs, data, rows) else _whole_batch
        compute(specs, data, rows, statistics, accumulators, report)
    found = [_outcome(spec, accumulator) for spec, accumulator in zip(specs, accumulators, strict=True)]
    bidirectional = [number for number, spec in enumerate(specs) if spec.parameters.get("symmetric")]
    if bidirectional:
        one_way = [specs[number].with_parameter("symmetric", 0.0) for number in bidirectional]
        backward, _ = outcomes(one_way, data.turned(), most=most)
        for number, other in zip(bidirectional, backward, strict=True):
            found[number] = _mean_of(found[number], other)
    return found, statistics


@dataclass
class _Progress:
    """How many anchors are done."""

    total: int
    told: Progress | None
    done: int = 0

    def add(self, anchors: int) -> None:
        self.done += anchors
        if self.told is not None:
            self.told(self.done, self.total)


def _is_sorted(specs: Sequence[LossSpec], data: BatchData, rows: Column) -> bool:
    """Tell whether a batch is computed in the order of its classes, tile by tile; small ones are not worth it."""
    cells = len(rows) * len(rows if data.weights is None else data.weights)
    return data.backend.name == "numpy" and cells >= SORTED and all(map(wanted_of, specs))


def _sorted_batch(
    specs: Sequence[LossSpec],
    data: BatchData,
    rows: Column,
    statistics: PairStatistics,
    accumulators: Sequence[Accumulator],
    report: "_Progress",
) -> None:
    """Add what one batch shows, in the order of its classes."""
    batch = _sorted(data, rows, tuple(dict.fromkeys(("cosine", *(spec.metric for spec in specs)))))
    wanted = [each for each in map(wanted_of, specs) if each is not None]
    swept = sweep(batch, wanted, statistics.bins, report.add)
    anchors = rows[batch.order]
    others = anchors if batch.is_self else rows if data.weights is None else np.arange(len(data.weights))
    statistics.take(sorted_statistics(batch, swept), anchors, others)
    for spec, accumulator, masses in zip(specs, accumulators, swept.masses, strict=True):
        parts = items(spec, batch, masses)
        if accumulator.all_items or int(batch.positives.sum()) <= HELD:
            parts = iter([in_order(list(parts), batch)])
        for part in parts:
            places = [anchors[part.places[0]], *(others[end] for end in part.places[1:])]
            accumulator.add(part.losses, np.stack(places), counts=part.counts)


def _sorted(data: BatchData, rows: Column, metrics: tuple[str, ...]) -> SortedBatch:
    classes = None if data.classes is None else data.classes[rows]
    return sorted_batch(_put(data, rows), classes, metrics, data.eps, data.backend)


def _whole_batch(
    specs: Sequence[LossSpec],
    data: BatchData,
    rows: Column,
    statistics: PairStatistics,
    accumulators: Sequence[Accumulator],
    report: "_Progress",
) -> None:
    """Add what one batch shows, with the whole row of each anchor."""
    # numpy computes in one thread, so several pieces at a time; torch has threads of its own
    workers = processors() if data.backend.name == "numpy" else 1
    with quiet():
        batch = _batch(data, rows, ("cosine", *(spec.metric for spec in specs)))
        work = partial(_work, specs, [statistics_of(batch, spec) for spec in specs], data, statistics.bins)
        others = rows if data.weights is None else np.arange(len(data.weights))
        for part in overlapped(work, batch.parts(), workers):
            anchors = rows[part.start : part.start + part.rows]
            statistics.take(part.pairs, anchors, others)
            for accumulator, entry in zip(accumulators, part.entries, strict=True):
                places = np.stack([anchors[entry.ends[0]], *(others[end] for end in entry.ends[1:])])
                accumulator.add(entry.items, places, counts=entry.counts)
            report.add(part.rows)


def takes_pairs(spec: LossSpec) -> bool:
    """Tell whether an item of the loss belongs to a pair of rows, of which there may be very many."""
    return spec.entry.item == "positive pair"


def positive_pairs(data: BatchData) -> int:
    """Return how many positive pairs the batches have, as most items of a loss of pairs there may be."""
    counts = [] if data.classes is None else [np.bincount(data.classes[rows]) for rows in data.batches]
    return sum(int(np.vecdot(each, each - 1)) for each in counts)


def _mean_of(forward: LossOutcome, backward: LossOutcome) -> LossOutcome:
    """Return the loss of both directions: anchor by anchor the mean of the two, of which all are kept."""
    items = (forward.items + backward.items) / 2
    return replace(forward, items=items, total=total_of(items), active=int((items > 0).sum()))


class _Entry(NamedTuple):
    """The items of one loss in a piece: where each belongs, and how many losses they are sums of."""

    items: Column
    ends: tuple[Column, ...]
    counts: tuple[int, int] | None


class _Part(NamedTuple):
    """What comes of a piece."""

    start: int
    rows: int
    pairs: BlockPairStatistics
    entries: list[_Entry]


def _work(
    specs: Sequence[LossSpec],
    known: Sequence[Array | None],
    data: BatchData,
    bins: Mapping[str, Bins],
    query_block: QueryBlock,
) -> _Part:
    with quiet():
        entries = [
            _entry(spec, query_block, statistics, data.backend) for spec, statistics in zip(specs, known, strict=True)
        ]
        found = pair_statistics(query_block, bins, data.backend)
    return _Part(query_block.start, query_block.positives.shape[0], found, entries)


def _entry(spec: LossSpec, query_block: QueryBlock, statistics: Array | None, backend: Backend) -> _Entry:
    found = items_of(spec, query_block, statistics)
    keep = counted(spec, query_block, backend)
    if isinstance(found, ActiveTriplets):
        sizes = [backend.get(mask).sum(axis=1) for mask in (query_block.positives, query_block.negatives)]
        terms = 2 if spec.entry.item == "term" else 1  # per triplet
        counts = terms * int(np.vecdot(*sizes)), int(backend.get(found.count).sum())
        return _Entry(backend.get(found.total)[keep], (np.flatnonzero(keep),), counts)
    if spec.entry.item == "positive pair":
        rows, columns = np.nonzero(backend.get(query_block.positives))
        return _Entry(backend.get(found)[keep], (rows[keep], columns[keep]), None)
    return _Entry(backend.get(found)[keep], (np.flatnonzero(keep),), None)


def _outcome(spec: LossSpec, accumulator: Accumulator) -> LossOutcome:
    accumulator.close()
    found, kept = accumulator, (accumulator.items, accumulator.places)
    return LossOutcome(spec, *kept, found.total, found.count, found.active, complete=found.complete)


class Gradient(NamedTuple):
    """The derivative of a reduced loss.

    Args:
        parts: float64 by every input, the weights of a classifier last.
        undefined: how many pairs have a score without a derivative, for which it is taken as 0.
    """

    parts: list[Column]
    undefined: int


def gradients(specs: Sequence[LossSpec], data: BatchData, found: Sequence[LossOutcome]) -> list[Gradient]:
    """Return the gradient of each reduced loss.

    Args:
        specs: losses of the same inputs.
        data: the rows and how they are cut.
        found: what `outcomes` returned for the specs.
    """
    return [_gradient(spec, data, outcome) for spec, outcome in zip(specs, found, strict=True)]


def _gradient(spec: LossSpec, data: BatchData, outcome: LossOutcome) -> Gradient:
    if spec.parameters.get("symmetric"):
        one_way = spec.with_parameter("symmetric", 0.0)
        forward, backward = _gradient(one_way, data, outcome), _gradient(one_way, data.turned(), outcome)
        parts = [(x + y) / 2 for x, y in zip(forward.parts, reversed(backward.parts), strict=True)]
        return Gradient(parts, forward.undefined)
    inputs = [*data.sides, *([] if data.weights is None else [data.weights])]
    totals = [np.zeros(rows.shape) for rows in inputs]
    undefined = 0
    for rows in data.batches:
        found = _batch_gradient(spec, outcome, data, rows)
        undefined += found.undefined
        for number, part in enumerate(found.parts):
            if number < len(data.sides):
                totals[number][rows] += part
            else:
                totals[number] += part
    # in a batch with classes a pair comes twice, once for either end
    return Gradient(totals, undefined // 2 if len(inputs) == 1 else undefined)


def _batch_gradient(spec: LossSpec, outcome: LossOutcome, data: BatchData, rows: Column) -> Gradient:
    """Return the gradient of one batch's share of the reduced loss."""
    if _is_sorted([spec], data, rows):
        share = 1.0 / divisor(spec.reduction, outcome.count, outcome.active)
        return Gradient(*sorted_gradient(spec, _sorted(data, rows, (spec.metric,)), share))
    return _whole_gradient(spec, outcome, data, rows)


def _whole_gradient(spec: LossSpec, outcome: LossOutcome, data: BatchData, rows: Column) -> Gradient:
    """Return the gradient of one batch's share of the reduced loss, one query block's graph at a time."""
    backend = choose_backend("torch", data.backend.device)
    data = replace(data, backend=backend)
    leaves = [leaf.requires_grad_() for leaf in _put(data, rows)]
    batch = _of([leaf.detach() for leaf in leaves], data, rows, (spec.metric,))
    starts, undefined = range(0, len(rows), batch.step), 0
    statistics = statistics_of(batch, spec)
    if statistics is not None:
        statistics.requires_grad_()
    for start in starts:
        # the graph of a query block is freed before the next one is made
        query_block = _of(leaves, data, rows, (spec.metric,)).query_block(start)
        _share(spec, outcome, items_of(spec, query_block, statistics), query_block, backend).backward()
        kinks = distance_of(spec.metric).without_slope(query_block.scores[spec.metric])
        undefined += int((kinks & query_block.pairs).sum())
    for start in starts:
        if statistics is None:
            break
        # what the statistics add, whose own derivatives are known by now
        part = block_statistics(_of(leaves, data, rows, (spec.metric,)).query_block(start), spec)
        (part * statistics.grad[start : start + len(part)]).sum().backward()
    return Gradient([backend.get(leaf.grad) for leaf in leaves], undefined)


def _share(spec: LossSpec, outcome: LossOutcome, items: Any, query_block: QueryBlock, backend: Backend) -> Array:
    """Return what a query block adds to the reduced loss."""
    own = items.total if isinstance(items, ActiveTriplets) else items[backend.put(counted(spec, query_block, backend))]
    return own.sum() / divisor(spec.reduction, outcome.count, outcome.active)


def _batch(data: BatchData, rows: Column, metrics: Sequence[str]) -> WholeRows:
    return _of(_put(data, rows), data, rows, tuple(dict.fromkeys(metrics)))


def _put(data: BatchData, rows: Column) -> list[Array]:
    inputs = [*(side[rows] for side in data.sides), *([] if data.weights is None else [data.weights])]
    return [data.backend.put(part, data.backend.xp.float64) for part in inputs]


def _of(inputs: list[Array], data: BatchData, rows: Column, metrics: tuple[str, ...]) -> WholeRows:
    backend = data.backend
    numbers = backend.put(np.arange(len(rows)) if data.classes is None else data.classes[rows])
    classes, partners = (None, numbers) if len(inputs) > 1 else (numbers, None)
    return WholeRows(inputs[0], inputs[-1], classes, partners, metrics, data.eps, backend)
