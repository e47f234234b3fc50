"""The best one-to-one assignment of the rows of two sets."""

from dataclasses import dataclass

from ..backend import Backend
from ..engine import Kernel, Pairs, budget_of
from ..errors import ResourceError
from ..metrics import EPS, needs_scale
from ..results import Column
from .mixed import MixedSets
from .record import NUMPY, AggregateRecord, AggregateRequest, Evaluator, MatchedPairs, Parameters
from .weights import mean_of

ASSIGNED = 1 << 24  # pairs that an assignment may choose from: 4096 x 4096, 128 MiB and some seconds


@dataclass(frozen=True)
class Assignment:
    """The best one-to-one assignment.

    Args:
        mean: mean cosine of the assigned pairs, in [-1, 1].
        matched_a: share of the rows of x that have a partner, min(n, m) / n.
        matched_b: share of the rows of y that have one.
        unmatched_a: rows of x without a partner.
        unmatched_b: rows of y without one.
        rows: (min(n, m),) the assigned rows of x, ascending.
        columns: (min(n, m),) their partners in y.
        scores: (min(n, m),) their cosines.
    """

    mean: float
    matched_a: float
    matched_b: float
    unmatched_a: int
    unmatched_b: int
    rows: Column
    columns: Column
    scores: Column

    @property
    def score(self) -> float:
        """The mean cosine of the assigned pairs."""
        return self.mean


def optimal(x: Column, y: Column, *, eps: float = EPS, backend: Backend = NUMPY) -> Assignment:
    """Best one-to-one assignment: the one with the largest sum of cosines; min(n, m) rows of each side have a partner.

    Args:
        x: (n, d) finite rows.
        y: (m, d); n m at most 16 777 216, as in 4096 x 4096.
        eps: the least norm to divide by.
        backend: where to compute the cosines; the assignment itself is scipy's, on the CPU.

    Returns:
        The assignment with its mean cosine in [-1, 1] and the counts of what is left over.

    Raises:
        ResourceError: more pairs than that, or than fit.

    Source:
        Kuhn 1955; scipy.optimize.linear_sum_assignment, the algorithm of Crouse 2016.

    Example:
        >>> import numpy as np
        >>> optimal(np.eye(2), np.asarray([[0.0, 2.0]])).mean
        1.0
    """
    from scipy.optimize import linear_sum_assignment

    n, m = len(x), len(y)
    if n * m > ASSIGNED:
        what = f"an assignment of {n:,} x {m:,} rows, at most {ASSIGNED:,} pairs can be assigned"
        raise ResourceError(what, "«aggregates=optimal»", "«aggregates=argmax» or sinkhorn matches sets of this size")
    # the widened rows and their unit vectors, the matrix and the copies of it
    size = 8 * (2 * (n + m) * x.shape[1] + 3 * n * m)
    budget_of(None).check(size, f"an assignment of {n:,} x {m:,} rows", "«aggregates=argmax» holds less")
    scaled = needs_scale(x.dtype) or needs_scale(y.dtype)
    kernel = Kernel("cosine", "float64", scaled, backend, eps)
    matrix = backend.get(kernel.scores(kernel.tile(kernel.prepare(x), kernel.prepare(y))))
    rows, columns = linear_sum_assignment(matrix, maximize=True)
    scores = Pairs("cosine", x, y, scaled, eps).score(rows, columns)
    count = len(rows)
    return Assignment(mean_of(scores, None), count / n, count / m, n - count, m - count, rows, columns, scores)


def _optimal_shared(job: Evaluator, _: Parameters) -> Assignment:
    found: Assignment = job.once("assignment", lambda: optimal(*job.sets[:2], **job.options))
    return found


def _optimal_mixed(sets: MixedSets, request: AggregateRequest) -> Column:
    from scipy.optimize import linear_sum_assignment

    return sets.of_parts(
        sets.cosines, lambda scores: float(scores[linear_sum_assignment(scores, maximize=True)].mean())
    )


def _optimal_pairs(job: Evaluator) -> MatchedPairs:
    found = _optimal_shared(job, {})
    return MatchedPairs.with_rest(job.sets, found.rows, found.columns, found.scores)


OPTIMAL = AggregateRecord(
    parts=("unmatched_a", "unmatched_b"), shared=_optimal_shared, mixed=_optimal_mixed, matched=_optimal_pairs
)
