"""Entropic transport of one set onto the other: Sinkhorn's algorithm in the log domain."""

from typing import NamedTuple

import numpy as np

from ..backend import Backend, quiet
from ..blas import one_blas_thread
from ..engine import budget_of
from ..errors import ParameterError, ResourceError
from ..metrics import EPS
from ..results import Column, Progress, begin
from .record import NUMPY, AggregateRecord
from .transport_costs import Costs
from .transport_plan import TransportPlan
from .weights import both_shares

TRANSPORTED = 1 << 29  # pairs that a transport may go over in every iteration: 23 170 x 23 170


class Transport(NamedTuple):
    """An entropic transport plan in numbers.

    Args:
        similarity: 1 - cost, in [-1, 1].
        cost: the sum of plan times 1 - cosine, in [0, 2], without the entropy.
        iterations: how many it took.
        violation: how far the plan's marginals are from the weights, summed over the rows.
    """

    similarity: float
    cost: float
    iterations: int
    violation: float

    @property
    def score(self) -> float:
        """The similarity."""
        return self.similarity


SINKHORN = AggregateRecord(parts=("iterations", "violation"))


def sinkhorn(
    x: Column,
    y: Column,
    *,
    weights_a: Column | None = None,
    weights_b: Column | None = None,
    epsilon: float = 0.05,
    tolerance: float = 1e-10,
    max_iterations: int = 10_000,
    eps: float = EPS,
    backend: Backend = NUMPY,
    progress: Progress | None = None,
) -> Transport:
    """Entropic optimal transport of x onto y at the cost 1 - s, in the log domain.

    With the weights a, b as marginals, the cost C = 1 - s and lse the log-sum-exp, in turn until the marginals hold::

        f[i] = -epsilon lse_j( log b[j] + (g[j] - C[i, j]) / epsilon )
        g[j] = -epsilon lse_i( log a[i] + (f[i] - C[i, j]) / epsilon )
        plan[i, j] = a[i] b[j] exp( (f[i] + g[j] - C[i, j]) / epsilon )

    Args:
        x: (n, d) finite rows.
        y: (m, d); n m at most 536 870 912, as in 23 170 x 23 170. Where m is above 1024, most iterations are on float32
            terms; exact ones in float64 tell what these are off by, and whether the marginals hold. What takes more
            than a quarter of the memory is computed again in every iteration, a tile at a time.
        weights_a: (n,) of the rows of x, at least 0, brought to the sum 1; None: all the same.
        weights_b: (m,) of the rows of y.
        epsilon: above 0, in units of the cost; smaller is closer to the best assignment, and slower.
        tolerance: how far the marginals may be off, summed over the rows.
        max_iterations: after which it is an error.
        eps: the least norm that a cosine divides by.
        backend: where to compute.
        progress: called with the iterations that are done and their largest number.

    Returns:
        `cost`, the sum of plan C, in [0, 2], and `similarity`, 1 - cost. A set with itself costs more than 0, the
        more, the larger epsilon is.

    Raises:
        ParameterError: epsilon, the tolerance or the iterations are not positive; the marginals do not hold in time.
        ResourceError: more pairs than that.
        ShapeError, DataError: weights that do not fit.

    Source:
        Cuturi 2013, algorithm 1; in the log domain, Peyré, Cuturi 2019, equations 4.40 and 4.43. Where the smaller
        set has at most 1024 rows, every tenth step is one of Newton's on the dual, which leads to the same plan.

    Example:
        >>> round(sinkhorn(np.eye(2), np.eye(2), epsilon=0.5).cost, 6)
        0.119203
    """
    for name, value in (("epsilon", epsilon), ("tolerance", tolerance), ("max_iterations", max_iterations)):
        if not value > 0:
            raise ParameterError(f"{name} is {value}, expected more than 0", f"«{name}»")
    n, m = len(x), len(y)
    if n * m > TRANSPORTED:
        what = f"a transport of {n:,} x {m:,} rows, at most {TRANSPORTED:,} pairs can be moved"
        raise ResourceError(what, "«aggregates=sinkhorn»", "«aggregates=sliced-wasserstein» or argmax takes such sets")
    sides = both_shares(weights_a, n, weights_b, m)
    (x, a), (y, b) = (_carried(rows, share) for rows, share in zip((x, y), sides, strict=True))
    hint = "«aggregates=sliced-wasserstein» or argmax hold less"
    budget_of(None).check(8 * (n + m) * x.shape[1], f"the unit vectors of {n + m:,} rows", hint)
    if len(y) > len(x):
        x, a, y, b = y, b, x, a  # the plan is the same, and the columns have to be the fewer
    with one_blas_thread(), quiet():
        begin(progress, "transport plan, at most", "iterations")
        plan = TransportPlan(Costs(x, y, eps, backend), a, b, epsilon, max_iterations, progress)
        while plan.iterations < max_iterations:
            plan.improve(tolerance)
            if plan.violation <= tolerance:
                return Transport(1.0 - plan.cost, plan.cost, plan.iterations, plan.violation)
    raise ParameterError(
        f"after {max_iterations:,} iterations the marginals are off by {plan.violation:.2g}, expected {tolerance:g}",
        "«aggregates=sinkhorn»",
        f"raise epsilon above {epsilon:g}, the tolerance above {tolerance:g}, or the iterations",
    )


def _carried(rows: Column, share: Column | None) -> tuple[Column, Column]:
    """Return the rows that have a weight, and their weights."""
    if share is None:
        return rows, np.full(len(rows), 1.0 / len(rows))
    some = share > 0
    return (rows if some.all() else rows[some]), share[some]
