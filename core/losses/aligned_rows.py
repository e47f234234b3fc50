"""Losses of examples that stand alone: their scores in one streamed pass, their gradients in a second one."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial

import numpy as np

from ..backend import Array, Backend, choose_backend, derivatives, quiet
from ..catalogue import names
from ..engine.overlap import overlapped, processors
from ..io import Vectors
from ..metrics import finish, needs_scale, row_dots, terms
from ..results import Column
from .distances import of_pairs

CPU_PIECE = 1 << 17  # numbers of one side: all sides widened stay in a core's cache
DEVICE_PIECE = 1 << 24
GRADIENT_PIECE = 1 << 20

Score = Callable[[Array, Array], Array]  # (n, d) and (n, d) float64 to (n,)


@dataclass(frozen=True)
class Term:
    """One score per example.

    Args:
        name: of the metric, or all that tells apart what else the score is.
        left: which input.
        right: which other one.
        score: how it is computed, where it is no metric.
    """

    name: str
    left: int
    right: int
    score: Score | None = field(default=None, compare=False)


@dataclass(frozen=True)
class AlignedRows:
    """Inputs of which row i of each makes an example; checked by the caller.

    Args:
        inputs: (n, d) each.
        eps: the least norm that a cosine divides by.
        backend: where to compute.
    """

    inputs: tuple[Vectors, ...]
    eps: float
    backend: Backend

    @property
    def rows(self) -> int:
        """n."""
        return self.inputs[0].shape[0]

    def scores(self, wanted: Sequence[Term]) -> list[Column]:
        """Return (n,) float64 scores per term, in one pass over the inputs; NaN where a row is not finite."""
        scaled = any(needs_scale(vectors.dtype) for vectors in self.inputs)
        found = [np.empty(self.rows) for _ in wanted]
        on_cpu = self.backend.device == "cpu"

        def scored(part: tuple[int, int, list[Column]]) -> tuple[int, int, list[Column]]:
            start, stop, rows = part
            with quiet():
                wide = [self.backend.put(side, self.backend.xp.float64) for side in rows]
                score = partial(_score, eps=self.eps, scaled=scaled)
                return start, stop, [self.backend.get(score(t, wide[t.left], wide[t.right])) for t in wanted]

        # numpy computes in one thread, so several pieces at a time; torch has threads of its own
        workers = processors() if self.backend.name == "numpy" else 1
        for start, stop, values in overlapped(scored, self._pieces(CPU_PIECE if on_cpu else DEVICE_PIECE), workers):
            for column, value in zip(found, values, strict=True):
                column[start:stop] = value
        return found

    def zero_rows(self, cosines: Column) -> int:
        """Return how many examples have a zero row, of those whose cosine is exactly 0."""
        places = np.flatnonzero(cosines == 0)
        return sum(any(not side.read(row, row + 1).any() for side in self.inputs) for row in places.tolist())

    def gradients(self, wanted: Sequence[Term], slopes: Column) -> Iterator[tuple[int, int, list[Column]]]:
        """Yield the gradients of sum over terms and rows of slope × score, range by range.

        Args:
            wanted: k terms.
            slopes: (k, n) the derivative of the reduced loss by each score.

        Yields:
            start, stop and (stop - start, d) float64 per input; 0 at a zero row.
        """
        for start, stop, jacobians in self._jacobians(wanted):
            parts = []
            for side in range(len(self.inputs)):
                rows = [
                    slope[start:stop, None] * jacobian[side] for slope, jacobian in zip(slopes, jacobians, strict=True)
                ]
                parts.append(sum(rows[1:], rows[0]))
            yield start, stop, parts

    def overlaps(self, wanted: Sequence[Term]) -> Column:
        """Return (n, k, k) dot products of the gradients of each example's scores, over all inputs.

        With g the (n, k) derivatives of a loss by the scores, the squared norm of its gradient is the sum of g G g:
        any number of parameters needs the inputs once.
        """
        found = np.empty((self.rows, len(wanted), len(wanted)))
        for start, stop, jacobians in self._jacobians(wanted):
            for i, one in enumerate(jacobians):
                for j, other in enumerate(jacobians):
                    dots = [row_dots(x, y) for x, y in zip(one, other, strict=True)]
                    found[start:stop, i, j] = sum(dots[1:], dots[0])
        return found

    def _jacobians(self, wanted: Sequence[Term]) -> Iterator[tuple[int, int, list[list[Column]]]]:
        """Yield start, stop, and per term and input the (rows, d) derivative of each score by its rows."""
        backend = choose_backend("torch", self.backend.device)
        for start, stop, rows in self._pieces(GRADIENT_PIECE):
            leaves = [backend.put(side, backend.xp.float64).requires_grad_() for side in rows]
            found = []
            for term in wanted:
                total = _score(term, leaves[term.left], leaves[term.right], eps=self.eps, scaled=True).sum()
                slopes = derivatives(total, leaves)
                found.append([backend.get(slope) for slope in slopes])
            yield start, stop, found

    def _pieces(self, limit: int) -> Iterator[tuple[int, int, list[Column]]]:
        step = max(1, limit // max(vectors.shape[1] for vectors in self.inputs))
        for start in range(0, self.rows, step):
            stop = min(start + step, self.rows)
            yield start, stop, [vectors.read(start, stop) for vectors in self.inputs]


def _score(term: Term, x: Array, y: Array, *, eps: float, scaled: bool) -> Array:
    if term.score is not None:
        return term.score(x, y)
    if scaled or term.name not in _PLAIN:
        return of_pairs(term.name, x, y, eps=eps)
    one = 1.0 + 0.0 * x[..., 0]
    return finish(term.name, terms(term.name, x, y), (one, one), eps)


_PLAIN = frozenset(names("metric"))
