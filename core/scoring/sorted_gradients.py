"""The gradient of a loss of a sorted batch: that of the positives, and of the negatives tile by tile."""

from functools import partial

import numpy as np

from ..backend import choose_backend, derivatives, quiet
from ..blas import one_blas_thread
from ..engine import overlapped, processors
from ..losses.miners import ActiveTriplets
from ..losses.negatives import Ends
from ..losses.numerics import unit_rows
from ..results import Column
from .distances import Prepared, distance_of
from .row_distances import differences_pulled
from .sorted_batch import SortedBatch
from .sorted_losses import counted, near_items, wanted_of
from .spec import LossSpec
from .tile_sweep import Wanted, sweep

CHAINED = 1 << 20  # numbers of rows whose lengths are differentiated at a time


def gradient(spec: LossSpec, batch: SortedBatch, share: float) -> tuple[list[Column], int]:
    """Return the gradient of the sum of the losses, times a share, and how many pairs have no derivative.

    Args:
        spec: of the loss.
        batch: in numpy, with the scores of the loss.
        share: what every item counts.

    Returns:
        (n, d) by the rows of the batch as they came, and (m, d) by those that they are compared with, if these are
        others; and the number of pairs, of which one set compared with itself has each twice.
    """
    wanted = wanted_of(spec)
    assert wanted is not None
    (masses,) = sweep(batch, [wanted], {}, lambda _: None).masses
    sides = [batch.whole.anchors, batch.whole.others][: 1 if batch.is_self else 2]
    totals, slopes = [np.zeros(side.shape) for side in sides], np.zeros(masses.shape)
    with one_blas_thread() as alone, choose_backend("torch").in_one_thread():
        workers = processors() if alone else 1
        _add_positives(spec, batch, masses, share, totals, slopes, workers)
        ends = (masses, slopes)
        undefined = _add_negatives(wanted, batch, ends, ends if batch.is_self else None, totals[0], workers)
        if not batch.is_self:
            _add_negatives(wanted, batch.turned(), None, ends, totals[1], workers)
    if distance_of(spec.metric).of_unit_rows:
        totals = [_by_given_rows(side, total, batch.whole.eps) for side, total in zip(sides, totals, strict=True)]
    totals[0][batch.order] = totals[0].copy()
    return totals, undefined


def _add_positives(
    spec: LossSpec,
    batch: SortedBatch,
    masses: Column,
    share: float,
    totals: list[Column],
    slopes: Column,
    workers: int,
) -> None:
    """Add what the scores of positives pull at, and the derivatives of the loss by what the negatives come to."""
    work = partial(_near, spec, batch, masses, counted(spec, batch), share)
    for rows, columns, pulled, own in overlapped(work, batch.near_blocks(), workers):
        totals[0][rows] += pulled[0]
        totals[-1][columns] += pulled[1]
        for place, slope in own:
            slopes[place] += slope


def _near(
    spec: LossSpec, batch: SortedBatch, masses: Column, keep: Column, share: float, block: tuple[slice, slice]
) -> tuple[slice, slice, tuple[Column, Column], list[tuple[slice, Column]]]:
    """Return what the positives of some anchors pull at, and the derivatives by what negatives come to."""
    rows, columns = block
    backend = choose_backend("torch")
    scores, belonging = batch.scores(spec.metric, rows, columns), batch.belonging(rows, columns)
    leaves = [backend.put(values).requires_grad_() for values in (scores, masses[rows], masses[columns])]
    found = near_items(spec, leaves[0], backend.put(belonging), *leaves[1:])
    kept = keep[rows][np.nonzero(belonging)[0]] if spec.entry.item == "positive pair" else keep[rows]
    found = found.total if isinstance(found, ActiveTriplets) else found
    slopes = [backend.get(each) for each in derivatives(found[backend.put(kept)].sum() * share, leaves)]
    with quiet():
        x, y = batch.sides(spec.metric, rows, columns)
        pulled = _pulled(spec.metric, slopes[0], scores, x, y), _pulled(spec.metric, slopes[0].T, scores.T, y, x)
    return rows, columns, pulled, list(zip((rows, columns), slopes[1:], strict=True))


def _add_negatives(
    wanted: Wanted, batch: SortedBatch, of_rows: Ends | None, of_columns: Ends | None, total: Column, workers: int
) -> int:
    """Add what the scores of negatives pull the rows of a batch by; return how many pairs have no derivative."""
    undefined = 0
    work = partial(_far, wanted, batch, of_rows, of_columns)
    for rows, pulled, without in overlapped(work, batch.query_blocks(), workers):
        total[rows] += pulled
        undefined += without
    return undefined


def _far(
    wanted: Wanted, batch: SortedBatch, of_rows: Ends | None, of_columns: Ends | None, rows: slice
) -> tuple[slice, Column, int]:
    quick = wanted.is_quick(batch)
    total, undefined = np.zeros(batch.whole.anchors[rows].shape), 0
    with quiet():
        for tile in batch.tiles(rows, whole=True):
            same, alone = batch.same(tile.rows, tile.columns) if tile.mixed else (None, None)
            scores = batch.scores(wanted.metric, tile.rows, tile.columns, quick=quick)
            settle = batch.settle(wanted.metric, tile.rows, tile.columns)
            ends = [_part(ends, place) for ends, place in ((of_rows, tile.rows), (of_columns, tile.columns))]
            slopes = wanted.summary.slopes(scores, None if same is None else ~same, wanted.options, settle, *ends)
            total += _pulled(wanted.metric, slopes, scores, *batch.sides(wanted.metric, tile.rows, tile.columns))
            if distance_of(wanted.metric).kink:
                kinks = distance_of(wanted.metric).without_slope(scores)
                undefined += int(np.count_nonzero(kinks if alone is None else kinks & ~alone))
    return rows, total, undefined


def _part(ends: Ends | None, place: slice) -> Ends | None:
    return None if ends is None else (ends[0][place], ends[1][place])


def _pulled(metric: str, slopes: Column, scores: Column, x: Prepared, y: Prepared) -> Column:
    """Return what the (r, c) derivatives by the scores of x and y are by the rows of x."""
    distance = distance_of(metric)
    if distance.squared is not None and x.split is not None and y.split is not None:
        return differences_pulled(slopes, scores, x.split, y.split, squared=distance.squared)
    pulled: Column = slopes @ y.rows
    return pulled if distance.slope == 1.0 else distance.slope * pulled


def _by_given_rows(given: Column, slopes: Column, eps: float) -> Column:
    """Return the gradient by rows, of that by the same at unit length."""
    backend, step = choose_backend("torch"), max(1, CHAINED // given.shape[1])
    for start in range(0, len(given), step):
        leaf = backend.put(given[start : start + step]).requires_grad_()
        unit_rows(leaf, eps=eps).backward(backend.put(slopes[start : start + step]))
        slopes[start : start + step] = backend.get(leaf.grad)
    return slopes
