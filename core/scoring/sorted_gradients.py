"""The gradient of a loss of a sorted batch: that of the positives, and of the negatives tile by tile."""

from functools import partial

import numpy as np

from ..backend import choose_backend, derivatives, quiet
from ..blas import is_controlled, one_blas_thread
from ..engine import overlapped, processors
from ..losses.miners import ActiveTriplets
from ..losses.negatives import Ends, ScoreTile
from ..metrics import magnitude, row_dots
from ..results import Column
from ..work import kept
from .distances import distance_of
from .loss_distance import Prepared
from .row_distances import differences_pulled
from .sorted_batch import SortedBatch
from .sorted_losses import counted, near_items, wanted_of
from .spec import LossSpec
from .tile_sweep import Wanted

CHAINED = 1 << 20  # numbers of rows whose lengths are differentiated at a time


def gradient(spec: LossSpec, batch: SortedBatch, summaries: Column, share: float) -> tuple[list[Column], int]:
    """Return the gradient of the sum of the losses, times a share, and how many pairs have no derivative.

    Args:
        spec: of the loss.
        batch: in numpy, with the scores of the loss.
        summaries: (n,) what the negatives of each anchor come to, in the order of the batch.
        share: what every item counts.

    Returns:
        (n, d) by the rows of the batch as they came, and (m, d) by those that they are compared with, if these are
        others; and the number of pairs, of which one set compared with itself has each twice.
    """
    wanted = wanted_of(spec)
    assert wanted is not None
    sides = [batch.whole.anchors, batch.whole.others][: 1 if batch.is_self else 2]
    totals, slopes = [np.zeros(side.shape) for side in sides], np.zeros(summaries.shape)
    with one_blas_thread(), quiet():
        workers = processors() if is_controlled() else 1
        if spec.entry.slopes:
            _add_partners(spec, batch, summaries, share, totals, slopes)
        else:
            with choose_backend("torch").in_one_thread():
                _add_positives(spec, batch, summaries, share, totals, slopes, workers)
        undefined = _add_negatives(wanted, batch, (summaries, slopes), totals, workers)
    if distance_of(spec.metric).of_unit_rows:
        totals = [by_given_rows(side, total, batch.whole.eps) for side, total in zip(sides, totals, strict=True)]
    totals[0][batch.order] = totals[0].copy()
    return totals, undefined


def _add_partners(
    spec: LossSpec, batch: SortedBatch, summaries: Column, share: float, totals: list[Column], slopes: Column
) -> None:
    """Do what `_add_positives` does, for one partner of each anchor and derivatives that are known: without torch."""
    derive, distance = spec.entry.load_slopes(), distance_of(spec.metric)
    assert derive is not None
    assert distance.of_products is not None
    (x, y), partners = batch.whole.sides[spec.metric], batch.starts
    for rows in batch.query_blocks():
        anchors, others = x.rows[rows], y.rows[partners[rows]]
        scores = distance.of_products(np.vecdot(anchors, others))
        by_own, slopes[rows] = (share * spec.factor * each for each in derive(scores, summaries[rows], **spec.options))
        pulled = (distance.slope * by_own)[:, None]
        totals[0][rows] += pulled * others
        totals[1][partners[rows]] += pulled * anchors  # no two anchors have the same partner


def _add_positives(
    spec: LossSpec,
    batch: SortedBatch,
    summaries: Column,
    share: float,
    totals: list[Column],
    slopes: Column,
    workers: int,
) -> None:
    """Add what the scores of positives pull at, and the derivatives of the loss by what the negatives come to."""
    work = partial(_near, spec, batch, summaries, counted(spec, batch), share)
    through = partial(overlapped, work, workers=workers)
    for rows, columns, pulled, own in kept("pulls-of-positives", batch.near_blocks(), through):
        totals[0][rows] += pulled[0]
        totals[-1][columns] += pulled[1]
        for place, slope in own:
            slopes[place] += slope


