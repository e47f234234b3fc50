"""What a transport costs: exactly, and roughly in float32 for many cheap iterations between the exact ones."""

from collections.abc import Callable, Iterator
from functools import partial

from ..backend import Array, Backend, quiet
from ..blas import is_controlled
from ..engine import Kernel, Side, budget_of, overlapped, processors
from ..metrics import needs_scale
from ..results import Column

TILE = 1 << 21  # pairs whose cosines are computed at a time
PIECE = 1 << 15  # and of which exponentials are taken at a time, few enough for a core's cache
WIDENED = 1 << 16  # terms in float32 that are widened at a time
KEPT = 4  # share of the budget that cosines may take that stay in memory between the iterations, and as much for terms
UNDERFLOW = 1e-25  # sums of terms above it have lost nothing that matters
LARGEST = 20.0  # logarithm of a column's factor up to which the terms stay what they are


class ScaledKernel:
    """The terms of a transport plan in float32, each row relative to its largest, with a factor for each column.

    The terms are off by about 1e-6 of themselves, but always by the same: what is made of them is summed in float64.
    So an exact pass tells by how much the columns differ, and iterations that aim at that difference end at the exact
    plan.

    Args:
        x: (n, d) unit vectors.
        y: (m, d).
        a: (n,) positive weights that sum to 1.
        log_b: (m,) logarithms of the weights of the columns.
        epsilon: the strength of the entropy.
        room: bytes that the terms may take; where they take more, every iteration makes them again.
    """

    def __init__(
        self, x: Array, y: Array, a: Array, log_b: Array, epsilon: float, backend: Backend, room: int, workers: int
    ) -> None:
        self.x, self.y = (backend.xp.astype(rows, backend.xp.float32) for rows in (x, y))
        self.a, self.log_b, self.epsilon, self.backend, self.workers = a, log_b, epsilon, backend, workers
        step = max(1, TILE // len(log_b))
        self.parts = [slice(start, start + step) for start in range(0, len(a), step)]
        self.is_kept = 4 * len(a) * len(log_b) <= room
        self.kept: list[Array] = [None] * len(self.parts)
        self.g: Array = None  # that the terms are made with

    def approach(self, g: Array, change: Array | None, goal: float, tick: Callable[[], bool]) -> Array:
        """Return potentials whose columns are off by the goal at most.

        Args:
            g: (m,) the potentials of the columns to start with.
            change: (m,) the logarithm of what their sums are of their weights, by an exact pass; None where unknown.
            goal: summed over the columns.
            tick: called with each iteration; whether there may be one more.
        """
        xp, b, off = self.backend.xp, self.backend.xp.exp(self.log_b), None
        factors = None if self.g is None else (g - self.g) / self.epsilon
        if factors is None or float(xp.max(xp.abs(factors))) > LARGEST:
            self.g, self.kept, factors = g, [None] * len(self.parts), xp.zeros_like(g)
        while tick():
            totals = self._totals(xp.exp(factors))
            if not float(xp.min(totals / b)) > UNDERFLOW:
                return g
            found = factors + xp.log(totals) - self.log_b
            if off is None:
                off = xp.zeros_like(g) if change is None else found - change
            found -= off
            factors -= found
            if float(xp.sum(xp.abs(xp.expm1(found)) * b)) <= goal or float(xp.max(xp.abs(factors))) > LARGEST:
                break
        return self.g + self.epsilon * factors

    def _totals(self, factors: Array) -> Array:
        """Return the sums of the columns of the plan, before their factors."""
        parts = overlapped(partial(self._part_totals, factors), range(len(self.parts)), self.workers)
        return sum(parts, start=self.backend.xp.zeros_like(factors))

    def _part_totals(self, factors: Array, number: int) -> Array:
        xp, total = self.backend.xp, 0.0
        terms, weights = self.kept[number], self.a[self.parts[number]]
        with quiet():
            if terms is None:
                terms = self._terms(self.parts[number])
                self.kept[number] = terms if self.is_kept else None
            step = terms.shape[0] if self.backend.is_cuda else max(1, WIDENED // terms.shape[1])
            for start in range(0, terms.shape[0], step):
                wide = xp.astype(terms[start : start + step], xp.float64)
                total = total + (weights[start : start + step] / (wide @ factors)) @ wide
        return total

    def _terms(self, part: slice) -> Array:
        xp = self.backend.xp
        terms = self.x[part] @ self.y.T
        terms /= self.epsilon
        terms += xp.astype(self.log_b + self.g / self.epsilon, xp.float32)
        terms -= xp.max(terms, axis=1)[:, None]
        return xp.exp(terms)


class Costs:
    """The costs 1 - s by rows: their cosines are kept where there is room, else computed each time."""

    def __init__(self, x: Column, y: Column, eps: float, backend: Backend) -> None:
        self.backend = backend
        self.kernel = Kernel("cosine", "float64", needs_scale(x.dtype) or needs_scale(y.dtype), backend, eps)
        self.x, self.y = self.kernel.prepare(x), self.kernel.prepare(y)
        self.step, self.piece = max(1, TILE // len(y)), max(1, (TILE if backend.is_cuda else PIECE) // len(y))
        self.parts = [slice(start, start + self.step) for start in range(0, len(x), self.step)]
        is_kept = 8 * len(x) * len(y) <= budget_of(None).left // KEPT
        self.workers = processors() if backend.name == "numpy" and is_controlled() else 1
        self.kept = list(overlapped(self._cosines, self.parts, self.workers)) if is_kept else None

    def scaled(self, epsilon: float, number: int) -> Iterator[tuple[slice, Array]]:
        """Yield ranges of the rows of a part and their (rows, m) costs divided by -epsilon, to be written to."""
        part = self.parts[number]
        cosines = self._cosines(part) if self.kept is None else self.kept[number]
        for start in range(0, cosines.shape[0], self.piece):
            scaled = self.kernel.scores(cosines[start : start + self.piece]) - 1.0
            scaled /= epsilon
            yield slice(part.start + start, part.start + start + scaled.shape[0]), scaled

    def roughly(self, weights: Array, log_b: Array, epsilon: float) -> ScaledKernel:
        """Return the same in float32, for these weights of the rows and columns."""
        sides, room = (self.x.rows, self.y.rows), budget_of(None).left // KEPT
        return ScaledKernel(*sides, weights, log_b, epsilon, self.backend, room, self.workers)

    def _cosines(self, part: slice) -> Array:
        rows = Side(self.x.rows[part], self.x.norms[part], self.x.lost[part], self.x.longest, self.x.most_lost)
        return self.kernel.tile(rows, self.y)
