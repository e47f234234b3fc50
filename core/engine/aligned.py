"""Vectors against their counterparts along any dims, piece by piece: what `similarity` computes."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property, reduce
from math import prod

import numpy as np

from .. import checks
from ..backend import Array, Backend, quiet
from ..errors import ShapeError
from ..io import Vectors
from ..metrics import Metric, float32_rows, magnitude, needs_scale
from ..nonfinite import NONFINITE_HINT, refuse_nonfinite
from ..results import Column
from .threads import overlapped, processors
from .workspace import Scratch

CPU_PIECE = 1 << 18  # elements of one piece: both sides widened stay in the processor's cache
FLOAT32_PIECE = 1 << 20  # they are not widened: a piece is as long as makes the steps after its sums cheap
GPU_PIECE = 1 << 24
ALIGNED_NUMBERS = 8  # numbers of a score while it is computed: two magnitudes, two scales, three sums and itself

Piece = tuple[slice, ...]


@dataclass(frozen=True)
class AlignedJob:
    """What is compared, along which dims, and how. The inputs are checked by the caller.

    Args:
        a: one side.
        b: what broadcasts with it.
        dims: of the broadcast shape, from the front: those that make a vector.
        metric: what is computed.
        nonfinite: `propagate` gives NaN, anything else refuses rows that are not finite.
        backend: where to compute.
        hint: what to type where rows are not finite.
    """

    a: Vectors
    b: Vectors
    dims: tuple[int, ...]
    metric: Metric
    nonfinite: str
    backend: Backend
    hint: str = NONFINITE_HINT
    scratch: Scratch = field(default_factory=Scratch)

    @property
    def shape(self) -> tuple[int, ...]:
        """What both sides are broadcast to."""
        try:
            return np.broadcast_shapes(self.a.shape, self.b.shape)
        except ValueError:
            what = f"shapes {self.a.shape} and {self.b.shape} do not broadcast"
            hint = "each dim must be equal, or 1 on one side; simtool pairwise compares every row with every row"
            if len(self.a.shape) == len(self.b.shape) == 2 and 1 not in (width := {self.a.shape[1], self.b.shape[1]}):
                hint = hint if len(width) == 1 else checks.TWO_MODELS
            raise ShapeError(what, f"{self.a.name}, {self.b.name}", hint) from None

    @property
    def width(self) -> int:
        """Numbers in a vector."""
        return prod(self.shape[d] for d in self.dims)

    @property
    def kept(self) -> tuple[int, ...]:
        """The other dims, which are those of the scores."""
        return tuple(d for d in range(len(self.shape)) if d not in self.dims)

    @property
    def scores(self) -> int:
        """How many there are."""
        return prod(self.shape[d] for d in self.kept)

    def run(self) -> tuple[Column, int, int]:
        """Return the scores, and how many have on a side a zero vector, and one that is shorter than eps."""
        if prod(self.shape) == 0:
            checks.check_not_empty(self.a if prod(self.a.shape) == 0 else self.b)
        limit = FLOAT32_PIECE if self._float32 else CPU_PIECE if self.backend.device == "cpu" else GPU_PIECE
        # dim 0 first, because files are read by rows; dims of the vector last, so that few pieces are partial
        order = [0, *(d for d in self.kept if d), *(d for d in self.dims if d)]
        first = next(split(self.shape, order, limit))
        pieces = split(self.shape, order, limit)
        scores, zeros, short = np.empty(tuple(self.shape[d] for d in self.kept)), 0, 0
        if any(first[d].stop < self.shape[d] for d in self.dims):
            with quiet():
                scores[...], zeros, short, whole = self._finished(*self._accumulated(list(pieces)))
            self._check(whole)
            return scores, zeros, short
        # numpy computes in one thread, so several pieces at a time; torch has threads of its own
        workers = processors() if self.backend.name == "numpy" else 1
        parts = ((self._target(piece), self._views(piece)) for piece in pieces)
        for target, score, without_direction, shortened, whole in overlapped(self._scored, parts, workers):
            self._check(whole)
            scores[target] = score
            zeros, short = zeros + without_direction, short + shortened
        return scores, zeros, short

    def _check(self, whole: bool) -> None:
        """Refuse scores that are not finite. It reads the inputs, so it runs in the caller's thread."""
        if not whole and self.nonfinite != "propagate":
            refuse_nonfinite(self.a, self.hint)
            refuse_nonfinite(self.b, self.hint)
            raise checks.refuse_overflow(f"{self.a.name}, {self.b.name}")

    def _scored(self, part: tuple[Piece, tuple[Column, Column]]) -> tuple[Piece, Column, int, int, bool]:
        """Return the place of a piece and what `_finished` makes of it."""
        with quiet():
            if self._float32:
                sums = self.metric.float32_sums(*part[1])
                return part[0], *self._finished(sums, (np.ones_like(sums[0]),) * 2)
            x, y = self._put(part[1])
            scales = self._scales(x, y)
            return part[0], *self._finished(self._terms(x, y, scales), scales)

    def _finished(self, sums: tuple[Array, ...], scales: tuple[Array, Array]) -> tuple[Column, int, int, bool]:
        """Return the scores, how many have a zero and a short vector on a side, and whether all are finite."""
        xp = self.backend.xp
        finite = reduce(lambda x, y: x & y, (xp.isfinite(part) for part in sums))
        score = self.metric.finish(sums, scales)
        whole = bool(xp.all(finite & xp.isfinite(score)))
        if not whole:
            score = xp.where(finite, score, xp.full_like(score, float("nan")))
        zeros = short = 0
        if self.metric.zero_score is not None:
            zeros = int(xp.sum(self.metric.undirected(sums), dtype=xp.int64))
            short = int(xp.sum(self.metric.shortened(sums, scales), dtype=xp.int64))
        return self.backend.get(score), zeros, short, whole

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

    @cached_property
    def _float32(self) -> bool:
        """Whether rows are compared as they are read."""
        rows = self.backend.name == "numpy" and self.a.shape == self.b.shape and self.kept == (0,) and self.dims == (1,)
        if not (rows and self.metric.sums_float32 and self.width <= FLOAT32_PIECE):
            return False
        return float32_rows.are_summed(2 * self.scores * self.width, self.a.dtype, self.b.dtype)

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
