"""A plan of entropic transport, iteration by iteration, in the log domain."""

from collections.abc import Iterator
from functools import partial
from itertools import chain
from math import fsum, inf

import numpy as np

from ..backend import Array, quiet
from ..engine import overlapped
from ..results import Column, Progress
from .transport_costs import Costs

UNDERFLOW = 1e-280  # sums above it have lost nothing that matters
EVERY = 10  # iterations after which a Newton step is tried
SOLVED = 1024  # rows of the smaller side up to which it is
ROUGH = 1e-6  # share of what the columns are off by that float32 terms leave of it
HALVINGS = 12  # of a Newton step that gains nothing


class TransportPlan:
    """A transport plan by the potentials g of its columns; those of the rows always fit.

    Args:
        costs: (n, m) of them.
        a: (n,) positive weights that sum to 1.
        b: (m,) of the columns.
        epsilon: the strength of the entropy.
        limit: iterations.
        progress: called with those that are done.
    """

    def __init__(
        self, costs: Costs, a: Column, b: Column, epsilon: float, limit: int, progress: Progress | None
    ) -> None:
        self.costs, self.epsilon, self.xp = costs, epsilon, costs.backend.xp
        self.a, self.b = a, b
        self.weights = costs.backend.put(a)
        self.log_a, self.log_b = (costs.backend.put(np.log(v)) for v in (a, b))
        self.g = self.xp.zeros_like(self.log_b)
        self.violation, self.cost, self.change = inf, 0.0, None
        self.iterations, self.limit, self.progress = 0, limit, progress
        self.rough = None if len(b) <= SOLVED else costs.roughly(self.weights, self.log_b, epsilon)

    def improve(self, tolerance: float) -> None:
        """Note cost and violation of a better plan; where the columns are many, one that float32 terms led to."""
        before = self.violation
        if self.rough is not None:
            goal = max(tolerance / 2, ROUGH * min(before, 1.0))
            self.g = self.rough.approach(self.g, self.change, goal, lambda: self._counted(1))
        fitted = self.fitted()
        self._counted(0)
        if self.violation > tolerance and (self.rough is None or self.violation >= before):
            self.g, self.rough = fitted, None
            if self.iterations % EVERY == 0 and len(self.b) <= SOLVED:
                self.leap()

    def _counted(self, ahead: int) -> bool:
        """Count an iteration, unless it is among the last ones; whether it was."""
        if self.iterations + ahead >= self.limit:
            return False
        self.iterations += 1
        if self.progress is not None:
            self.progress(self.iterations, self.limit)
        return True

    def fitted(self) -> Array:
        """Return the potentials that fit the columns, once the rows do; notes cost and violation of the plan."""
        xp, count = self.xp, len(self.costs.parts)
        totals, costs = zip(*overlapped(self._part_sums, range(count), self.costs.workers), strict=True)
        total = sum(totals, start=xp.zeros_like(self.g))
        # columns that no row comes near are lost to underflow
        change = xp.log(total) - self.log_b if float(xp.min(total)) > UNDERFLOW else self._log_change()
        self.change = change
        off = self.costs.backend.get(xp.expm1(change))
        self.violation = fsum((np.abs(off) * self.b).tolist())
        self.cost = min(max(-self.epsilon * fsum(costs), 0.0), 2.0)
        return self.g - self.epsilon * change

    def _part_sums(self, number: int) -> tuple[Array, float]:
        """Return the sums of the columns of a part of the plan, and what it costs, divided by -epsilon."""
        xp, total, costs = self.xp, self.xp.zeros_like(self.g), []
        column = self.log_b + self.g / self.epsilon
        with quiet():
            for part, scaled in self.costs.scaled(self.epsilon, number):
                terms = scaled + column[None, :]
                terms -= xp.max(terms, axis=1)[:, None]
                terms = xp.exp(terms)
                # a row of the plan is made of these terms as shares of their sum, times the weight of the row
                held = self.weights[part] / xp.sum(terms, axis=1)
                total += held @ terms
                costs.append(float(xp.sum(held * xp.vecdot(terms, scaled))))
        return total, fsum(costs)

    def _log_change(self) -> Array:
        """Return the logarithm of the sum of each column as a share of its weight, in logarithms throughout."""
        xp, peak, total = self.xp, None, None
        for part, scaled in self._query_blocks():
            terms = scaled + (self.log_a[part] + self._rows(scaled) / self.epsilon)[:, None]
            # the log-sum-exp over all rows, block by block: the sum is held relative to the largest term so far
            largest = xp.max(terms, axis=0)
            new = largest if peak is None else xp.maximum(peak, largest)
            sums = xp.sum(xp.exp(terms - new[None, :]), axis=0)
            total = sums if total is None else total * xp.exp(peak - new) + sums
            peak = new
        return peak + xp.log(total) + self.g / self.epsilon

    def leap(self) -> None:
        """Take a Newton step of the concave dual, cut back until it gains.

        Plain steps take very many where few rows could change partners, as in an almost unique assignment.
        """
        start, (value, gradient, curvature) = self.g, self._dual()
        curvature[np.diag_indices_from(curvature)] *= 1 + 1e-12
        # the same number added to all potentials changes nothing: that direction is given some curvature
        step = self.epsilon * np.linalg.solve(curvature + np.trace(curvature) / len(self.b) ** 2, gradient)
        step = step * min(1.0, 1.0 / np.abs(step).max())  # the potentials are at most 2 apart, as the costs are
        for halvings in range(HALVINGS):
            self.g = start + self.costs.backend.put(step * 0.5**halvings)
            if self._value() >= value - 1e-15:
                return
        self.g = start

    def _dual(self) -> tuple[float, Column, Column]:
        """Return the value of the dual, its gradient, and its negated second derivatives times epsilon."""
        xp, backend = self.xp, self.costs.backend
        curvature, columns = np.zeros((len(self.b),) * 2), np.zeros(len(self.b))
        for part, scaled in self._query_blocks():
            plan = self._plan(part, scaled)
            curvature -= backend.get(plan.T @ (plan / xp.exp(self.log_a[part])[:, None]))
            columns += backend.get(xp.sum(plan, axis=0))
        curvature[np.diag_indices_from(curvature)] += columns
        return self._value(), self.b - columns, curvature

    def _value(self) -> float:
        """Return the value of the dual: the sums of a f and b g."""
        rows = [self.costs.backend.get(self._rows(scaled)) for _, scaled in self._query_blocks()]
        return float(self.a @ np.concatenate(rows) + self.b @ self.costs.backend.get(self.g))

    def _query_blocks(self) -> Iterator[tuple[slice, Array]]:
        """Yield the rows of each query block and their costs divided by -epsilon."""
        return chain.from_iterable(map(partial(self.costs.scaled, self.epsilon), range(len(self.costs.parts))))

    def _plan(self, part: slice, scaled: Array) -> Array:
        row = self.log_a[part] + self._rows(scaled) / self.epsilon
        return self.xp.exp(scaled + row[:, None] + (self.log_b + self.g / self.epsilon)[None, :])

    def _rows(self, scaled: Array) -> Array:
        """Return the potentials that fit some rows."""
        xp = self.xp
        terms = scaled + (self.log_b + self.g / self.epsilon)[None, :]
        peak = xp.max(terms, axis=1)
        return -self.epsilon * (peak + xp.log(xp.sum(xp.exp(terms - peak[:, None]), axis=1)))
