"""Losses of batches: every batch through its query blocks, any number of losses and parameters at once."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from math import fsum, sqrt
from typing import Any, NamedTuple, Self

import numpy as np

from ..backend import Array, Backend, choose_backend, quiet
from ..engine.plan import Progress
from ..engine.threads import overlapped, processors
from ..losses.miners import ActiveTriplets
from ..results import Column
from .accumulator import Accumulator
from .batch_scores import QueryBlock, Seen, WholeRows, counted, items_of, masses, query_block_statistics, seen
from .binning import Bins, bins_of
from .distances import without_slope
from .reduction import Outcome, total_of
from .spec import Request

PART = 1 << 18  # numbers that are widened at a time


@dataclass(frozen=True)
class Data:
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

    def bounds(self, metric: str) -> tuple[float, float]:
        """Return between which numbers all scores of the rows are, where the metric itself does not say."""
        if metric == "dot":
            others = self.sides[-1] if self.weights is None else self.weights
            most = reach_of(self.sides[0], 0.0) * reach_of(others, 0.0)
            return -most, most
        if metric not in ("euclidean", "sqeuclidean"):
            return 0.0, 0.0
        most = 2.0 * reach_of(self.sides[0], self.sides[0].mean(axis=0, dtype=np.float64))
        return 0.0, most if metric == "euclidean" else most * most

    def turned(self) -> Self:
        """Return the views the other way round."""
        return replace(self, sides=self.sides[::-1])


@dataclass
class Evidence:
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

    def take(self, found: Seen, anchors: Column, others: Column) -> None:
        """Add what a query block shows.

        Args:
            found: by `seen`.
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


def reach_of(rows: Column, center: Column | float) -> float:
    """Return the largest distance of (n, d) rows from a point."""
    unit, step = max(float(rows.max()), -float(rows.min())) or 1.0, max(1, PART // rows.shape[1])
    most = 0.0
    for start in range(0, len(rows), step):
        apart = (rows[start : start + step].astype(np.float64) - center) / unit
        most = max(most, float(np.vecdot(apart, apart).max()))
    return unit * sqrt(most)


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
    requests: Sequence[Request],
    data: Data,
    *,
    most: int,
    all_items: bool = False,
    progress: Progress | None = None,
) -> tuple[list[Outcome], Evidence]:
    """Return the losses, and what the report says of their pairs.

    Args:
        requests: losses of the same inputs.
        data: the rows and how they are cut.
        most: how many of the largest items are kept, where there are too many to keep all.
        all_items: keep all items, however many; those that belong to one row each always are.
        progress: called with the anchors that are done and their total.
    """
    ledgers = [Accumulator(most, all_items or not takes_pairs(request)) for request in requests]
    metrics = dict.fromkeys(request.metric for request in requests)
    evidence = Evidence(data.rows, {metric: bins_of(metric, *data.bounds(metric)) for metric in metrics})
    done = 0
    # numpy computes in one thread, so several pieces at a time; torch has threads of its own
    workers = processors() if data.backend.name == "numpy" else 1
    with quiet():
        for rows in data.batches:
            batch = _batch(data, rows, ("cosine", *(request.metric for request in requests)))
            work = partial(_work, requests, [masses(batch, request) for request in requests], data, evidence.bins)
            others = rows if data.weights is None else np.arange(len(data.weights))
            for part in overlapped(work, batch.parts(), workers):
                anchors = rows[part.start : part.start + part.rows]
                evidence.take(part.seen, anchors, others)
                for ledger, entry in zip(ledgers, part.entries, strict=True):
                    places = np.stack([anchors[entry.ends[0]], *(others[end] for end in entry.ends[1:])])
                    ledger.add(entry.items, places, counts=entry.counts)
                done += part.rows
                if progress is not None:
                    progress(done, data.rows)
    found = [_outcome(request, ledger) for request, ledger in zip(requests, ledgers, strict=True)]
    both_ways = [number for number, request in enumerate(requests) if request.parameters.get("symmetric")]
    if both_ways:
        one_way = [requests[number].with_parameter("symmetric", 0.0) for number in both_ways]
        backward, _ = outcomes(one_way, data.turned(), most=most)
        for number, other in zip(both_ways, backward, strict=True):
            found[number] = _mean_of(found[number], other)
    return found, evidence


def takes_pairs(request: Request) -> bool:
    """Tell whether an item of the loss belongs to a pair of rows, of which there may be very many."""
    return request.entry.item == "positive pair"


def positive_pairs(data: Data) -> int:
    """Return how many positive pairs the batches have, as most items of a loss of pairs there may be."""
    counts = [] if data.classes is None else [np.bincount(data.classes[rows]) for rows in data.batches]
    return sum(int(np.vecdot(each, each - 1)) for each in counts)


def _mean_of(forward: Outcome, backward: Outcome) -> Outcome:
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
    seen: Seen
    entries: list[_Entry]


def _work(
    requests: Sequence[Request],
    masses_of: Sequence[Array | None],
    data: Data,
    bins: Mapping[str, Bins],
    query_block: QueryBlock,
) -> _Part:
    with quiet():
        entries = [
            _entry(request, query_block, mass, data.backend) for request, mass in zip(requests, masses_of, strict=True)
        ]
        found = seen(query_block, bins, data.backend)
    return _Part(query_block.start, query_block.positives.shape[0], found, entries)