def _near(
    spec: LossSpec, batch: SortedBatch, summaries: Column, keep: Column, share: float, block: tuple[slice, slice]
) -> tuple[slice, slice, tuple[Column, Column], list[tuple[slice, Column]]]:
    """Return what the positives of some anchors pull at, and the derivatives by what negatives come to."""
    rows, columns = block
    backend = choose_backend("torch")
    scores, belonging = batch.scores(spec.metric, rows, columns), batch.belonging(rows, columns)
    leaves = [backend.put(values).requires_grad_() for values in (scores, summaries[rows], summaries[columns])]
    found = near_items(spec, leaves[0], backend.put(belonging), *leaves[1:])
    kept = keep[rows][np.nonzero(belonging)[0]] if spec.entry.item == "positive pair" else keep[rows]
    found = found.total if isinstance(found, ActiveTriplets) else found
    slopes = [backend.get(each) for each in derivatives(found[backend.put(kept)].sum() * share, leaves)]
    with quiet():
        x, y = batch.sides(spec.metric, rows, columns)
        pulled = pull(spec.metric, slopes[0], scores, x, y), pull(spec.metric, slopes[0].T, scores.T, y, x)
    return rows, columns, pulled, list(zip((rows, columns), slopes[1:], strict=True))


def _add_negatives(wanted: Wanted, batch: SortedBatch, ends: Ends, totals: list[Column], workers: int) -> int:
    """Add what the scores of negatives pull at; return how many pairs have no derivative."""
    undefined = 0
    for columns in batch.column_blocks():
        work = partial(_far, wanted, batch, ends, columns)
        through = partial(overlapped, work, workers=workers)
        for rows, pulled, without in kept("pulls-of-negatives", batch.query_blocks(), through):
            totals[0][rows] += pulled[0]
            totals[-1][columns] += pulled[1]
            undefined += without
    return undefined


def _far(
    wanted: Wanted, batch: SortedBatch, ends: Ends, columns: slice, rows: slice
) -> tuple[slice, tuple[Column, Column], int]:
    """Return what the negatives in a block of columns pull some anchors, and the columns themselves, by."""
    quick, distance, undefined = wanted.is_quick(batch), distance_of(wanted.metric), 0
    pulled = [np.zeros((part.stop - part.start, batch.whole.others.shape[1])) for part in (rows, columns)]
    with quiet():
        for tile in batch.tiles(rows, columns):
            same, diagonal = batch.same(tile.rows, tile.columns) if tile.mixed else (None, None)
            scores = batch.scores(wanted.metric, tile.rows, tile.columns, quick=quick)
            anchors = _part(ends, tile.rows), _part(ends, tile.columns) if tile.turned else None
            settle = batch.settle(wanted.metric, tile.rows, tile.columns)
            scored = ScoreTile(scores, None if same is None else ~same, wanted.options, settle)
            slopes = wanted.summary.slopes(scored, *anchors)
            x, y = batch.sides(wanted.metric, tile.rows, tile.columns)
            pulled[0] += pull(wanted.metric, slopes, scores, x, y)
            place = slice(tile.columns.start - columns.start, tile.columns.stop - columns.start)
            pulled[1][place] += pull(wanted.metric, slopes.T, scores.T, y, x)
            if distance.kink:
                kinks = distance.without_slope(scores)
                undefined += (1 + tile.turned) * int(np.count_nonzero(kinks if diagonal is None else kinks & ~diagonal))
    return rows, (pulled[0], pulled[1]), undefined


def _part(ends: Ends, place: slice) -> Ends:
    return ends[0][place], ends[1][place]


def pull(metric: str, slopes: Column, scores: Column, x: Prepared, y: Prepared) -> Column:
    """Return what the (r, c) derivatives by the scores of x and y are by the rows of x."""
    distance = distance_of(metric)
    if distance.squared is not None and x.split is not None and y.split is not None:
        return differences_pulled(slopes, scores, x.split, y.split, squared=distance.squared)
    pulled: Column = slopes @ y.rows
    return pulled if distance.slope == 1.0 else distance.slope * pulled


def by_given_rows(given: Column, slopes: Column, eps: float) -> Column:
    """Return the gradient by rows, of that by the same at unit length: what is across each, over its length.

    A row no longer than eps is divided by eps, whatever its direction; a row of zeros has no gradient.
    """
    step = max(1, CHAINED // given.shape[1])
    with quiet():
        for start in range(0, len(given), step):
            rows, own = given[start : start + step], slopes[start : start + step]
            scale = magnitude(rows)
            scaled = rows / scale[:, None]
            lengths, least = np.sqrt(row_dots(scaled, scaled)), np.minimum(eps / scale, 1e150)
            own -= np.where(lengths > least, row_dots(own, scaled) / lengths**2, 0.0)[:, None] * scaled
            own *= np.where(lengths > 0, 1.0 / np.maximum(lengths, least) / scale, 0.0)[:, None]
    return slopes
