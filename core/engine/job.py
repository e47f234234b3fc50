"""Two inputs about to be compared row by row: their shapes, batches, arithmetic and notes."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from ..backend import Backend
from ..catalogue import Entry
from ..checks import plural
from ..errors import ShapeError
from ..metrics import Metric, needs_scale
from ..results import Column
from .budget import Budget
from .exclusion import Exclusion
from .input_rows import Input
from .rescoring import Pairs


@dataclass(frozen=True)
class PairwiseJob:
    """What is compared with what.

    Args:
        a: one side.
        b: the other; the same where A is compared with itself.
        metric: what is computed of each pair.
        excluded: the pairs that are left out, or None.
        self_join: whether A is compared with itself.
        precision: `auto`, `float32` or `float64`.
        backend: where to compute.
        budget: the bytes that may be used.
    """

    a: Input
    b: Input
    metric: Metric
    excluded: Exclusion | None
    self_join: bool
    precision: str
    backend: Backend
    budget: Budget

    @property
    def entry(self) -> Entry:
        """The metric's row of the catalogue."""
        return self.metric.entry

    @property
    def batch(self) -> tuple[int, ...]:
        """The batch dims, broadcast."""
        try:
            return np.broadcast_shapes(self.a.rows.shape[:-2], self.b.rows.shape[:-2])
        except ValueError:
            raise ShapeError(
                f"the batches do not fit: {self.a.rows.shape[:-2]} in A, {self.b.rows.shape[:-2]} in B",
                f"{self.a.vectors.name}, {self.b.vectors.name}",
                "dims before the rows must be equal, or 1 on one side",
            ) from None

    @property
    def shape(self) -> tuple[int, int]:
        """Rows of A and of B."""
        return self.a.rows.shape[-2], self.b.rows.shape[-2]

    @property
    def dims(self) -> int:
        """Length of a vector."""
        return int(self.a.rows.shape[-1])

    @property
    def scaled(self) -> bool:
        """Whether squares of the inputs may leave float64."""
        return needs_scale(self.a.rows.dtype) or needs_scale(self.b.rows.dtype)

    @property
    def wide(self) -> bool:
        """Whether an input holds numbers that float32 cannot."""
        return any(v.dtype.itemsize > (4 if v.dtype.kind == "f" else 2) for v in (self.a.rows, self.b.rows))

    @property
    def fits_float32(self) -> bool:
        """Whether the rows and their products stay in the range of float32."""
        return self.metric.fits_float32(self.a.largest, self.b.largest, self.dims)

    def batches(self) -> Iterator[tuple[int, Column, Column]]:
        """Yield the number of each batch with its (n, d) and (m, d) rows."""
        a = np.broadcast_to(self.a.rows, self.batch + self.a.rows.shape[-2:])
        b = np.broadcast_to(self.b.rows, self.batch + self.b.rows.shape[-2:])
        for number, index in enumerate(np.ndindex(self.batch)):
            yield number, a[index], b[index]

    @property
    def upper_triangle(self) -> bool:
        """Whether rows i, j and rows j, i are one pair, which a list of pairs holds once."""
        return self.self_join and self.excluded is not None and self.metric.is_symmetric

    def pairs(self, a: Column, b: Column) -> Pairs:
        """Return the exact scores of a batch."""
        return Pairs(self.metric, a, b, self.scaled)

    def inputs(self) -> dict[str, str]:
        """Return the names of the inputs by role."""
        names = {"a": self.a.vectors.name, "b": self.b.vectors.name}
        return {"a": names["a"]} if self.self_join else names

    def notes(self, names: tuple[str, str] = ("A", "B")) -> Iterator[str]:
        """Yield what to tell the reader of the inputs, which are called so."""
        yield from self.a.notes
        if not self.self_join:
            yield from self.b.notes
        sides = dict(zip(names, (self.a,) if self.self_join else (self.a, self.b), strict=False))
        zeros = {name: int(side.zero.sum()) for name, side in sides.items()}
        counted = " and ".join(f"{plural(count, 'zero row')} in {name}" for name, count in zeros.items() if count)
        if counted and self.metric.zero_score is not None:
            yield f"{counted}: their {self.metric.name} score is {self.metric.zero_score}"

    def left_out(self, excluded_by: str | None) -> Iterator[str]:
        """Yield which pairs of two sets are left out, and how many."""
        if self.excluded is None or self.self_join:
            return
        count = plural(int(self.excluded.counts.sum()), "pair")
        if excluded_by == "id":
            yield f"{count} of equal ids left out"
        else:
            reason = "" if self.a.named and self.b.named else ", because A and B do not both have ids"
            yield f"{count} of equal row numbers left out{reason}"
