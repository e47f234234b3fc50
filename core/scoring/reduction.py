"""What a loss made of the data, and how its items become one number."""

from dataclasses import dataclass, replace
from math import fsum, isnan
from typing import Self

import numpy as np

from ..backend import Array, namespace
from ..errors import ParameterError
from ..results import Column, Scalar
from .spec import BY_LABEL, LossSpec

SUMMED = 1 << 12  # values that are added pairwise
GROUP = 1 << 10  # values of which the largest is taken first


@dataclass(frozen=True)
class LossOutcome:
    """One loss of the data.

    Args:
        spec: what was asked for.
        items: (k,) float64 losses that are kept, all or the largest.
        places: (1, k) the row of each item, or (2, k) those of both ends of a pair; None where item i is that of row i.
        total: the sum of all items.
        count: how many there are.
        active: how many of them are not 0.
        similar: (k,) which items are those of a similar pair; None without binary labels.
        complete: whether all items are kept.
        gradient_norm: the norm of the gradient of the reduced loss by all inputs; None where it was not asked for.
        negatives: per batch, what the negatives of each anchor come to, or None; after those the same of the other
            direction, if the loss is that of both.
        halves: of all pairs of batches by label, the outcomes of positives and of negatives.
    """

    spec: LossSpec
    items: Column
    places: Column | None
    total: float
    count: int
    active: int
    similar: Column | None = None
    complete: bool = True
    gradient_norm: float | None = None
    negatives: tuple[Column | None, ...] = ()
    halves: tuple[Self, ...] = ()

    @property
    def rows(self) -> Column:
        """The (k,) row of each item, or of the first end of its pair."""
        return np.arange(len(self.items)) if self.places is None else self.places[0]

    @property
    def undefined(self) -> bool:
        """Whether an item is NaN."""
        return isnan(self.total)

    def summary(self) -> dict[str, Scalar]:
        """Return the loss, its parts and what is active; None is undefined."""
        return {
            "loss": self.reduced(self.spec.reduction),
            "total": self.reduced("sum"),
            "mean": self.reduced("mean"),
            "active_mean": self.reduced("active-mean"),
            "items": self.count,
            "active": self.active,
            "active_share": self.active / self.count if self.count else None,
        }

    def largest(self, top: int | None) -> Self:
        """Return the outcome with only its largest items, largest first; None keeps all in order."""
        if top is None:
            return self
        order = largest_of(self.items, top)
        similar = None if self.similar is None else self.similar[order]
        places = order[None, :] if self.places is None else self.places[:, order]
        return replace(self, items=self.items[order], places=places, similar=similar)

    def reduced(self, reduction: str) -> float | None:
        """Return the items as one number; None where it is undefined."""
        if reduction == "none" or self.undefined or not (self.count or reduction == "sum"):
            return None
        if reduction != BY_LABEL:
            return self.total / divisor(reduction, self.count, self.active)
        if self.halves:
            return sum(half.total / divisor("active-mean", half.count, half.active) for half in self.halves)
        return None if self.similar is None else sum(map(self._active_mean, (self.similar, ~self.similar)))

    def _active_mean(self, part: Column) -> float:
        items = self.items[part]
        active = items[items > 0]
        return total_of(active) / divisor("active-mean", len(items), len(active))


def divisor(reduction: str, count: int, active: int) -> int:
    """Return what the sum of all items is divided by, at least 1.

    Args:
        reduction: `mean`, `sum` or `active-mean`.
        count: how many items there are.
        active: how many of them are not 0.
    """
    return max(1, {"sum": 1, "mean": count, "active-mean": active}[reduction])


def largest_of(values: Column, count: int) -> Column:
    """Return the places of the largest of (n,) values in order, equal ones by place; NaN comes last."""
    if count * GROUP >= len(values):
        places = np.arange(len(values))
    else:
        # as many groups as are asked for have a maximum of at least this, so no smaller value is among the largest
        maxima = np.fmax.reduceat(values, np.arange(0, len(values), GROUP))
        places = np.flatnonzero(~(values < -np.sort(-maxima)[count - 1]))
    return places[np.argsort(-values[places], kind="stable")][:count]


def sums_of(values: Column) -> list[float]:
    """Return the sums of ranges of (n,) float64 values; their exact sum is that of the values, to a few roundings."""
    return [float(values[start : start + SUMMED].sum()) for start in range(0, len(values), SUMMED)]


def total_of(values: Column) -> float:
    """Return the sum of (n,) float64 values, to a few roundings of it: exact over sums of pieces."""
    return fsum(sums_of(values))


def item_weights(reduction: str, items: Array, similar: Array | None) -> Array:
    """Return what the items are multiplied with so that their sum is the reduced loss; of no use for `none`.

    Args:
        reduction: one of REDUCTIONS.
        items: (k,) all losses.
        similar: (k,) bool, for BY_LABEL.

    Raises:
        ParameterError: the reduction gives no single number.
    """
    xp = namespace(items)
    one = xp.ones_like(items)
    if reduction == "none":
        raise ParameterError("a gradient is that of one number, and «reduction=none» gives none", "«reduction»", "mean")
    if reduction in ("sum", "mean"):
        return one / divisor(reduction, items.shape[0], 0)
    weights = xp.zeros_like(items)
    for group in [similar, ~similar] if reduction == BY_LABEL and similar is not None else [one > 0]:
        active = group & (items > 0)
        count = xp.sum(xp.astype(active, xp.float64))
        weights = xp.where(active, one / xp.clip(count, 1.0, None), weights)
    return weights


def reduced(reduction: str, items: Array, similar: Array | None = None) -> Array:
    """Return all items as one number, differentiable in torch; 0 where there is no item."""
    if not items.shape[0]:
        return items.sum()
    if reduction in ("sum", "mean"):
        return items.sum() / divisor(reduction, items.shape[0], 0)
    return (items * item_weights(reduction, items.detach(), similar)).sum()


def norm_of_all(parts: list[Column]) -> float:
    """Return the norm of the numbers of all (n, d) parts together."""
    return norm_of(np.concatenate([np.vecdot(part, part) for part in parts]))


def norm_of(squares: Column) -> float:
    """Return the root of a sum of squared norms."""
    return float(np.sqrt(total_of(np.ravel(squares))))
