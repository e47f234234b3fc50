"""Losses of batches: every batch by tiles or by whole rows, any number of losses and parameters at once."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from math import fsum
from typing import NamedTuple

import numpy as np

from ..backend import Array, Backend, quiet
from ..engine import overlapped, processors
from ..losses.miners import ActiveTriplets
from ..results import Column, Progress
from ..work import kept
from .accumulator import HELD, Accumulator
from .batch_data import SORTED, BatchData, class_order, pays_sorting, put, whole_rows
from .batch_scores import BlockPairStatistics, QueryBlock, counted, items_of, pair_statistics, statistics_of, terms
from .histogram import Bins
from .mined_rows import mined_items
from .pair_statistics import PairStatistics
from .reduction import LossOutcome, total_of
from .sorted_losses import in_order, items, wanted_of
from .spec import LossSpec
from .tile_sweep import statistics_of as sorted_statistics
from .tile_sweep import sweep


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
    halves = [spec.halves for spec in specs]
    whole, specs = specs, [half for each in halves for half in each]
    accumulators = [Accumulator(most, all_items or not takes_pairs(spec)) for spec in specs]
    metrics = dict.fromkeys(spec.metric for spec in specs)
    statistics = PairStatistics(data.rows, {metric: data.bins(metric) for metric in metrics})
    run = _Run(specs, data, statistics, accumulators, progress)
    for rows in data.batches:
        (run.add_sorted if pays_sorting(data, rows) else run.add_whole)(rows)
    found = [_outcome(*each) for each in zip(specs, accumulators, run.negatives, strict=True)]
    bidirectional = [number for number, spec in enumerate(specs) if spec.parameters.get("symmetric")]
    if bidirectional:
        one_way = [specs[number].with_parameter("symmetric", 0.0) for number in bidirectional]
        backward, _ = outcomes(one_way, data.turned(), most=most)
        for number, other in zip(bidirectional, backward, strict=True):
            found[number] = _mean_of(found[number], other)
    parts = iter(found)
    return [_sum_of(spec, [next(parts) for _ in each]) for spec, each in zip(whole, halves, strict=True)], statistics


def takes_pairs(spec: LossSpec) -> bool:
    """Tell whether an item of the loss belongs to a pair of rows, of which there may be very many."""
    return spec.entry.item == "positive pair"


@dataclass
class _Run:
    """The losses of some batches, what they have come to, and how many anchors are done."""

    specs: Sequence[LossSpec]
    data: BatchData
    statistics: PairStatistics
    accumulators: Sequence[Accumulator]
    progress: Progress | None
    negatives: list[list[Column | None]] = field(init=False)
    done: int = 0

    def __post_init__(self) -> None:
        self.negatives = [[] for _ in self.specs]

    def add_sorted(self, rows: Column) -> None:
        """Add what one batch shows, in the order of its classes."""
        batch = class_order(self.data, rows, tuple(dict.fromkeys(("cosine", *(spec.metric for spec in self.specs)))))
        wanted = [each for each in map(wanted_of, self.specs) if each is not None]
        swept = sweep(batch, wanted, self.statistics.bins, self._count)
        summaries = iter(swept.summaries)
        anchors = rows[batch.order]
        others = anchors if batch.is_self else rows
        self.statistics.take(sorted_statistics(batch, swept), anchors, others)
        for number, (spec, accumulator) in enumerate(zip(self.specs, self.accumulators, strict=True)):
            if miner := spec.entry.load_miner():
                negatives, parts = None, mined_items(spec, miner, batch, self._count)
            else:
                negatives = next(summaries)
                parts = items(spec, batch, negatives)
            self.negatives[number].append(negatives)
            if accumulator.all_items or int(batch.positives.sum()) <= HELD:
                parts = iter([in_order(list(parts), batch)])
            for part in parts:
                places = [anchors[part.places[0]], *(others[end] for end in part.places[1:])]
                accumulator.add(part.losses, np.stack(places), counts=part.counts)

    def add_whole(self, rows: Column) -> None:
        """Add what one batch shows, with the whole row of each anchor."""
        specs, data, bins = self.specs, self.data, self.statistics.bins
        # numpy computes in one thread, so several pieces at a time; torch has threads of its own
        workers = processors() if data.backend.name == "numpy" else 1
        for each in self.negatives:
            each.append(None)
        with quiet():
            batch = whole_rows(put(data, rows), data, rows, ("cosine", *(spec.metric for spec in specs)))
            work = partial(_work, specs, [statistics_of(batch, spec) for spec in specs], data, bins)
            others = self._others(rows)

            def through(starts: Iterable[int]) -> Iterator[_Part]:
                return overlapped(work, batch.parts(starts), workers)

            is_long = len(rows) * len(others) >= SORTED
            for part in kept("rows-of-a-batch", batch.starts, through) if is_long else through(batch.starts):
                anchors = rows[part.start : part.start + part.rows]
                self.statistics.take(part.pairs, anchors, others)
                for accumulator, entry in zip(self.accumulators, part.entries, strict=True):
                    places = np.stack([anchors[entry.ends[0]], *(others[end] for end in entry.ends[1:])])
                    accumulator.add(entry.items, places, counts=entry.counts)
                self._count(part.rows * self.passes)

    def _others(self, rows: Column) -> Column:
        """Return the numbers of what the rows of a batch are compared with: these, or the weights of the classes."""
        return rows if self.data.weights is None else np.arange(len(self.data.weights))

    @property
    def passes(self) -> int:
        """How often the anchors are gone through: once, and once more for each loss that ranks the negatives."""
        return 1 + sum(bool(spec.entry.miner) for spec in self.specs)

    def _count(self, anchors: int) -> None:
        self.done += anchors
        if self.progress is not None:
            self.progress(self.done // self.passes, self.data.rows)


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
        counts = terms(spec, *sizes), int(backend.get(found.count).sum())
        return _Entry(backend.get(found.total)[keep], (np.flatnonzero(keep),), counts)
    if spec.entry.item == "positive pair":
        rows, columns = np.nonzero(backend.get(query_block.positives))
        return _Entry(backend.get(found)[keep], (rows[keep], columns[keep]), None)
    return _Entry(backend.get(found)[keep], (np.flatnonzero(keep),), None)


def _outcome(spec: LossSpec, found: Accumulator, negatives: Sequence[Column | None]) -> LossOutcome:
    found.close()
    told = found.total, found.count, found.active
    return LossOutcome(spec, found.items, found.places, *told, complete=found.complete, negatives=tuple(negatives))


def _sum_of(spec: LossSpec, halves: Sequence[LossOutcome]) -> LossOutcome:
    """Return the loss of its halves: anchor by anchor their sum, of which all are kept."""
    first, *others = halves
    if not others:
        return first
    items, total = np.sum([half.items for half in halves], axis=0), fsum(half.total for half in halves)
    active = sum(half.active for half in halves)
    return replace(first, spec=spec, items=items, total=total, active=active, negatives=(), halves=tuple(halves))


def _mean_of(forward: LossOutcome, backward: LossOutcome) -> LossOutcome:
    """Return the loss of both directions: anchor by anchor the mean of the two, of which all are kept."""
    items = (forward.items + backward.items) / 2
    negatives = forward.negatives + backward.negatives
    return replace(forward, items=items, total=total_of(items), active=int((items > 0).sum()), negatives=negatives)
