"""Every item of A with every item of B: scores of sets of tokens, many sets in one product."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np

from ..backend import Backend, quiet
from ..engine.kernels import Kernel
from ..errors import ResourceError
from ..metrics import needs_scale, score_rows
from ..results import Column
from .measures import Request
from .moments import scale_of

STRIPE = 2048  # tokens of each side in a product
LARGEST = 1 << 24  # pairs of tokens of two items
KEPT = 1 << 25  # numbers of B that are prepared once and stay
IN_BLOCKS = ("mean", "centroid", "argmax", "max", "maxsim", "top-k-mean")
OF_MATCHES = ("argmax", "max", "maxsim", "top-k-mean")


@dataclass(frozen=True)
class Tokens:
    """The items of one side.

    Args:
        rows: (items, tokens, d) finite rows, perhaps a view of a file.
        real: (items, tokens) which are no padding.
        weights: (items, tokens) at least 0, or None where every token counts the same.
    """

    rows: Column
    real: Column
    weights: Column | None = None

    @cached_property
    def empty(self) -> Column:
        """(items,) which are all padding."""
        return np.logical_not(np.asarray(self.real.any(axis=1)))

    @cached_property
    def share(self) -> Column:
        """(items, tokens) what each token counts, 0 for padding; of an item without any, NaN."""
        weights = self.real.astype(np.float64) if self.weights is None else np.where(self.real, self.weights, 0.0)
        largest = weights.max(axis=1, keepdims=True)
        with quiet():
            weights = weights / largest  # their sum cannot overflow now
            share: Column = weights / weights.sum(axis=1, keepdims=True)
        return share

    def of(self, item: int) -> tuple[Column, Column | None]:
        """Return the tokens of an item without padding, and their weights."""
        mask = self.real[item]
        return self.rows[item][mask], None if self.weights is None else self.weights[item][mask]


class _Block(NamedTuple):
    """Some items of one side: (items * tokens, d) unit rows, and their (items, d) means by name of the aggregate."""

    start: int
    stop: int
    unit: Column
    means: dict[str, Column]


def item_scores(
    a: Tokens, b: Tokens, requests: Sequence[Request], *, eps: float, backend: Backend
) -> Iterator[tuple[int, dict[str, Column]]]:
    """Yield, stripe by stripe, the number of the first item of A and the scores of the stripe with every item of B.

    Args:
        a: the items of one side.
        b: those of the other; there may be more or fewer of them.
        requests: aggregates of `IN_BLOCKS`.
        eps: the least norm that a cosine divides by.
        backend: where the products are computed, in float64.

    Yields:
        (rows, items of b) scores by name; NaN where an item has no token.

    Raises:
        ResourceError: two items have more pairs of tokens than fit in one product.
    """
    pairs = a.rows.shape[1] * b.rows.shape[1]
    if pairs > LARGEST:
        what = f"two items have {a.rows.shape[1]:,} x {b.rows.shape[1]:,} pairs of tokens, {LARGEST:,} fit"
        raise ResourceError(what, "A, B", "shorten the items")
    kernel = Kernel("cosine", "float64", needs_scale(a.rows.dtype) or needs_scale(b.rows.dtype), backend, eps)
    kept = list(_blocks(b, requests, kernel)) if b.rows.size <= KEPT else None
    for block in _blocks(a, requests, kernel):
        parts = [_scores(a, b, block, other, requests, kernel) for other in kept or _blocks(b, requests, kernel)]
        yield block.start, {name: np.concatenate([part[name] for part in parts], axis=1) for name in parts[0]}


def _blocks(side: Tokens, requests: Sequence[Request], kernel: Kernel) -> Iterator[_Block]:
    items, tokens, d = side.rows.shape
    step = max(1, STRIPE // tokens)
    for start in range(0, items, step):
        stop = min(start + step, items)
        rows = np.asarray(side.rows[start:stop]).reshape(-1, d)
        unit = kernel.prepare(rows).rows
        means = {}
        for request in requests:
            if request.name in ("mean", "centroid"):
                scale = 1.0 if _of_units(request) else scale_of(rows)
                own = kernel.backend.get(unit) if _of_units(request) else rows.astype(np.float64) / scale
                mean = np.einsum("it,itd->id", side.share[start:stop], own.reshape(-1, tokens, d))
                means[request.name] = mean * scale
        yield _Block(start, stop, unit, means)


def _of_units(request: Request) -> bool:
    return request.name == "mean" or bool(request.parameters.get("unit"))


def _scores(
    a: Tokens, b: Tokens, block: _Block, other: _Block, requests: Sequence[Request], kernel: Kernel
) -> dict[str, Column]:
    """Return the (items, items) scores of two blocks."""
    found: dict[str, Column] = {}
    with quiet():
        if any(request.name in OF_MATCHES for request in requests):
            found = _matched(a, b, block, other, requests, kernel)
        for request in requests:
            if request.name == "mean":
                found["mean"] = np.clip(block.means["mean"] @ other.means["mean"].T, -1.0, 1.0)
            if request.name == "centroid":
                x, y = block.means["centroid"], other.means["centroid"]
                found["centroid"] = np.stack([score_rows("cosine", row[None], y, eps=kernel.eps) for row in x])
    empty = a.empty[block.start : block.stop, None] | b.empty[None, other.start : other.stop]
    return {name: np.where(empty, np.nan, scores) for name, scores in found.items()}


def _matched(
    a: Tokens, b: Tokens, block: _Block, other: _Block, requests: Sequence[Request], kernel: Kernel
) -> dict[str, Column]:
    own, across = slice(block.start, block.stop), slice(other.start, other.stop)
    shape = (block.stop - block.start, a.rows.shape[1], other.stop - other.start, b.rows.shape[1])
    backend, real = kernel.backend, a.real[own]
    scores = np.clip(backend.get(backend.product(block.unit, other.unit)), -1.0, 1.0).reshape(shape)
    if not b.real[across].all():
        scores[:, :, ~b.real[across]] = -np.inf
    forward = scores.max(axis=3)  # (items, tokens, items)
    names = {request.name: request for request in requests}
    found: dict[str, Column] = {}
    if "max" in names:
        found["max"] = np.where(real[:, :, None], forward, -np.inf).max(axis=1)
    precision = np.einsum("it,itj->ij", a.share[own], forward)
    if "maxsim" in names:
        found["maxsim"] = precision
    if "top-k-mean" in names:
        means = _top_mean(scores, b.real[across].sum(axis=1), names["top-k-mean"].parameters["k"])
        found["top-k-mean"] = np.einsum("it,itj->ij", a.share[own], means)
    if "argmax" in names:
        if not real.all():
            scores[~real] = -np.inf
        backward = np.where(b.real[across][None], scores.max(axis=1), 0.0)
        recall = np.einsum("ijt,jt->ij", backward, b.share[across])
        positive = (precision > 0) & (recall > 0)
        found["argmax"] = np.where(positive, 2 * precision * recall / np.where(positive, precision + recall, 1.0), 0.0)
    return found


def _top_mean(scores: Column, counts: Column, k: int) -> Column:
    """Return (items, tokens, items) the mean of the k best tokens of each item, of all where it has fewer."""
    width = scores.shape[3]
    best = np.sort(scores, axis=3)[..., width - min(k, width) :]
    total = np.where(np.isfinite(best), best, 0.0).sum(axis=3)
    return np.asarray(total / np.minimum(counts, k)[None, None, :])
