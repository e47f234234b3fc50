"""The losses of a sorted batch: what the negatives come to is known, the positives are scored once more."""

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import Any, NamedTuple

import numpy as np

from ..backend import quiet
from ..blas import is_controlled, one_blas_thread
from ..engine import overlapped, processors
from ..losses.miners import ActiveTriplets
from ..results import Column
from ..work import kept
from .batch_scores import terms
from .sorted_batch import SortedBatch
from .spec import LossSpec
from .tile_sweep import Wanted


class ItemLosses(NamedTuple):
    """Some losses of a batch.

    Args:
        losses: (k,).
        places: (1, k) the place in the sorted batch of the anchor of each, or (2, k) with the column of its positive.
        counts: how many terms the losses are sums of, and how many of these are active; None where one is one.
    """

    losses: Column
    places: Column
    counts: tuple[int, int] | None


def wanted_of(spec: LossSpec) -> Wanted | None:
    """Return what a loss must know of the negatives of an anchor; None where that is more than a number."""
    summary = spec.entry.load_negatives()
    return None if summary is None else Wanted(summary, spec.metric, spec.options)


def counted(spec: LossSpec, batch: SortedBatch) -> Column:
    """Return which anchors have items."""
    some = {"positives": batch.positives > 0, "negatives": batch.negatives > 0}
    return {**some, "both": some["positives"] & some["negatives"], "all": np.ones(len(batch.codes), dtype=bool)}[
        spec.entry.counted
    ]


def near_items(spec: LossSpec, scores: Any, belonging: Any, own: Any, theirs: Any) -> Any:
    """Return the losses of some anchors: (r,), or (p,) one per positive pair.

    Args:
        spec: of the loss.
        scores: (r, c) of the anchors with the columns among which their positives are.
        belonging: (r, c) which pairs are positive; or (r,) the column of each anchor's partner.
        own: (r,) what the negatives of each anchor come to.
        theirs: (c,) what those of each column come to.
    """
    compute: Callable[..., Any] = spec.entry.load()
    found = compute(scores, belonging, own, *([theirs] if spec.entry.statistics else []), **spec.options)
    return found if spec.factor == 1.0 else spec.factor * found


def items(spec: LossSpec, batch: SortedBatch, summaries: Column) -> Iterator[ItemLosses]:
    """Yield the losses of a batch, anchors in the order of the classes."""
    work = partial(_block_items, spec, batch, summaries, counted(spec, batch))
    with one_blas_thread(), quiet():
        workers = processors() if is_controlled() else 1
        yield from kept("positives", batch.near_blocks(), partial(overlapped, work, workers=workers))


def _block_items(
    spec: LossSpec, batch: SortedBatch, summaries: Column, keep: Column, block: tuple[slice, slice]
) -> ItemLosses:
    rows, columns = block
    with quiet():
        scores, belonging = batch.scores(spec.metric, rows, columns), batch.belonging(rows, columns)
        losses = near_items(spec, scores, belonging, summaries[rows], summaries[columns])
    places = np.stack(np.nonzero(belonging)) if spec.entry.item == "positive pair" else np.arange(len(scores))[None, :]
    kept, counts = keep[rows][places[0]], None
    if isinstance(losses, ActiveTriplets):
        counts = terms(spec, batch.positives[rows], batch.negatives[rows]), int(losses.count.sum())
        losses = losses.total
    starts = np.asarray([rows.start, columns.start])[: len(places), None]
    return ItemLosses(losses[kept], places[:, kept] + starts, counts)


def in_order(parts: Sequence[ItemLosses], batch: SortedBatch) -> ItemLosses:
    """Return all losses of a batch as one, in the order that its rows had."""
    losses = np.concatenate([part.losses for part in parts])
    places = np.concatenate([part.places for part in parts], axis=1)
    # the items of an anchor are together, in the order of their columns
    sizes = np.bincount(places[0], minlength=len(batch.order))
    firsts, anchors = np.cumsum(sizes) - sizes, np.argsort(batch.order)
    firsts, sizes = firsts[anchors], sizes[anchors]
    order = np.repeat(firsts - np.cumsum(sizes) + sizes, sizes)
    order += np.arange(len(order))
    some = [part.counts for part in parts if part.counts is not None]
    counts = None if not some else (sum(count for count, _ in some), sum(active for _, active in some))
    return ItemLosses(losses[order], places[:, order], counts)
