"""`similarity`: vectors against their counterparts, along any dims, in one streamed pass."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import reduce
from math import prod
from typing import Any

import numpy as np

from .. import checks
from ..backend import Array, Backend, choose_backend, quiet
from ..delivery import delivery
from ..engine import Scratch, budget_of, overlapped, processors
from ..errors import ShapeError
from ..io import Vectors, select, with_ids
from ..io.listed_columns import with_carried
from ..io.vectors import provenance
from ..metrics import EPS, Metric, magnitude, metric_of, needs_scale
from ..results import Column, Columns, Result, Rows, Scalar, shapes_line

CPU_PIECE = 1 << 18  # elements of one piece: both sides widened stay in the processor's cache
GPU_PIECE = 1 << 24

KEYS = ("count", "mean", "min", "max")
SUMS = 8  # numbers of a score while it is computed: two magnitudes, two scales, three sums and itself
INDEX = 160  # bytes of the place of a score, as a tuple

Piece = tuple[slice, ...]


def similarity(
    a: Any,
    b: Any,
    *,
    dim: int | Sequence[int] = -1,
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
) -> Result:
    """Compute the metric of vectors and their counterparts along one or several dims.

    The shapes are broadcast first, then the vectors lie along `dim`; the scores have the other dims.

    Args:
        a: Vectors, a numpy array or a source as for `open_vectors`, real numbers of any shape.
        b: what broadcasts with a.
        dim: the dims of the broadcast shape that make a vector; negative counts from the end.
        metric: a name of the catalogue, as in `simtool.describe("metrics")`.
        parameters: of the metric, as in `{"p": 3}`.
        eps: eps >= 0, the least norm that a cosine divides by.
        max_memory: as for `pairwise`.
        nonfinite: `error`, `propagate` (NaN scores) or `drop` (rows left out, along dim 0).
        device: where to compute: cpu, cuda, cuda:N or auto.
        backend: auto, numpy or torch.
        ids_a: one id per row of a: an array, or a source as for `open_vectors`.
        ids_b: one per row of b.
        header: whether the first line of a CSV names its columns: `yes`, `no` or `auto`.
        require_keys: keys that the summary must have, checked before any input is read.

    Returns:
        A result whose `array` holds the float64 scores in the remaining dims, with the summary
        `count`, `mean`, `min`, `max` and rows `id` or `index`, `score`.

    Raises:
        ShapeError: the shapes do not broadcast, or a dim is out of range or named twice.
        DataError: rows that are not finite, with their numbers and ids.
        ParameterError: an unknown metric or mode.
        ResourceError: the device is not available, or the scores do not fit.

    Source:
        The catalogue row of the metric.

    Example:
        >>> import numpy as np
        >>> similarity(np.eye(2), np.ones((2, 2))).array.round(4).tolist()
        [0.7071, 0.7071]
    """
    checks.check_keys(require_keys, KEYS)
    measure = metric_of(metric, eps=eps, **(parameters or {}))
    checks.check_choice("nonfinite", nonfinite, checks.NONFINITE)
    checks.check_eps(eps)
    reading: dict[str, Any] = {"nulls": nonfinite != "error", "header": header, "max_memory": max_memory}
    with delivery():
        a, b = checks.given(a, "A", ids=ids_a, **reading), checks.given(b, "B", ids=ids_b, **reading)
        return _compared(a, b, dim, measure, eps, max_memory, nonfinite, choose_backend(backend, device))


def _compared(
    a: Vectors,
    b: Vectors,
    dim: int | Sequence[int],
    measure: Metric,
    eps: float,
    max_memory: str | int | None,
    nonfinite: str,
    backend: Backend,
) -> Result:
    checks.check_same_ids(a, b)
    for side in (a, b):
        checks.check_dtype(side, measure)
        checks.refuse_rounded(side, measure.name)
    notes: list[str] = []
    shapes = a.shape, b.shape
    if nonfinite == "drop":
        a, b = drop_rows(a, b, notes)
    job = _Job(a, b, _dims(a, b, dim), measure, nonfinite, backend)
    if job.width == 1 and measure.is_made_of_dots and measure.has_unit_rows:
        notes.append("the vectors hold one number each: the cosine of single numbers is only a sign")
    budget_of(max_memory, a, b).check(job.held, f"{prod(job.shape[d] for d in job.kept):,} scores")
    scores, zeros = job.run()
    if zeros:
        what = f"{zeros} of {scores.size} scores have a {measure.without_direction} vector on a side"
        notes.append(f"{what} and are {measure.zero_score}")
    return Result(
        command="similarity",
        inputs={"a": a.name, "b": b.name},
        parameters={
            "dim": list(job.dims),
            "metric": measure.name,
            "eps": eps,
            **measure.parameters,
            "nonfinite": nonfinite,
            "shapes": shapes_line(shapes[0], shapes[1], job.dims, str(scores.shape)),
        },
        summary=summarise(scores),
        rows=_rows(scores, job),
        array=scores,
        notes=tuple(notes),
        provenance=provenance({"a": a, "b": b}),
    )


def drop_rows(a: Vectors, b: Vectors, notes: list[str]) -> tuple[Vectors, Vectors]:
    """Return aligned inputs without the rows in which either side is not finite."""
    keep = checks.drop_nonfinite((a, b), "row", notes)
    if len(keep) == a.shape[0]:
        return a, b
    ids = a.ids if a.ids is not None else b.ids
    return with_ids(select(a, keep), keep if ids is None else ids[keep]), select(b, keep)


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


def _rows(scores: Column, job: "_Job") -> Rows:
    ids = job.a.ids if job.a.ids is not None else job.b.ids
    if scores.ndim == 1:
        named = ids is not None and 0 not in job.dims and len(ids) == len(scores)
        columns = {"id": ids} if named and ids is not None else {"index": np.arange(len(scores))}
        columns["score"] = scores
        whole = job.a.shape[0] == job.b.shape[0] == len(scores) and 0 not in job.dims
        sides = {"a": job.a, "b": job.b} if whole else {}
        return with_carried(Columns(columns), sides, np.arange(len(scores)))
    index = np.empty(scores.size, dtype=object)
    index[:] = list(np.ndindex(scores.shape))
    return Columns({"index": index, "score": scores.ravel()})


@dataclass(frozen=True)
class _Job:
    """One similarity: what is read, along which dims, and how. The inputs are checked by the caller."""

    a: Vectors
    b: Vectors
    dims: tuple[int, ...]
    metric: Metric
    nonfinite: str
    backend: Backend
    scratch: Scratch = field(default_factory=Scratch)

    @property
    def shape(self) -> tuple[int, ...]:
        try:
            return np.broadcast_shapes(self.a.shape, self.b.shape)
        except ValueError:
            raise ShapeError(
                f"shapes {self.a.shape} and {self.b.shape} do not broadcast",
                f"{self.a.name}, {self.b.name}",
                "each dim must be equal, or 1 on one side; simtool pairwise compares every row with every row",
            ) from None

    @property
    def width(self) -> int:
        return prod(self.shape[d] for d in self.dims)

    @property
    def kept(self) -> tuple[int, ...]:
        return tuple(d for d in range(len(self.shape)) if d not in self.dims)

    @property
    def held(self) -> int:
        """Bytes of the scores, their sums where vectors come in pieces, and the table of them."""
        scores = prod(self.shape[d] for d in self.kept)
        return scores * (8 * SUMS + (8 if len(self.kept) == 1 else INDEX))

    def run(self) -> tuple[Column, int]:
        """Return the scores and how many of them have a zero vector on a side."""
        if prod(self.shape) == 0:
            checks.check_not_empty(self.a if prod(self.a.shape) == 0 else self.b)
        limit = CPU_PIECE if self.backend.device == "cpu" else GPU_PIECE
        # dim 0 first, because files are read by rows; dims of the vector last, so that few pieces are partial
        order = [0, *(d for d in self.kept if d), *(d for d in self.dims if d)]
        first = next(split(self.shape, order, limit))
        pieces = split(self.shape, order, limit)
        scores, zeros = np.empty(tuple(self.shape[d] for d in self.kept)), 0
        if any(first[d].stop < self.shape[d] for d in self.dims):
            with quiet():
                scores[...], zeros, whole = self._finished(*self._accumulated(list(pieces)))
            self._check(whole)
            return scores, zeros
        # numpy computes in one thread, so several pieces at a time; torch has threads of its own
        workers = processors() if self.backend.name == "numpy" else 1
        parts = ((self._target(piece), self._views(piece)) for piece in pieces)
        for target, score, count, whole in overlapped(self._scored, parts, workers):
            self._check(whole)
            scores[target] = score
            zeros += count
        return scores, zeros

    def _check(self, whole: bool) -> None:
        """Refuse scores that are not finite. It reads the inputs, so it runs in the caller's thread."""
        if not whole and self.nonfinite != "propagate":
            checks.refuse_nonfinite(self.a)
            checks.refuse_nonfinite(self.b)
            raise checks.refuse_overflow(f"{self.a.name}, {self.b.name}")

    def _scored(self, part: tuple[Piece, tuple[Column, Column]]) -> tuple[Piece, Column, int, bool]:
        """Return the place of a piece and what `_finished` makes of it."""
        with quiet():
            x, y = self._put(part[1])
            scales = self._scales(x, y)
            return part[0], *self._finished(self._terms(x, y, scales), scales)

    def _finished(self, sums: tuple[Array, ...], scales: tuple[Array, Array]) -> tuple[Column, int, bool]:
        """Return the scores, how many of them have a zero vector on a side, and whether all are finite."""
        xp = self.backend.xp
        finite = reduce(lambda x, y: x & y, (xp.isfinite(part) for part in sums))
        score = self.metric.finish(sums, scales)
        whole = bool(xp.all(finite & xp.isfinite(score)))
        if not whole:
            score = xp.where(finite, score, xp.full_like(score, float("nan")))
        zeros = 0
        if self.metric.zero_score is not None:
            zeros = int(xp.sum(self.metric.undirected(sums), dtype=xp.int64))
        return self.backend.get(score), zeros, whole

    def _accumulated(self, pieces: list[Piece]) -> tuple[tuple[Array, ...], tuple[Array, Array]]:
        """Sum the terms of vectors that come in several pieces; float64 needs a first pass for the scale."""
        out_shape = tuple(self.shape[d] for d in self.kept)
        magnitudes = [np.full(out_shape, 2.0**-1000) if self._scaled else np.ones(out_shape) for _ in range(2)]
        for piece in pieces if self._scaled else ():
            for total, part in zip(magnitudes, self._put(self._views(piece)), strict=True):
                target = self._target(piece)
                total[target] = np.maximum(total[target], self.backend.get(magnitude(part)))
        scales = self.metric.scales(*magnitudes)
        sums: list[Column] = []
        for piece in pieces:
            target = self._target(piece)
            parts = self._terms(*self._put(self._views(piece)), tuple(self.backend.put(s[target]) for s in scales))
            sums = sums or [np.zeros(out_shape) for _ in parts]
            merged = self.metric.merge(tuple(total[target] for total in sums), tuple(map(self.backend.get, parts)))
            for total, part in zip(sums, merged, strict=True):
                total[target] = part
        put = [self.backend.put(np.asarray(v)) for v in (*sums, *scales)]
        return tuple(put[:-2]), (put[-2], put[-1])

    @property
    def _scaled(self) -> bool:
        return needs_scale(self.a.dtype) or needs_scale(self.b.dtype)

    def _scales(self, x: Array, y: Array) -> tuple[Array, Array]:
        if self._scaled:
            return self.metric.scales(magnitude(x), magnitude(y))
        one = self.backend.xp.ones_like(x[..., 0])
        return one, one

    def _terms(self, x: Array, y: Array, scales: tuple[Array, ...]) -> tuple[Array, ...]:
        if self._scaled:
            x, y = x / scales[0][..., None], y / scales[1][..., None]
        return self.metric.terms(x, y)

    def _target(self, piece: Piece) -> Piece:
        return tuple(piece[d] for d in self.kept)

    def _views(self, piece: Piece) -> tuple[Column, Column]:
        """Read both sides of a piece, the kept dims first and those of the vector last."""
        shape = tuple(s.stop - s.start for s in piece)
        a, b = (np.broadcast_to(_part(v, piece), shape).transpose(*self.kept, *self.dims) for v in (self.a, self.b))
        return a, b

    def _put(self, views: tuple[Column, Column]) -> tuple[Array, Array]:
        """Return both sides as wide arrays, the vector as the last axis; valid until this thread asks again."""
        x, y = (
            self.backend.xp.reshape(self.scratch.widened(self.backend, side, v), (*v.shape[: len(self.kept)], -1))
            for side, v in enumerate(views)
        )
        return x, y


