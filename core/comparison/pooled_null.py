"""What scores of sets look like whose rows are mixed: both sets together, dealt again into two of the same sizes."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from ..aggregates.best_match import (
    best_of_all,
    chamfer_of,
    greedy_of,
    hausdorff_of,
    maxsim_of,
    mutual_of,
    top_k_mean_of,
)
from ..aggregates.transport import assignment_solver
from ..backend import quiet
from ..engine import Kernel, Match, Matches, budget_of
from ..errors import ResourceError
from ..memory import shown
from ..metrics.aligned import needs_scale
from ..results import Column
from .evaluator import Evaluator
from .measures import Request
from .permutation_null import Null, permutations


@dataclass(frozen=True)
class Pool:
    """The rows of two sets, to be mixed; every score is a part of one matrix, or a sum over it.

    Args:
        panel: the aggregates, without weights.
        count: how often.
        seed: of the dealing.
    """

    panel: Evaluator
    count: int
    seed: int

    @staticmethod
    def mixes(request: Request) -> bool:
        """Tell whether an aggregate of mixed sets is a part of one matrix."""
        return request.name in _SUMS or request.name in _PARTS

    @staticmethod
    def check(x: tuple[int, ...], y: tuple[int, ...]) -> None:
        """Refuse sets of these shapes whose rows have more scores with each other than fit.

        Raises:
            ResourceError: they do not fit.
        """
        total = x[0] + y[0]
        size, most = 3 * total * total * 8 + 2 * total * x[1] * 8, budget_of(None).total
        if size > most:
            what = f"mixing {total:,} rows takes their {total:,} x {total:,} scores, about {shown(size)}"
            hint = f"{shown(most)} may be used: leave «null» out, or compare a sample of the rows"
            raise ResourceError(what, "«null»", hint)

    def null(self, request: Request) -> Null:
        """Return the scores of an aggregate of mixed sets; `p` counts what is at least as far apart as the sets are."""
        with quiet():
            if request.name in _SUMS:
                scores = _SUMS[request.name](self, request)
            else:
                source, form = _PARTS[request.name]
                matrix = getattr(self, source)
                scores = np.asarray([form(_part(matrix, *deal), request) for deal in self._deals()])
        return Null.of(scores[1:], float(scores[0]), larger=not request.entry.larger_is_closer)

    def width(self, request: Request) -> float:
        """Return the width of the kernel, which mixing does not change."""
        width = self.panel.width(request)
        assert width is not None
        return width

    def centroid(self, request: Request) -> Column:
        """Return (1 + count,) cosines of the mean vectors."""
        own, cross, other = self.blocks(self.cosines if request.parameters.get("unit") else self.dots)
        floor = self.panel.eps
        lengths = [np.maximum(np.sqrt(np.maximum(square, 0.0)), floor) for square in (own, other)]
        return np.clip(cross / lengths[0] / lengths[1], -1.0, 1.0)

    def discrepancy(self, kernel: Column) -> Column:
        """Return (1 + count,) biased discrepancies by the (rows, rows) values of a kernel."""
        own, cross, other = self.blocks(kernel)
        return np.asarray(own + other - 2 * cross)

    def blocks(self, matrix: Column) -> tuple[Column, Column, Column]:
        """Return (1 + count,) the means of the pairs within the first set, between both, and within the second."""
        n, total = len(self.panel.sets.x), len(matrix)
        first = np.zeros((total, 1 + self.count))
        for number, (rows, _) in enumerate(self._deals()):
            first[rows, number] = 1.0
        seen = matrix @ first
        own = np.vecdot(first.T, seen.T)
        cross = seen.sum(axis=0) - own
        other = matrix.sum() - own - 2 * cross
        m = total - n
        return np.asarray(own / n**2), cross / (n * m), other / m**2

    def _deals(self) -> Iterator[tuple[Column, Column]]:
        """Yield the rows of the first and of the second set: first as they are, then dealt."""
        n, total = len(self.panel.sets.x), len(self._rows)
        every = np.arange(total)
        yield every[:n], every[n:]
        for order in permutations(total, self.count, self.seed):
            yield order[:n], order[n:]

    @property
    def dims(self) -> int:
        """The length of a row."""
        return int(self.panel.sets.x.shape[1])

    @cached_property
    def _rows(self) -> Column:
        x, y = self.panel.sets[:2]
        return np.concatenate([x, y])

    @cached_property
    def cosines(self) -> Column:
        """The cosines of all rows of both sets with each other."""
        return self._matrix("cosine", self._rows, None)

    @cached_property
    def distances(self) -> Column:
        """Their Euclidean distances."""
        return self._matrix("euclidean", self._rows, self._rows.astype(np.float64).mean(axis=0))

    @cached_property
    def dots(self) -> Column:
        """Their dot products."""
        return self._matrix("dot", self._rows, None)

    @cached_property
    def centred_dots(self) -> Column:
        """Their dot products around their mean, which is where little cancels."""
        wide = self._rows.astype(np.float64)
        return self._matrix("dot", wide - wide.mean(axis=0), None)

    def _matrix(self, metric: str, rows: Column, center: Column | None) -> Column:
        backend = self.panel.backend
        kernel = Kernel(metric, "float64", needs_scale(rows.dtype), backend, self.panel.eps, center)
        side = kernel.prepare(rows)
        matrix = np.array(backend.get(kernel.scores(kernel.tile(side, side))))
        if metric == "euclidean":
            np.fill_diagonal(matrix, 0.0)
        return matrix


def _part(matrix: Column, first: Column, second: Column) -> Column:
    part: Column = matrix[np.ix_(first, second)]
    return part


def _matches(scores: Column, k: int = 1, *, larger: bool = True) -> Matches:
    """Return the best partners by an (n, m) matrix."""
    closer = scores if larger else -scores
    sides = []
    for near in (closer, closer.T):
        neighbours = near.argmax(axis=1)
        best = near[np.arange(len(near)), neighbours]
        least = min(k, near.shape[1])
        several = -np.sort(-near, axis=1)[:, :least] if k > 1 else best[:, None]
        sides.append(Match(neighbours, best if larger else -best, several if larger else -several))
    return Matches(*sides)


def _optimal(scores: Column, request: Request) -> float:
    rows, columns = assignment_solver()(scores, maximize=True)
    return float(scores[rows, columns].mean())


_PARTS: dict[str, tuple[str, Callable[[Column, Request], float]]] = {
    "argmax": ("cosines", lambda scores, request: greedy_of(_matches(scores)).f1),
    "max": ("cosines", lambda scores, request: best_of_all(_matches(scores).forward)),
    "maxsim": ("cosines", lambda scores, request: maxsim_of(_matches(scores).forward).mean),
    "top-k-mean": (
        "cosines",
        lambda scores, request: top_k_mean_of(_matches(scores, request.parameters["k"]).forward),
    ),
    "mutual": ("cosines", lambda scores, request: mutual_of(_matches(scores)).share_a),
    "optimal": ("cosines", _optimal),
    "chamfer": ("distances", lambda scores, request: chamfer_of(_matches(scores, larger=False)).sum),
    "hausdorff": ("distances", lambda scores, request: hausdorff_of(_matches(scores, larger=False)).symmetric),
}
_SUMS: dict[str, Callable[[Pool, Request], Column]] = {
    "mean": lambda pool, request: pool.blocks(pool.cosines)[1],
    "centroid": lambda pool, request: pool.centroid(request),
    "energy": lambda pool, request: -pool.discrepancy(pool.distances),
    "mmd": lambda pool, request: pool.discrepancy(np.exp(-((pool.distances / pool.width(request)) ** 2) / 2)),
    "mmd-laplacian": lambda pool, request: pool.discrepancy(np.exp(-pool.distances / pool.width(request))),
    "mmd-poly3": lambda pool, request: pool.discrepancy((pool.dots / pool.dims + 1.0) ** 3),
    "mmd-linear": lambda pool, request: pool.discrepancy(pool.centred_dots),
}
