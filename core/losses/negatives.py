"""What the negatives of an anchor come to in a loss: a number or a few, from tiles of scores, and their derivatives.

So a loss of a batch needs no mask and no whole row: its negatives are summed tile by tile, and its positives, which are
few, are scored once more. Where a set is compared with itself, a tile serves its rows and its columns.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from math import inf
from typing import NamedTuple, Protocol

import numpy as np

from ..results import Column

Settle = Callable[[Column, Column], None]  # computes those of a tile's scores exactly that a mask marks, in place
Options = Mapping[str, float]
Ends = tuple[Column, Column]
Exponent = Callable[..., tuple[Column, Column | float]]

TOLERATED = 1e-9  # in an exponent; a softplus is off by less, in its own units
LEAST = 1e-250  # of a sum of exponentials: what any of them lost below 1e-308 is nothing beside it
SPAN = 600.0  # exp(-600) is a normal number: exponents so far below the largest of a tile keep all their bits


class ScoreTile(NamedTuple):
    """Scores, and which of them are of negatives.

    Args:
        scores: (r, c) float64.
        members: (r, c) bool, which pairs are negatives; None is all.
        options: of the loss.
        settle: for what the error of the scores leaves open.
        known: what other negatives of the rows and of the columns come to, as far as that is known.
    """

    scores: Column
    members: Column | None
    options: Options
    settle: Settle
    known: tuple[Column | None, Column | None] = (None, None)


class Summary(Protocol):
    """What the negatives of an anchor come to."""

    @property
    def empty(self) -> tuple[float, ...]:
        """What no negatives come to; one number stands for itself."""

    def tolerates(self, error: float, options: Options) -> bool:
        """Tell whether scores of a tile may be off by an error, of those that `settle` does not make exact."""

    def of_tile(self, tile: ScoreTile) -> tuple[Column, Column]:
        """Return what the negatives of a tile come to: per row, and per column."""

    def merge(self, some: Column, others: Column) -> Column:
        """Return what two sets of negatives come to together."""

    def slopes(self, tile: ScoreTile, rows: Ends | None, columns: Ends | None) -> Column:
        """Return the (r, c) derivatives of the loss by the scores of a tile.

        Args:
            scores: as in `of_tile`.
            members: as in `of_tile`.
            rows: of the rows, as far as they are anchors: what all their negatives come to, and the derivatives of the
                loss by it.
            columns: the same of the columns.
        """


@dataclass(frozen=True)
class LogSumExp:
    """The log of the sum over the negatives of exp(exponent).

    Args:
        exponent: scores and the options of the loss -> the exponents, a new array, and their derivative by the scores.
    """

    exponent: Exponent
    empty: tuple[float, ...] = (-inf,)

    def tolerates(self, error: float, options: Options) -> bool:
        """Tell whether no exponent is off by more than TOLERATED."""
        return error == 0 or error * float(np.max(np.abs(self.exponent(np.zeros(1), **options)[1]))) <= TOLERATED

    def of_tile(self, tile: ScoreTile) -> tuple[Column, Column]:
        """Return the log-sum-exps of rows and columns."""
        exponents, top, _ = self._exponents(tile)
        if top is None:
            return _far_apart(exponents)
        np.exp(exponents, out=exponents)
        rows, columns = sums_of_tile(exponents)
        return np.log(rows) + top, np.log(columns) + top

    def merge(self, some: Column, others: Column) -> Column:
        """Return the log-sum-exps of both."""
        return np.logaddexp(some, others)

    def slopes(self, tile: ScoreTile, rows: Ends | None, columns: Ends | None) -> Column:
        """Return the derivatives, each the share of its exponential."""
        exponents, top, slope = self._exponents(tile)
        if top is None:
            found = np.zeros(tile.scores.shape)
            if rows is not None:
                found += _share(exponents, rows[0][:, None], rows[1][:, None])
            if columns is not None:
                found += _share(exponents, *columns)
        else:
            found = np.exp(exponents, out=exponents)
            found *= weights_of(rows, columns, lambda ends: _share(np.asarray(top), *ends))
        found *= slope
        return found

    def _exponents(self, tile: ScoreTile) -> tuple[Column, float | None, Column | float]:
        """Return the exponents less their largest, that, and their slope; None where they are too far apart for it."""
        exponents, slope = self.exponent(tile.scores, **tile.options)
        low, top = float(exponents.min()), float(exponents.max())
        together = top - low <= SPAN
        if together:
            exponents -= top
        if tile.members is not None:
            exponents[~tile.members] = -inf
        return exponents, top if together else None, slope


@dataclass(frozen=True)
class SoftplusSum:
    """The sum over the negatives of log(1 + exp(exponent)).

    Args:
        exponent: as in `LogSumExp`.
    """

    exponent: Exponent
    empty: tuple[float, ...] = (0.0,)

    def tolerates(self, error: float, options: Options) -> bool:
        """Tell whether no exponent is off by more than TOLERATED."""
        return error == 0 or error * float(np.max(np.abs(self.exponent(np.zeros(1), **options)[1]))) <= TOLERATED

    def of_tile(self, tile: ScoreTile) -> tuple[Column, Column]:
        """Return the sums of rows and columns."""
        exponents = self._exponents(tile)[0]
        found = np.maximum(exponents, 0.0)
        np.exp(-np.abs(exponents), out=exponents)
        found += np.log1p(exponents, out=exponents)
        return sums_of_tile(found)

    def merge(self, some: Column, others: Column) -> Column:
        """Return the sums of both."""
        return some + others

    def slopes(self, tile: ScoreTile, rows: Ends | None, columns: Ends | None) -> Column:
        """Return the derivatives, each a sigmoid."""
        exponents, slope = self._exponents(tile)
        found: Column = slope / (1.0 + np.exp(-exponents))
        return found * weights_of(rows, columns, lambda ends: ends[1])

    def _exponents(self, tile: ScoreTile) -> tuple[Column, Column | float]:
        exponents, slope = self.exponent(tile.scores, **tile.options)
        if tile.members is not None:
            exponents[~tile.members] = -inf
        return exponents, slope


def sums_of_tile(terms: Column) -> tuple[Column, Column]:
    """Return the sums of the rows and of the columns of a tile, as products with ones: the quickest way."""
    return terms @ np.ones(terms.shape[1]), np.ones(terms.shape[0]) @ terms


def weights_of(rows: Ends | None, columns: Ends | None, weigh: Callable[[Ends], Column]) -> Column:
    """Return the (r, c), or (r, 1) or (1, c), weights of pairs of which rows, columns or both are anchors."""
    weights = [0.0 if ends is None else weigh(ends) for ends in (rows, columns)]
    total: Column = np.reshape(weights[0], (-1, 1)) + np.reshape(weights[1], (1, -1))
    return total


def _share(exponents: Column, summaries: Column, slopes: Column) -> Column:
    """Return what each exponent adds to the derivative of the loss; nothing where there is no negative at all."""
    some = np.isfinite(summaries)
    found: Column = np.where(some, slopes, 0.0) * np.exp(exponents - np.where(some, summaries, inf))
    return found


def _far_apart(exponents: Column) -> tuple[Column, Column]:
    """Return the log-sum-exps of rows and columns, from exponentials less the largest exponent of each row."""
    peaks = exponents.max(axis=1)
    peaks = np.where(np.isfinite(peaks), peaks, 0.0)
    terms = exponents - peaks[:, None]
    np.exp(terms, out=terms)
    top = peaks.max()
    sums = np.exp(peaks - top) @ terms
    columns = np.log(sums) + top
    lost = np.flatnonzero(sums < LEAST)
    if len(lost):
        own = exponents[:, lost]
        peak = own.max(axis=0)
        peak = np.where(np.isfinite(peak), peak, 0.0)
        columns[lost] = np.log(np.exp(own - peak).sum(axis=0)) + peak
    return np.log(terms.sum(axis=1)) + peaks, columns