def _part(vectors: Vectors, piece: Piece) -> Column:
    """Read the part of an input that broadcasts to the piece."""
    own = piece[len(piece) - len(vectors.shape) :]
    own = tuple(slice(0, 1) if size == 1 else s for s, size in zip(own, vectors.shape, strict=True))
    return vectors.read(own[0].start, own[0].stop)[(slice(None), *own[1:])]


def split(shape: tuple[int, ...], order: Sequence[int], limit: int) -> Iterator[Piece]:
    """Yield boxes of at most `limit` elements that tile the shape, cut along the dims in this order.

    Example:
        >>> [(p[0], p[1]) for p in split((3, 4), [0, 1], 8)]
        [(slice(0, 2, None), slice(0, 4, None)), (slice(2, 3, None), slice(0, 4, None))]
    """
    axis, *others = order
    rest = prod(shape[d] for d in others)
    step = max(1, limit // rest)
    for start in range(0, shape[axis], step):
        own = slice(start, min(start + step, shape[axis]))
        if rest <= limit:
            yield tuple(own if d == axis else slice(0, size) for d, size in enumerate(shape))
            continue
        for piece in split(tuple(1 if d == axis else size for d, size in enumerate(shape)), others, limit):
            yield tuple(own if d == axis else part for d, part in enumerate(piece))
