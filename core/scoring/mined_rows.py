"""The triplet losses of a sorted batch that rank the negatives of each anchor: whole rows of quick distances."""

from collections.abc import Callable, Iterable, Iterator
from functools import partial
from math import inf
from typing import NamedTuple

import numpy as np

from ..backend import choose_backend, quiet
from ..blas import is_controlled, one_blas_thread
from ..engine import overlapped, processors
from ..losses.mined_negatives import Deciding, Miner
from ..results import Column
from ..work import kept
from .distances import distance_of
from .sorted_batch import SortedBatch
from .sorted_gradients import by_given_rows, pull
from .sorted_losses import ItemLosses
from .spec import LossSpec

HELD = 1 << 21  # distances of some anchors to all rows that are held at a time
COLUMNS = 512  # of which distances are computed at a time


class _Anchor(NamedTuple):
    """An anchor that has triplets: its place among its rows, its positives and their distances, and its negatives."""

    place: int
    columns: Column
    near: Column
    far: Deciding


def mined_items(
    spec: LossSpec, miner: Miner, batch: SortedBatch, progress: Callable[[int], None]
) -> Iterator[ItemLosses]:
    """Yield the losses of a batch, anchors in the order of the classes; say how many of these are done."""

    def through(blocks: Iterable[slice]) -> Iterator[ItemLosses]:
        # decisions are many short steps, of which two threads would wait for each other: they are made in one
        for rows, scores in overlapped(partial(_quick, spec, batch), blocks, _workers()):
            yield _items(spec, miner, batch, rows, scores)

    with one_blas_thread(), quiet():
        for rows, part in zip(_blocks(batch), kept("mined-rows", _blocks(batch), through), strict=True):
            yield part
            progress(rows.stop - rows.start)


def mined_gradient(spec: LossSpec, miner: Miner, batch: SortedBatch, share: float) -> tuple[list[Column], int]:
    """Return the gradient of the sum of the losses, times a share, and how many pairs have no derivative.

    Args:
        spec: of the loss.
        miner: of its negatives.
        batch: of one set, in numpy.
        share: what every item counts.
    """
    total, undefined = np.zeros(batch.whole.anchors.shape), 0
    with one_blas_thread(), choose_backend("torch").in_one_thread(), quiet():
        for rows, scores, slopes in overlapped(partial(_slopes, spec, miner, batch), _blocks(batch), _workers()):
            for columns in _column_blocks(batch):
                x, y = batch.sides(spec.metric, rows, columns)
                own, found = share * slopes[:, columns], scores[:, columns]
                total[rows] += pull(spec.metric, own, found, x, y)
                total[columns] += pull(spec.metric, own.T, found.T, y, x)
            scores[np.arange(len(scores)), np.arange(rows.start, rows.stop)] = inf
            undefined += int(np.count_nonzero(distance_of(spec.metric).without_slope(scores)))
        if distance_of(spec.metric).of_unit_rows:
            total = by_given_rows(batch.whole.anchors, total, batch.whole.eps)
    total[batch.order] = total.copy()
    return [total], undefined


def _workers() -> int:
    return processors() if is_controlled() else 1


def _blocks(batch: SortedBatch) -> Iterator[slice]:
    step = max(1, HELD // len(batch.codes))
    for start in range(0, len(batch.codes), step):
        yield slice(start, min(start + step, len(batch.codes)))


def _column_blocks(batch: SortedBatch) -> Iterator[slice]:
    for start in range(0, len(batch.codes), COLUMNS):
        yield slice(start, min(start + COLUMNS, len(batch.codes)))


def _items(spec: LossSpec, miner: Miner, batch: SortedBatch, rows: slice, scores: Column) -> ItemLosses:
    losses, counts, places = [np.zeros(0)], [0, 0], [np.zeros((2, 0), dtype=np.int64)]
    for place, columns, near, far in _decided(spec, miner, batch, rows, scores):
        found, active = miner.losses(near, far, **spec.options)
        losses.append(spec.factor * found)
        counts[1] += int(active.sum())
        places.append(np.stack([np.full(len(columns), rows.start + place), columns]))
    if spec.entry.item == "positive pair":
        return ItemLosses(np.concatenate(losses), np.concatenate(places, axis=1), None)
    counts[0] = int(np.vecdot(batch.positives[rows], batch.negatives[rows]))
    anchors = np.asarray([each[:1, 0] for each in places[1:]], dtype=np.int64).reshape(1, -1)
    return ItemLosses(np.asarray([each.sum() for each in losses[1:]]), anchors, (counts[0], counts[1]))


def _slopes(spec: LossSpec, miner: Miner, batch: SortedBatch, rows: slice) -> tuple[slice, Column, Column]:
    """Return the distances of some anchors to all rows, and the derivatives of their losses by these."""
    with quiet():
        scores = _quick(spec, batch, rows)[1]
        slopes = np.zeros(scores.shape)
        for place, columns, near, far in _decided(spec, miner, batch, rows, scores):
            slopes[place, columns] = miner.add_slopes(near, far, slopes[place], **spec.options)
            scores[place, columns] = near
    return rows, scores, spec.factor * slopes


def _quick(spec: LossSpec, batch: SortedBatch, rows: slice) -> tuple[slice, Column]:
    """Return the quick distances of some anchors to all rows."""
    scores = np.empty((rows.stop - rows.start, len(batch.codes)))
    with quiet():
        for block in _column_blocks(batch):
            scores[:, block] = batch.scores(spec.metric, rows, block, quick=True)
    return rows, scores


def _decided(spec: LossSpec, miner: Miner, batch: SortedBatch, rows: slice, scores: Column) -> list[_Anchor]:
    """Return the anchors that have triplets; make infinite the distances to their own classes, and exact what decides.

    Args:
        spec: of the loss.
        miner: of its negatives.
        batch: of one set, in numpy.
        rows: the anchors.
        scores: what `_quick` found.
    """
    columns = slice(*batch.near(rows))
    near, same = batch.scores(spec.metric, rows, columns), batch.belonging(rows, columns)
    anchors, opened = [], [np.zeros((2, 0), dtype=np.intp)]
    scores[:, columns][batch.same(rows, columns)[0]] = inf
    for place in np.flatnonzero((batch.positives[rows] > 0) & (batch.negatives[rows] > 0)).tolist():
        own = near[place, same[place]]
        far = miner.deciding(own, scores[place], **spec.options)
        marked = far.columns[far.open]
        opened.append(np.stack([np.full(len(marked), place), marked]))
        anchors.append(_Anchor(place, np.flatnonzero(same[place]) + columns.start, own, far))
    batch.settle_listed(spec.metric, rows, slice(0, len(batch.codes)), scores, np.concatenate(opened, axis=1))
    return [each._replace(far=each.far.settled(scores[each.place])) for each in anchors]
