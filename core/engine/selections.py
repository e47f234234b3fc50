"""Selections of pairs: the k best of each row, all up to a threshold, or the best of all."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from functools import partial
from math import fsum, inf, prod

import numpy as np

from ..operations.checks import plural
from ..results import Column, Columns, Result, Scalar, begin, over_batches
from .candidates import Hits
from .duplicates import beyond
from .job import PairwiseJob
from .kernels import Kernel
from .plan import Plan, Progress
from .precision import bfloat16_pays
from .reducers.base import BestPairs, Give, Reducer, SelectionSpec, Threshold, TopK
from .reducers.full_matrix import Moments
from .reducers.self_join_top_k import SelfJoinTopK
from .sweep import query_blocks_at_once, sweep

ROW = 24  # bytes of a listed pair
CENTER_ROWS = 4096
MUTUAL = 32  # of a larger k the candidates of both directions cost more than half the tiles save

RowsInto = Callable[[dict[str, Column]], None]


@dataclass(frozen=True)
class Choice:
    """Which pairs are listed; one of the three is given.

    Args:
        top_k: the k closest rows of B for each row of A.
        threshold: all pairs with at least this similarity, or at most this distance.
        max_pairs: the closest pairs of all.
        max_results: how many pairs a threshold may give.
    """

    top_k: int | None = None
    threshold: float | None = None
    max_pairs: int | None = None
    max_results: int = 100_000_000


def selection(pairing: PairwiseJob, choice: Choice, rows_into: RowsInto | None, progress: Progress | None) -> Result:
    """List chosen pairs; the options are checked by the caller."""
    n, m = pairing.shape
    if rows_into is None and choice.threshold is None:
        count = min(choice.max_pairs or n * min(choice.top_k or m, m), n * m)
        pairing.budget.check(2 * count * ROW, f"a list of {count:,} pairs", "a smaller number, or more memory")
    listing = _Listing(pairing, choice, rows_into)
    begin(progress, "closest rows" if choice.top_k is not None else "close pairs")
    for number, a, b in pairing.batches():
        part = over_batches(progress, number, prod(pairing.batch))
        _sweep(pairing, choice, a, b, partial(listing.take, number), part)
    return listing.result()


def _sweep(pairing: PairwiseJob, choice: Choice, a: Column, b: Column, give: Give, progress: Progress | None) -> None:
    numbers = None
    if choice.top_k is not None:
        # of equal rows a top k lists the first: more than k of them are never needed
        numbers = beyond(b, choice.top_k + (pairing.excluded.most if pairing.excluded else 0))
        b = b if numbers is None else b[numbers]
    kernel = _kernel(pairing, b)
    itemsize = {"bfloat16": 2, "float32": 4, "float64": 8}[kernel.dtype]
    plan = pairing.budget.plan(len(a), len(b), pairing.dims, itemsize)
    mutual = numbers is None and query_blocks_at_once(kernel, plan) == 1 and _is_mutual(pairing, choice, plan)
    spec = SelectionSpec(
        kernel=kernel,
        pairs=pairing.pairs(a, b),
        larger_is_closer=pairing.entry.larger_is_closer,
        has_missing=bool(pairing.b.missing.any()),
        excluded=pairing.excluded.of_columns(numbers) if pairing.excluded else None,
        upper_triangle=pairing.upper_triangle and (choice.top_k is None or mutual),
        most=pairing.budget.candidates,
    )
    reducer = _reducer(choice, spec, _renumbered(give, numbers), plan, mutual)
    sweep(a, b, kernel, reducer, plan, progress)
    if isinstance(reducer, BestPairs):
        reducer.finish()


def _is_mutual(pairing: PairwiseJob, choice: Choice, plan: Plan) -> bool:
    """Tell whether a top k of one set had better read each tile both ways: what it knows of all rows is held."""
    if choice.top_k is None or not pairing.upper_triangle or plan.rows <= 2 * plan.query_block:
        return False
    return choice.top_k <= MUTUAL and 2 * plan.rows * choice.top_k <= pairing.budget.candidates


def _reducer(choice: Choice, spec: SelectionSpec, give: Give, plan: Plan, mutual: bool) -> Reducer:
    if choice.top_k is not None:
        k = min(choice.top_k, plan.columns)
        return SelfJoinTopK(k, spec, plan.query_block, give) if mutual else TopK(k, spec, give)
    if choice.threshold is not None:
        return Threshold(choice.threshold, choice.max_results, spec, give)
    return BestPairs(min(choice.max_pairs or 0, plan.rows * plan.columns), spec, give)


def _renumbered(give: Give, numbers: Column | None) -> Give:
    if numbers is None:
        return give
    return lambda hits: give((hits[0], numbers[hits[1]], hits[2]))


def _kernel(pairing: PairwiseJob, b: Column) -> Kernel:
    """Return the fastest kernel whose bound holds for this metric and these numbers."""
    metric, backend = pairing.metric, pairing.backend
    if not metric.has_product or pairing.precision == "float64" or not pairing.fits_float32:
        return Kernel(metric, "float64", pairing.scaled, backend)
    if metric.expands_squares:
        # distances do not change with the origin, and near the rows little cancels
        return Kernel(metric, "float32", pairing.scaled, backend, center=_middle(b))
    reduced = pairing.precision == "auto" and bfloat16_pays(backend, pairing.dims)
    return Kernel(metric, "bfloat16" if reduced else "float32", pairing.scaled, backend)


def _middle(rows: Column) -> Column:
    """Return the mean of some of the finite rows; any point would do."""
    finite = np.flatnonzero(np.isfinite(rows[:, 0]))  # a row of NaN is NaN throughout
    some = finite[:: max(1, len(finite) // CENTER_ROWS)]
    middle: Column = rows[some].astype(np.float64).mean(axis=0) if len(some) else np.zeros(rows.shape[1])
    return middle


@dataclass
class _Listing:
    """Collects the pairs as rows of the result, or hands them on."""

    pairing: PairwiseJob
    choice: Choice
    rows_into: RowsInto | None
    parts: list[dict[str, Column]] = field(default_factory=list)
    moments: Moments = field(default_factory=Moments)
    sums: list[Column] = field(default_factory=list)

    def take(self, number: int, hits: Hits) -> None:
        columns = self._columns(number, hits)
        rows, _, scores = hits
        if len(scores):
            # a sum for each row, so that it does not show in which query block a row was
            self.sums.append(np.add.reduceat(scores, np.flatnonzero(np.diff(rows, prepend=-1))))
            extremes = Moments(len(scores), 0.0, float(scores.min()), float(scores.max()))
            self.moments = self.moments.merge([extremes])
        if self.rows_into is None:
            self.parts.append(columns)
        elif len(scores):
            self.rows_into(columns)

    def result(self) -> Result:
        empty = np.empty(0, dtype=np.int64)
        if not self.moments.count and self.rows_into is not None:
            self.rows_into(self._columns(0, (empty, empty, np.empty(0))))
        parts = self.parts or [self._columns(0, (empty, empty, np.empty(0)))]
        columns = {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}
        rows = Columns({} if self.rows_into is not None else columns)
        return Result("pairwise", {}, {}, self._summary(), rows, notes=tuple(self._notes()))

    def _columns(self, number: int, hits: Hits) -> dict[str, Column]:
        rows, columns, scores = hits
        listed = {"batch": np.full(len(rows), number)} if self.pairing.batch else {}
        listed["a"] = self.pairing.a.ids[rows]
        if self.choice.top_k is not None:
            listed["rank"] = np.arange(len(rows)) - np.searchsorted(rows, rows) + 1
        return {**listed, "b": self.pairing.b.ids[columns], "score": scores}

    def _summary(self) -> dict[str, Scalar]:
        sums = np.concatenate([np.empty(0), *self.sums])
        total = fsum(sums.tolist()) if np.isfinite(sums.sum()) else inf  # fsum raises where the sum overflows
        moments = replace(self.moments, total=total)
        counted = {"k": self.choice.top_k} if self.choice.top_k is not None else {"pairs": moments.count}
        rows, columns = self.pairing.shape
        return {"rows": rows, "columns": columns, **counted, **moments.summary()}

    def _notes(self) -> Iterator[str]:
        yield from self._missing()
        (rows, columns), excluded, k = self.pairing.shape, self.pairing.excluded, self.choice.top_k
        others = np.full(rows, columns) if excluded is None else columns - excluded.counts
        if k is not None and k > others.max():
            yield f"k is {k}, but a row has at most {others.max()} others: all of them are listed"
        elif k is not None and (fewer := int(np.count_nonzero(others < k))):
            yield f"{plural(fewer, 'row')} with fewer than {k} others: all of them are listed"

    def _missing(self) -> Iterator[str]:
        sides = {"A": self.pairing.a} if self.pairing.alone else {"A": self.pairing.a, "B": self.pairing.b}
        for name, side in sides.items():
            if count := int(side.missing.sum()):
                yield f"{plural(count, 'row')} of {name} not finite: in no pair of a selection"
