"""`similarity`: vectors against their counterparts, along any dims, in one streamed pass."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Unpack

import numpy as np

from .. import checks
from ..argument_types import check_types
from ..delivery import delivery
from ..engine import ALIGNED_NUMBERS, AlignedJob
from ..errors import ParameterError, ShapeError
from ..io import SelectingBySeed, Vectors, as_source, as_values, open_pairs, selects
from ..io.listed_columns import with_carried
from ..io.origins import provenance
from ..io.vectors import ids_of
from ..joining import Joined, by_number, check_join, join_rows, stated
from ..metrics import EPS, Metric, metric_of
from ..nonfinite import NONFINITE_HINT, drop_rows
from ..results import Column, Columns, Result, Rows, Scalar, shapes_line
from ..settings import Settings

KEYS = ("count", "mean", "min", "max")
INDEX = 160  # bytes of the place of a score, as a tuple


@selects("a", "b", keeps=True)
def similarity(
    a: Any,
    b: Any = None,
    *,
    dim: int | Sequence[int] = -1,
    join: str = "row",
    metric: str = "cosine",
    parameters: Mapping[str, float] | None = None,
    eps: float = EPS,
    max_memory: str | int | None = None,
    nonfinite: str = "error",
    device: str = "cpu",
    backend: str = "auto",
    ids_a: Any = None,
    ids_b: Any = None,
    header: str = "auto",
    require_keys: Collection[str] = (),
    **select: Unpack[SelectingBySeed],
) -> Result:
    """Compute the metric of vectors and their counterparts along one or several dims.

    The shapes are broadcast first, then the vectors lie along `dim`; the scores have the other dims.

    Args:
        a: Vectors, a numpy array or a source as for `open_vectors`, real numbers of any shape.
        b: what broadcasts with a; None where a is one table with vector columns `a` and `b`.
        dim: the dims of the broadcast shape that make a vector; negative counts from the end.
        join: `row` (row i with row i), or `id`: rows of the same id, in the order of a; others are left out, and said.
        nonfinite: `error`, `propagate` (NaN scores) or `drop` (rows left out, along dim 0).
        metric, parameters, eps, max_memory, device, backend, ids_a, ids_b, header, require_keys: as for `pairwise`.
        **select: rows and columns of the inputs, by the names that the options of the shell have; as `Selection`
            takes them.

    Returns:
        A result whose `array` holds the float64 scores in the remaining dims, with the summary
        `count`, `mean`, `min`, `max` and rows `id` or `index`, `score`.

    Raises:
        ShapeError: the shapes do not broadcast, or a dim is out of range or named twice.
        DataError: rows that are not finite, with their numbers and ids; an id that comes twice, or none in common.
        ParameterError: an unknown metric or mode.
        ResourceError: the device is not available, or the scores do not fit.

    Source:
        The catalogue row of the metric.

    Example:
        >>> import numpy as np
        >>> similarity(np.eye(2), np.ones((2, 2))).array.round(4).tolist()
        [0.7071, 0.7071]
    """
    check_types(similarity, locals())
    checks.check_keys(require_keys, KEYS)
    measure = metric_of(metric, eps=eps, **(parameters or {}))
    settings = Settings(
        nonfinite=nonfinite, eps=eps, max_memory=max_memory, device=device, backend=backend, header=header
    ).checked()
    by_id = check_join(join)
    with delivery():
        (x, y), joined = _sides(a, b, ids_a, ids_b, settings), Joined()
        if by_id:
            x, y, joined = join_rows(x, y)
        else:
            checks.check_same_ids(x, y, joins=True)
        return stated(plan_similarity(x, y, dim, measure, settings, said=joined.notes).run(), by_id=by_id)


def _sides(a: Any, b: Any, ids_a: Any, ids_b: Any, settings: Settings) -> Sequence[Vectors]:
    """Return both sides, of two inputs or of one table."""
    if b is not None:
        return settings.open(a, "A", ids_a), settings.open(b, "B", ids_b)
    table = as_source(a, "A")
    if not isinstance(table, str):
        raise ShapeError("expected two inputs of vectors, or one table with vector columns a and b, got one input", "A")
    if ids_b is not None:
        raise ParameterError("one table has one column of ids", "«ids_b»", "«ids_a» names it")
    return open_pairs([table], labelled=False, ids=as_values(ids_a, table), **settings.reading).vectors


def plan_similarity(
    a: Vectors,
    b: Vectors,
    dim: int | Sequence[int],
    metric: Metric,
    settings: Settings,
    hint: str = NONFINITE_HINT,
    said: Sequence[str] = (),
) -> "SimilarityPlan":
    """Return what will be compared along which dims; `hint` is what to type where rows are not finite.

    What is known already is `said` too.
    """
    for side in (a, b):
        checks.check_dtype(side, metric)
        checks.refuse_rounded(side, metric.name)
    notes = [*said, *by_number((a, b))]
    shapes, named = (a.shape, b.shape), ids_of(a, b) is not None
    if settings.nonfinite == "drop":
        (a, b), _ = drop_rows((a, b), "row", notes)
    job = AlignedJob(a, b, _dims(a, b, dim), metric, settings.nonfinite, settings.space(), hint)
    if job.width == 1 and metric.is_made_of_dots and metric.has_unit_rows:
        notes.append("the vectors hold one number each: the cosine of single numbers is only a sign")
    listed = 8 if len(job.kept) == 1 else INDEX
    settings.budget(a, b).check(job.scores * (8 * ALIGNED_NUMBERS + listed), f"{job.scores:,} scores")
    return SimilarityPlan(job, settings, shapes, named, tuple(notes))


@dataclass(frozen=True)
class SimilarityPlan:
    """What is compared, checked and not yet computed.

    Args:
        job: both sides, the dims and the metric.
        settings: of the door.
        shapes: of both sides, before rows were left out.
        named: whether the rows have ids; else they go by their numbers.
        notes: what is known already.
    """

    job: AlignedJob
    settings: Settings
    shapes: tuple[tuple[int, ...], tuple[int, ...]]
    named: bool
    notes: tuple[str, ...]

    def run(self) -> Result:
        """Compute the scores."""
        job, metric, notes = self.job, self.job.metric, self.notes
        scores, zeros, short = job.run()
        if zeros:
            what = f"{zeros} of {scores.size} scores have a {metric.without_direction} vector on a side"
            notes = (*notes, f"{what} and are {metric.zero_score}")
        if short:
            what = f"{short} of {scores.size} scores have a vector shorter than eps on a side and divide by eps"
            notes = (*notes, f"{what}; «eps=0» divides by its own length")
        return Result(
            command="similarity",
            inputs={"a": job.a.name, "b": job.b.name},
            parameters={
                "dim": list(job.dims),
                "metric": metric.name,
                "eps": self.settings.eps,
                **metric.parameters,
                "nonfinite": self.settings.nonfinite,
                "shapes": shapes_line(*self.shapes, job.dims, str(scores.shape)),
            },
            summary=summarise(scores),
            rows=_rows(scores, job, named=self.named),
            array=scores,
            notes=notes,
            provenance=provenance({"a": job.a, "b": job.b}),
        )


def summarise(scores: Column) -> dict[str, Scalar]:
    """Return count, mean, min and max of scores; undefined ones are None."""
    if scores.size == 0 or np.isnan(scores).any():
        return {"count": scores.size, "mean": None, "min": None, "max": None}
    # clipped because the sum of ones rounds: a mean lies between its extremes
    low, high = float(scores.min()), float(scores.max())
    return {"count": scores.size, "mean": float(np.clip(scores.mean(), low, high)), "min": low, "max": high}


def _dims(a: Vectors, b: Vectors, dim: int | Sequence[int]) -> tuple[int, ...]:
    rank = max(len(a.shape), len(b.shape))
    dims = tuple(checks.check_dim(d, rank) for d in ([dim] if isinstance(dim, int) else dim))
    if not dims or len(set(dims)) < len(dims):
        raise ShapeError(f"dims {list(dims)} are not one or more different dims", "«dim»", "as in «dim=2,3»")
    return dims


def _rows(scores: Column, job: AlignedJob, *, named: bool) -> Rows:
    ids = ids_of(job.a, job.b)
    if scores.ndim == 1:
        if ids is None or 0 in job.dims or len(ids) != len(scores):
            ids, named = np.arange(len(scores)), False
        columns = {"id" if named else "index": ids}
        columns["score"] = scores
        whole = job.a.shape[0] == job.b.shape[0] == len(scores) and 0 not in job.dims
        sides = {"a": job.a, "b": job.b} if whole else {}
        return with_carried(Columns(columns), sides, np.arange(len(scores)))
    index = np.empty(scores.size, dtype=object)
    index[:] = list(np.ndindex(scores.shape))
    return Columns({"index": index, "score": scores.ravel()})
