"""The rows of two sets together, dealt again into two of the same sizes: every score from one matrix of all rows."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from ..engine import Kernel, budget_of
from ..errors import ResourceError
from ..memory import shown
from ..metrics import needs_scale
from ..results import Column
from ..statistics.permutation import permutations
from .record import Evaluator


@dataclass(frozen=True)
class MixedSets:
    """The rows of two sets, to be mixed; a score is of a part of one matrix, or a sum over it.

    Args:
        count: how often the rows are dealt.
    """

    evaluator: Evaluator
    count: int
    seed: int

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

    def of_parts(self, matrix: Column, score: Callable[[Column], float]) -> Column:
        """Return (1 + count,) scores of the part of a matrix whose rows are the first set, its columns the second."""
        return np.asarray([score(matrix[np.ix_(*deal)]) for deal in self._deals()])

    def discrepancies(self, kernel: Column) -> Column:
        """Return (1 + count,) biased discrepancies by the (rows, rows) values of a kernel."""
        own, cross, other = self.block_means(kernel)
        return np.asarray(own + other - 2 * cross)

    def block_means(self, matrix: Column) -> tuple[Column, Column, Column]:
        """Return (1 + count,) the means of the pairs within the first set, between both, and within the second."""
        n, total = len(self.evaluator.sets.x), len(matrix)
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
        n, total = len(self.evaluator.sets.x), len(self._rows)
        every = np.arange(total)
        yield every[:n], every[n:]
        for order in permutations(total, self.count, self.seed):
            yield order[:n], order[n:]

    @property
    def dims(self) -> int:
        """The length of a row."""
        return int(self.evaluator.sets.x.shape[1])

    @cached_property
    def _rows(self) -> Column:
        return np.concatenate(self.evaluator.sets[:2])

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
        backend = self.evaluator.backend
        kernel = Kernel(metric, "float64", needs_scale(rows.dtype), backend, self.evaluator.eps, center)
        side = kernel.prepare(rows)
        matrix = np.array(backend.get(kernel.scores(kernel.tile(side, side))))
        if center is not None:  # a row is at no distance from itself, whatever rounding leaves
            np.fill_diagonal(matrix, 0.0)
        return matrix