def _entry(request: Request, query_block: QueryBlock, mass: Array | None, backend: Backend) -> _Entry:
    found = items_of(request, query_block, mass)
    keep = counted(request, query_block, backend)
    if isinstance(found, ActiveTriplets):
        sizes = [backend.get(mask).sum(axis=1) for mask in (query_block.positives, query_block.negatives)]
        terms = 2 if request.entry.item == "term" else 1  # per triplet
        counts = terms * int(np.vecdot(*sizes)), int(backend.get(found.count).sum())
        return _Entry(backend.get(found.total)[keep], (np.flatnonzero(keep),), counts)
    if request.entry.item == "positive pair":
        rows, columns = np.nonzero(backend.get(query_block.positives))
        return _Entry(backend.get(found)[keep], (rows[keep], columns[keep]), None)
    return _Entry(backend.get(found)[keep], (np.flatnonzero(keep),), None)


def _outcome(request: Request, ledger: Accumulator) -> Outcome:
    ledger.close()
    kept = ledger.items, ledger.places
    return Outcome(request, *kept, ledger.total, ledger.count, ledger.active, complete=ledger.complete)


class Gradient(NamedTuple):
    """The derivative of a reduced loss.

    Args:
        parts: float64 by every input, the weights of a classifier last.
        undefined: how many pairs have a score without a derivative, for which it is taken as 0.
    """

    parts: list[Column]
    undefined: int


def gradients(requests: Sequence[Request], data: Data, found: Sequence[Outcome]) -> list[Gradient]:
    """Return the gradient of each reduced loss.

    Args:
        requests: losses of the same inputs.
        data: the rows and how they are cut.
        found: what `outcomes` returned for the requests.
    """
    return [_gradient(request, data, outcome) for request, outcome in zip(requests, found, strict=True)]


def _gradient(request: Request, data: Data, outcome: Outcome) -> Gradient:
    if request.parameters.get("symmetric"):
        one_way = request.with_parameter("symmetric", 0.0)
        forward, backward = _gradient(one_way, data, outcome), _gradient(one_way, data.turned(), outcome)
        parts = [(x + y) / 2 for x, y in zip(forward.parts, reversed(backward.parts), strict=True)]
        return Gradient(parts, forward.undefined)
    inputs = [*data.sides, *([] if data.weights is None else [data.weights])]
    totals = [np.zeros(rows.shape) for rows in inputs]
    undefined = 0
    for rows in data.batches:
        found = _batch_gradient(request, outcome, data, rows)
        undefined += found.undefined
        for number, part in enumerate(found.parts):
            if number < len(data.sides):
                totals[number][rows] += part
            else:
                totals[number] += part
    # in a batch with classes a pair comes twice, once for either end
    return Gradient(totals, undefined // 2 if len(inputs) == 1 else undefined)


def _batch_gradient(request: Request, outcome: Outcome, data: Data, rows: Column) -> Gradient:
    """Return the gradient of one batch's share of the reduced loss, one query block's graph at a time."""
    backend = choose_backend("torch", data.backend.device)
    data = replace(data, backend=backend)
    leaves = [leaf.requires_grad_() for leaf in _put(data, rows)]
    batch = _of([leaf.detach() for leaf in leaves], data, rows, (request.metric,))
    starts, undefined = range(0, len(rows), batch.step), 0
    mass = masses(batch, request)
    if mass is not None:
        mass.requires_grad_()
    for start in starts:
        # the graph of a query block is freed before the next one is made
        query_block = _of(leaves, data, rows, (request.metric,)).query_block(start)
        _share(request, outcome, items_of(request, query_block, mass), query_block, backend).backward()
        undefined += int((without_slope(request.metric, query_block.scores[request.metric]) & query_block.pairs).sum())
    for start in starts:
        if mass is None:
            break
        # what the masses add, whose own derivatives are known by now
        part = query_block_statistics(_of(leaves, data, rows, (request.metric,)).query_block(start), request)
        (part * mass.grad[start : start + len(part)]).sum().backward()
    return Gradient([backend.get(leaf.grad) for leaf in leaves], undefined)


def _share(request: Request, outcome: Outcome, items: Any, query_block: QueryBlock, backend: Backend) -> Array:
    """Return what a query block adds to the reduced loss."""
    divisor = max(1, {"sum": 1, "mean": outcome.count, "active-mean": outcome.active}[request.reduction])
    if isinstance(items, ActiveTriplets):
        return items.total.sum() / divisor
    return items[backend.put(counted(request, query_block, backend))].sum() / divisor


def _batch(data: Data, rows: Column, metrics: Sequence[str]) -> WholeRows:
    return _of(_put(data, rows), data, rows, tuple(dict.fromkeys(metrics)))


def _put(data: Data, rows: Column) -> list[Array]:
    inputs = [*(side[rows] for side in data.sides), *([] if data.weights is None else [data.weights])]
    return [data.backend.put(part, data.backend.xp.float64) for part in inputs]


def _of(inputs: list[Array], data: Data, rows: Column, metrics: tuple[str, ...]) -> WholeRows:
    backend = data.backend
    numbers = backend.put(np.arange(len(rows)) if data.classes is None else data.classes[rows])
    classes, partners = (None, numbers) if len(inputs) > 1 else (numbers, None)
    return WholeRows(inputs[0], inputs[-1], classes, partners, metrics, data.eps, backend)
