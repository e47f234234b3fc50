"""Losses of examples that stand alone: their scores in one streamed pass, their gradients in a second one."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from math import prod

import numpy as np

from ..backend import Array, Backend, choose_backend, derivatives, namespace, quiet
from ..catalogue import names
from ..engine import Scratch, overlapped, processors
from ..io import Vectors
from ..metrics import float32_rows, metric_of, needs_scale, row_dots
from ..results import Column
from ..work import kept
from .distances import of_pairs

CPU_PART = 1 << 18  # numbers of one side: all sides widened stay in the processor's cache
CPU_PIECE = 1 << 20
DEVICE_PIECE = 1 << 24
GRADIENT_PIECE = 1 << 18
LEAST = 1e-70  # the magnitude of a row whose squares are far from underflow

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
        found = [np.empty(self.rows) for _ in wanted]
        dtypes = [side.dtype for side in self.inputs]
        float32 = self.backend.name == "numpy" and all(map(_sums_float32, wanted))
        float32 = float32 and float32_rows.are_summed(sum(prod(side.shape) for side in self.inputs), *dtypes)
        products = _Products(self.backend, self.eps, scaled=any(map(needs_scale, dtypes)), float32=float32)

        def scored(part: tuple[int, int, list[Column]]) -> tuple[int, int, list[Column]]:
            start, stop, rows = part
            with quiet():
                return start, stop, [self.backend.get(score) for score in products.scores(rows, wanted)]

        # numpy computes in one thread, so several pieces at a time; torch has threads of its own
        workers = processors() if self.backend.name == "numpy" else 1
        limit = CPU_PIECE if self.backend.device == "cpu" else DEVICE_PIECE

        def through(ranges: Iterable[slice]) -> Iterator[tuple[int, int, list[Column]]]:
            return overlapped(scored, self._pieces(ranges), workers)

        for start, stop, values in kept("examples", self._ranges(limit), through):
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

        def derived(part: tuple[int, int, list[Column]]) -> tuple[int, int, list[list[Column]]]:
            start, stop, rows = part
            leaves = [backend.put(side, backend.xp.float64).requires_grad_() for side in rows]
            found = []
            for term in wanted:
                total = score_of(term, leaves[term.left], leaves[term.right], eps=self.eps).sum()
                found.append([backend.get(slope) for slope in derivatives(total, leaves)])
            return start, stop, found

        # torch in one thread, and several pieces at a time: its threads would wait for each other at every step
        with backend.in_one_thread():
            workers = processors() if backend.device == "cpu" else 1
            yield from overlapped(derived, self._pieces(self._ranges(GRADIENT_PIECE)), workers)

    def _ranges(self, limit: int) -> Iterator[slice]:
        step = max(1, limit // max(vectors.shape[1] for vectors in self.inputs))
        return (slice(start, min(start + step, self.rows)) for start in range(0, self.rows, step))

    def _pieces(self, ranges: Iterable[slice]) -> Iterator[tuple[int, int, list[Column]]]:
        for rows in ranges:
            yield rows.start, rows.stop, [vectors.read(rows.start, rows.stop) for vectors in self.inputs]


def score_of(term: Term, x: Array, y: Array, *, eps: float) -> Array:
    """Return the (n,) scores of aligned rows; differentiable in torch."""
    return of_pairs(term.name, x, y, eps=eps) if term.score is None else term.score(x, y)


def _moderate(x: Array) -> bool:
    """Tell whether the squares of all rows stay in the range of float64."""
    xp = namespace(x)
    largest = xp.max(xp.abs(x), axis=1)
    return bool(xp.all((largest == 0) | ((largest > LEAST) & (largest < 1 / LEAST))))


class _Products:
    """The products of aligned rows, each computed once: most scores are made of them.

    Args:
        backend: where to compute.
        eps: the least norm that a cosine divides by.
        scaled: whether squares of the rows may leave the range of float64.
        float32: whether the rows are summed as they are.
    """

    def __init__(self, backend: Backend, eps: float, *, scaled: bool, float32: bool) -> None:
        self.backend = backend
        self.eps = eps
        self.scaled = scaled
        self.float32 = float32
        self.scratch = Scratch()

    def scores(self, rows: list[Column], wanted: Sequence[Term]) -> list[Array]:
        """Return the (n,) scores of each term of (n, d) rows per input."""
        pairs = list(dict.fromkeys(pair for term in wanted if _is_made(term) for pair in _pairs(term)))
        others = [term for term in wanted if not _is_made(term)]
        step = len(rows[0])
        if self.backend.device == "cpu" and not self.float32:  # what is wide stays in the processor's cache
            step = max(1, CPU_PART // max(side.shape[1] for side in rows))
        parts = []
        for start in range(0, len(rows[0]), step):
            wide = self._wide([side[start : start + step] for side in rows])
            if self.scaled and not all(_moderate(side) for side in wide):
                wide = self._wide(rows)
                return [score_of(term, wide[term.left], wide[term.right], eps=self.eps) for term in wanted]
            dots = float32_rows.dots if self.float32 else row_dots
            products = [dots(wide[i], wide[j]) for i, j in pairs]
            parts.append(products + [self._of_rows(term, wide[term.left], wide[term.right]) for term in others])
        columns = [self.backend.xp.concat(column) for column in zip(*parts, strict=True)]
        known: dict[tuple[int, int] | Term, Array] = dict(zip([*pairs, *others], columns, strict=True))
        return [self._made(term, known) if _is_made(term) else known[term] for term in wanted]

    def _wide(self, rows: list[Column]) -> list[Array]:
        if self.float32:
            return rows
        return [self.scratch.widened(self.backend, number, side) for number, side in enumerate(rows)]

    def _of_rows(self, term: Term, x: Array, y: Array) -> Array:
        """Return the (n,) scores of one term from the rows: distances from the differences, which do not cancel."""
        if not _is_metric(term) or not metric_of(term.name).expands_squares:
            return score_of(term, x, y, eps=self.eps)
        if self.float32:
            return self._finished(term.name, float32_rows.squared_distances(x, y))
        apart = x - y
        return self._finished(term.name, row_dots(apart, apart))

    def _made(self, term: Term, known: dict[tuple[int, int] | Term, Array]) -> Array:
        """Return the (n,) scores of one term from the products."""
        xy, xx, yy = (known[pair] for pair in _pairs(term))
        return self._finished(term.name, xy, xx, yy)

    def _finished(self, metric: str, *sums: Array) -> Array:
        one = 1.0 + 0.0 * sums[0]
        return metric_of(metric, eps=self.eps).finish(sums, (one, one))


def _is_metric(term: Term) -> bool:
    return term.score is None and term.name in names("metric")


def _is_made(term: Term) -> bool:
    return _is_metric(term) and metric_of(term.name).is_made_of_dots


def _sums_float32(term: Term) -> bool:
    return _is_metric(term) and metric_of(term.name).sums_float32


def _pairs(term: Term) -> tuple[tuple[int, int], ...]:
    return (term.left, term.right), (term.left, term.left), (term.right, term.right)
