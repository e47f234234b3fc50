"""What `pairwise` computes of two sides of vectors, laid out and checked: the matrix, or a list of pairs."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import prod
from typing import Self

import numpy as np

from .. import checks, engine
from ..backend import quiet
from ..engine import Choice, PairwiseJob, prepare_input, same_rows
from ..io import Vectors
from ..io.cut_down import CutDown
from ..io.origins import provenance
from ..metrics import Metric
from ..results import Into, Progress, Result, RowsInto, shapes_line
from ..settings import Settings


@dataclass(frozen=True)
class PairwisePlan:
    """What is compared with what, checked and not yet computed.

    Args:
        job: both sides, the pairs that are left out, and where to compute.
        choice: the pairs that are listed; None for the matrix.
        dim: along which a vector lies.
        cut: what is compared of each vector.
        excluded_by: `id` or `row` where a row is not compared with itself, else None.
        settings: of the door.
    """

    job: PairwiseJob
    choice: Choice | None
    dim: int
    cut: CutDown
    excluded_by: str | None
    settings: Settings

    @classmethod
    def of(
        cls,
        choice: Choice | None,
        metric: Metric,
        dim: int,
        cut: CutDown,
        precision: str,
        settings: Settings,
        opened: list[Vectors],
        *,
        exclude_self: bool,
        of_one_file: bool,
    ) -> Self:
        """Lay out both sides, checked; A twice where there is no B."""
        budget, opened = settings.budget(*opened), [cut.of_whole_bytes(side) for side in opened]
        for vectors in opened:
            checks.check_dtype(vectors, metric)
        sides = [prepare_input(side, dim, settings.nonfinite, budget) for side in opened]
        a, b = sides[0], sides[-1]
        checks.check_same_width(a.vectors, b.vectors, a.rows.shape[-1], b.rows.shape[-1])
        for side in sides:
            checks.refuse_rounded(side.vectors, metric.name)
        excluded_by, excluded = same_rows(a, b, of_one_file=of_one_file) if exclude_self else (None, None)
        job = PairwiseJob(a, b, metric, excluded, len(opened) == 1, precision, settings.space(), budget)
        return cls(job, choice, dim, cut, excluded_by, settings)

    def phases(
        self, into: Into | None, rows_into: RowsInto | None, shapes: Sequence[tuple[int, ...]]
    ) -> "list[engine.Phase]":
        """Return the scan of inputs of these shapes; what nobody takes as it comes is kept."""
        job, choice = self.job, self.choice
        rows = [shape[: (dim := self.dim % len(shape))] + shape[dim + 1 :] for shape in shapes]
        (*batch_a, n), (*batch_b, m) = rows[0], rows[-1]
        batch = np.broadcast_shapes(tuple(batch_a), tuple(batch_b))
        shape = n, m, job.dims
        if choice is None:
            written, name = engine.matrix_bytes(job, (*batch, n, m)), "matrix"
            held = engine.check_matrix(job, (*batch, n, m)) if into is None else 0
        else:
            name = "closest rows" if choice.top_k is not None else "close pairs"
            written = prod(batch) * engine.ROW * (choice.most(n, m) or 0)
            held = engine.check_list(job, choice, n, m) if rows_into is None else 0
        phase = engine.scan_phase(name, job, shape, choice, batches=prod(batch))
        return [replace(phase, bytes_written=written, memory=phase.memory + held)]

    def trial(self) -> None:
        """Compute it for nobody."""
        self.run(lambda shape, dtype: lambda part: None, lambda columns: None, None, None)

    def run(
        self, into: Into | None, rows_into: RowsInto | None, heat_map: int | None, progress: Progress | None
    ) -> Result:
        """Compute the matrix, or list the pairs."""
        job, settings, choice = self.job, self.settings, self.choice
        with quiet():
            if choice is not None:
                result = engine.select_pairs(job, choice, rows_into, progress)
            else:
                result = engine.full_matrix(job, into, settings.nonfinite, progress, heat_map)
        listed = choice or Choice()
        return replace(
            result,
            inputs=job.inputs(),
            parameters={
                "metric": job.metric.name,
                "eps": settings.eps,
                **job.metric.parameters,
                **vars(self.cut),
                "dim": self.dim,
                "exclude_self": self.excluded_by is not None,
                "excluded_by": self.excluded_by,
                "top_k": listed.top_k,
                "threshold": listed.threshold,
                "max_pairs": listed.max_pairs,
                "precision": job.precision,
                **result.parameters,
                "nonfinite": settings.nonfinite,
                "shapes": _shapes(job, listed, self.dim),
            },
            notes=(*job.notes(), *self.cut.notes, *job.left_out(self.excluded_by), *result.notes),
            provenance=provenance({"a": job.a.vectors, "b": None if job.self_join else job.b.vectors}),
        )


def _shapes(job: PairwiseJob, choice: Choice, dim: int) -> str:
    scores = choice.of(str((*job.batch, *job.shape)))
    a, b = job.a.vectors.shape, job.b.vectors.shape
    return shapes_line(a, b, [dim % len(a)] if dim % len(a) == dim % len(b) else [dim], scores)
