"""The rows of two sets drawn again with replacement, and means over the drawn rows."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from ..engine import Kernel
from ..metrics import needs_scale
from ..results import Column
from ..statistics.bootstrap import drawn_counts, weighted_means
from .moments import scale_of
from .record import Evaluator
from .weights import shares

CHUNK = 1 << 18  # numbers that are widened at a time


@dataclass(frozen=True)
class Resample:
    """The draws of both sides."""

    evaluator: Evaluator
    draws: int
    seed: int

    @cached_property
    def counts(self) -> tuple[Column, Column]:
        """How often each row of A, and of B, was drawn."""
        generator = np.random.default_rng(self.seed)
        x, y = self.evaluator.sets[:2]
        return drawn_counts(len(x), self.draws, generator), drawn_counts(len(y), self.draws, generator)

    def pair_counts(self, pairs: int) -> Column:
        """Return (draws, pairs) how often each pair was drawn."""
        return drawn_counts(pairs, self.draws, np.random.default_rng(self.seed))

    def means(self, side: int, values: Column) -> Column:
        """Return the (draws,) means over the drawn rows of a side of one value per row."""
        return weighted_means(self.counts[side], values, self._share(side, len(values)))

    def _share(self, side: int, rows: int) -> Column | None:
        weights, option = self.evaluator.sets[2 + side], ("«weights_a»", "«weights_b»")[side]
        return shares(weights, rows, option)

    def mean_rows(self, side: int, *, unit: bool) -> Column:
        """Return the (draws, d) means of the drawn rows of a side, or of their unit vectors."""
        rows = self.evaluator.sets.x if side == 0 else self.evaluator.sets.y
        share = self._share(side, len(rows))
        share = np.ones(len(rows)) if share is None else share
        scale = 1.0 if unit else scale_of(rows)
        backend = self.evaluator.backend
        kernel = Kernel("cosine", "float64", needs_scale(rows.dtype), backend, self.evaluator.eps)
        totals, sizes = np.zeros((self.draws, rows.shape[1])), np.zeros(self.draws)
        step = max(1, CHUNK // max(self.draws, rows.shape[1]))
        for start in range(0, len(rows), step):
            part = slice(start, start + step)
            own = rows[part]
            wide = backend.get(kernel.prepare(own).rows) if unit else own.astype(np.float64) / scale
            counts = self.counts[side][:, part] * share[part]
            totals += counts @ wide
            sizes += counts.sum(axis=1)
        means: Column = np.divide(totals, sizes[:, None], out=np.full(totals.shape, np.nan), where=sizes[:, None] > 0)
        return means * scale
