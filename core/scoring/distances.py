"""What the losses are functions of: the scores of aligned rows, and of all rows with all rows.

Every distance is one object with its facts: the metrics of the catalogue, and a few that only losses take.
"""

from functools import partial
from typing import Any

import numpy as np

from ..backend import Array, namespace
from ..losses.graded import angle_similarity
from ..losses.numerics import unit_rows
from ..losses.pairs import cosine_distance
from ..metrics import EPS, metric_of, score_rows
from ..results import Column
from .loss_distance import LossDistance
from .row_distances import reach_of

SHIFT = 1e-6  # what torch.nn.functional.pairwise_distance adds to every difference


def _at_zero(scores: Array) -> Array:
    return scores == 0


def _as_they_are(products: Array) -> Array:
    return products


def _cosines(products: Array) -> Array:
    return namespace(products).clip(products, -1.0, 1.0)


def _cosine_distances(products: Array) -> Array:
    return cosine_distance(_cosines(products))


def _bounds_of_products(x: Column, y: Column) -> tuple[float, float]:
    most = reach_of(x, 0.0) * reach_of(y, 0.0)
    return -most, most


def _bounds_of_distances(x: Column, y: Column) -> tuple[float, float]:
    return 0.0, 2.0 * reach_of(x, x.mean(axis=0, dtype=np.float64))


def _bounds_of_squares(x: Column, y: Column) -> tuple[float, float]:
    most = _bounds_of_distances(x, y)[1]
    return 0.0, most * most


def _of_cosine(x: Array, y: Array, *, eps: float = EPS) -> Array:
    return cosine_distance(score_rows("cosine", x, y, eps=eps))


def _of_units(x: Array, y: Array, *, eps: float = EPS) -> Array:
    return score_rows("euclidean", unit_rows(x, eps=eps), unit_rows(y, eps=eps))


def _shifted(x: Array, y: Array, *, eps: float = EPS) -> Array:
    return score_rows("euclidean", x - y + SHIFT, 0.0 * y)


def _metric(name: str, **facts: Any) -> LossDistance:
    """Return a metric of the catalogue as the losses take it."""
    metric = metric_of(name)
    return LossDistance(
        name,
        partial(score_rows, name),
        is_similarity=metric.larger_is_closer,
        without_slope=metric.has_no_slope,
        kink=metric.kink,
        metric=name,
        laws=metric.entry.laws,
        **facts,
    )


SLACK = 0.1  # epsilon of Wang et al. 2019, in units of cosine
DIRECTIONS = ("scale-invariant", "rotation-invariant")  # the laws of what sees directions alone
COSINE: dict[str, Any] = {"of_unit_rows": True, "slack": SLACK}
OF_METRICS = (
    _metric("cosine", of_products=_cosines, range=(-1.0, 1.0), bins=40, **COSINE),
    _metric("dot", of_products=_as_they_are, bounds=_bounds_of_products),
    _metric("euclidean", squared=False, bounds=_bounds_of_distances),
    _metric(
        "sqeuclidean",
        squared=True,
        bounds=_bounds_of_squares,
        orders_as="euclidean",
    ),
    _metric("angular", range=(0.0, 1.0), orders_as="cosine"),
)

# beside the metrics of the catalogue
DERIVED = (
    LossDistance(
        "cosine-distance",
        _of_cosine,
        of_products=_cosine_distances,
        slope=-1.0,
        metric="cosine",
        range=(0.0, 2.0),
        orders_as="cosine",
        laws=DIRECTIONS,
        meaning="1 - cosine",
        **COSINE,
    ),
    LossDistance(
        "unit-euclidean",
        _of_units,
        of_unit_rows=True,
        squared=False,
        range=(0.0, 2.0),
        without_slope=_at_zero,
        orders_as="cosine",
        laws=DIRECTIONS,
        meaning="Euclidean distance of the rows scaled to unit length",
    ),
    LossDistance(
        "shifted-euclidean",
        _shifted,
        without_slope=_at_zero,
        orders_as="euclidean",
        laws=("rotation-invariant",),  # within that 1e-6
        meaning="Euclidean distance with 1e-6 added to every difference, as in torch",
    ),
    LossDistance(
        "angle",
        angle_similarity,
        is_similarity=True,
        without_slope=_at_zero,
        kink="of similarity 0",
        orders_as="cosine",
        laws=("scale-invariant",),
        meaning="the angle similarity of AnglE, of vectors read as complex numbers",
    ),
)
_KNOWN = {each.name: each for each in (*OF_METRICS, *DERIVED)}


def distance_of(name: str) -> LossDistance:
    """Return the distance of that name; of a metric without facts of its own, one that compares rows one by one."""
    return _KNOWN.get(name) or _metric(name)


def of_pairs(name: str, x: Array, y: Array, *, eps: float = EPS) -> Array:
    """Return the (n,) scores of row i of x with row i of y.

    Args:
        name: of a distance.
        x: (n, d) float64, finite; differentiable in torch. Checked by the caller.
        y: (n, d).
        eps: the least norm to divide by.
    """
    return distance_of(name).of_rows(x, y, eps=eps)


def of_all(name: str, x: Array, y: Array, *, eps: float = EPS) -> Array:
    """Return the (n, m) scores of every row of x with every row of y.

    Args:
        name: of a distance that takes all rows at once.
        x: (n, d) float64, finite; differentiable in torch. Checked by the caller.
        y: (m, d).
        eps: the least norm to divide by.
    """
    distance = distance_of(name)
    return distance.of_prepared(*distance.prepare(x, y, eps=eps))
