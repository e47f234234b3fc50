"""Every item of A with every item of B: scores of sets of tokens, many sets in one product."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import groupby
from typing import NamedTuple

import numpy as np

from ..aggregates.moments import scale_of
from ..aggregates.weights import harmonic_mean
from ..backend import Array, Backend, quiet
from ..engine.budget import budget_of
from ..engine.kernels import Kernel
from ..engine.plan import Span
from ..errors import ResourceError
from ..metrics.aligned import needs_scale, score_rows
from ..results import Column
from .measures import Request

QUERY_BLOCK = 2048  # tokens of each side in a product
LARGEST = 1 << 24  # pairs of tokens of two items
PAIR_BYTES = 24  # of a pair of tokens in a tile: its score, a copy, and what is made of them
KEPT = 1 << 25  # numbers of B that are prepared once and stay
IN_BLOCKS = ("mean", "centroid", "argmax", "max", "maxsim", "top-k-mean")
OF_MATCHES = ("argmax", "max", "maxsim", "top-k-mean")


@dataclass(frozen=True)
class Tokens:
    """The items of one side.

    Args:
        rows: (items, tokens, d) finite rows, perhaps a view of a file; or (total, d) with `offsets`.
        real: (items, tokens of the longest) which are no padding.
        weights: (items, tokens of the longest) at least 0, or None where every token counts the same.
        offsets: (items + 1,) the first row of each item, where items have different numbers of them.
    """

    rows: Column
    real: Column
    weights: Column | None = None
    offsets: Column | None = None

    def __len__(self) -> int:
        return len(self.real)

    @property
    def longest(self) -> int:
        """How many tokens the longest item has, with padding."""
        return int(self.real.shape[1])

    @cached_property
    def empty(self) -> Column:
        """(items,) which are all padding."""
        return np.logical_not(np.asarray(self.real.any(axis=1)))

    def of(self, item: int) -> tuple[Column, Column | None]:
        """Return the tokens of an item without padding, and their weights."""
        mask = self.real[item]
        return self.at(item, mask), None if self.weights is None else self.weights[item][mask]

    def at(self, item: int, mask: Column) -> Column:
        """Return some of the tokens of an item, none of them padding."""
        if self.offsets is None:
            chosen: Column = self.rows[item][mask]
            return chosen
        first, stop = self.offsets[item : item + 2]
        return np.asarray(self.rows[first:stop][mask[: stop - first]])

    def spans(self, most: int) -> Iterator[Span]:
        """Yield ranges of items that have at most `most` tokens when all are as long as the longest of the range."""
        if self.offsets is None:
            step = max(1, most // self.longest)
            for start in range(0, len(self), step):
                yield Span(start, min(start + step, len(self)))
            return
        start, longest = 0, 0
        for item, length in enumerate(np.diff(self.offsets).tolist()):
            longest = max(longest, length)
            if item > start and (item + 1 - start) * longest > most:
                yield Span(start, item)
                start, longest = item, length
        yield Span(start, len(self))

    def padded(self, span: Span) -> Column:
        """Return (items, tokens, d) the rows of a range of items, each as long as the longest of them."""
        if self.offsets is None:
            return np.asarray(self.rows[span.start : span.stop])
        offsets = self.offsets[span.start : span.stop + 1]
        lengths = np.diff(offsets)
        rows = np.zeros((len(span), max(1, int(lengths.max())), self.rows.shape[1]), self.rows.dtype)
        rows[np.arange(rows.shape[1]) < lengths[:, None]] = self.rows[
            self.offsets[span.start] : self.offsets[span.stop]
        ]
        return rows

    def share(self, span: Span, tokens: int) -> Column:
        """Return (items, tokens) what each token counts, 0 for padding; of an item without any, NaN."""
        own = (slice(span.start, span.stop), slice(tokens))
        real = self.real[own]
        weights = real.astype(np.float64) if self.weights is None else np.where(real, self.weights[own], 0.0)
        largest = weights.max(axis=1, keepdims=True)
        with quiet():
            weights = weights / largest  # their sum cannot overflow now
            share: Column = weights / weights.sum(axis=1, keepdims=True)
        return share


class _Block(NamedTuple):
    """Some items of one side.

    Args:
        span: which.
        unit: (items * tokens, d) unit rows.
        real: (items, tokens) which are no padding.
        share: (items, tokens) what each token counts.
        means: (items, d) by name of the aggregate.
    """

    span: Span
    unit: Array
    real: Column
    share: Column
    means: dict[str, Column]


class ItemTile(NamedTuple):
    """Scores of some items of A with some of B.

    Args:
        rows: which of A.
        columns: which of B.
        scores: name -> (rows, columns) scores; NaN where an item has no token.
    """

    rows: Span
    columns: Span
    scores: dict[str, Column]


def item_scores(
    a: Tokens, b: Tokens, requests: Sequence[Request], *, eps: float, backend: Backend
) -> Iterator[tuple[int, dict[str, Column]]]:
    """Yield, block by block, the number of the first item of A and the scores of the block with every item of B.

    It takes what `item_tiles` takes, and holds whole rows of the scores.
    """
    tiles = item_tiles(a, b, requests, eps=eps, backend=backend)
    for start, query_block in groupby(tiles, key=lambda tile: tile.rows.start):
        parts = [tile.scores for tile in query_block]
        yield start, {name: np.concatenate([part[name] for part in parts], axis=1) for name in parts[0]}


def item_tiles(
    a: Tokens, b: Tokens, requests: Sequence[Request], *, eps: float, backend: Backend
) -> Iterator[ItemTile]:
    """Yield the scores of every item of A with every item of B, tile by tile, the rows of a tile in order.

    Args:
        a: the items of one side.
        b: those of the other; there may be more or fewer of them.
        requests: aggregates of `IN_BLOCKS`.
        eps: the least norm that a cosine divides by.
        backend: where the products are computed, in float64.

    Raises:
        ResourceError: two items have more pairs of tokens than fit in one product, or in memory.
    """
    pairs = a.longest * b.longest
    if pairs > LARGEST:
        what = f"two items have {a.longest:,} x {b.longest:,} pairs of tokens, {LARGEST:,} fit"
        raise ResourceError(what, "A, B", "shorten the items")
    budget = budget_of(None)
    if pairs > QUERY_BLOCK * QUERY_BLOCK:  # smaller tiles are part of what any job needs
        budget.check(pairs * PAIR_BYTES, f"a tile of {a.longest:,} x {b.longest:,} tokens", "shorten the items")
    kernel = Kernel("cosine", "float64", needs_scale(a.rows.dtype) or needs_scale(b.rows.dtype), backend, eps)
    kept = list(_blocks(b, requests, kernel)) if b.rows.size <= min(KEPT, budget.left // 32) else None
    for block in _blocks(a, requests, kernel):
        for other in kept or _blocks(b, requests, kernel):
            yield ItemTile(block.span, other.span, _scores(block, other, requests, kernel))


def _blocks(side: Tokens, requests: Sequence[Request], kernel: Kernel) -> Iterator[_Block]:
    for span in side.spans(QUERY_BLOCK):
        padded = side.padded(span)
        tokens = padded.shape[1]
        rows = padded.reshape(-1, padded.shape[2])
        unit, share = kernel.prepare(rows).rows, side.share(span, tokens)
        means = {}
        for request in requests:
            if request.name in ("mean", "centroid"):
                scale = 1.0 if _of_units(request) else scale_of(rows)
                own = kernel.backend.get(unit) if _of_units(request) else rows.astype(np.float64) / scale
                mean = np.einsum("it,itd->id", share, own.reshape(padded.shape))
                means[request.name] = mean * scale
        yield _Block(span, unit, side.real[span.start : span.stop, :tokens], share, means)


def _of_units(request: Request) -> bool:
    return request.name == "mean" or bool(request.parameters.get("unit"))


def _scores(block: _Block, other: _Block, requests: Sequence[Request], kernel: Kernel) -> dict[str, Column]:
    """Return the (items, items) scores of two blocks."""
    found: dict[str, Column] = {}
    with quiet():
        if any(request.name in OF_MATCHES for request in requests):
            found = _matched(block, other, requests, kernel)
        for request in requests:
            if request.name == "mean":
                found["mean"] = np.clip(block.means["mean"] @ other.means["mean"].T, -1.0, 1.0)
            if request.name == "centroid":
                x, y = block.means["centroid"], other.means["centroid"]
                found["centroid"] = np.stack([score_rows("cosine", row[None], y, eps=kernel.eps) for row in x])
    some = [np.asarray(side.real.any(axis=1)) for side in (block, other)]
    defined = some[0][:, None] & some[1][None, :]
    return {name: np.where(defined, scores, np.nan) for name, scores in found.items()}


def _matched(block: _Block, other: _Block, requests: Sequence[Request], kernel: Kernel) -> dict[str, Column]:
    backend, real = kernel.backend, block.real
    scores = np.clip(backend.get(backend.product(block.unit, other.unit)), -1.0, 1.0)
    scores = scores.reshape(*real.shape, *other.real.shape)
    if not other.real.all():
        scores[:, :, ~other.real] = -np.inf
    forward = scores.max(axis=3)  # (items, tokens, items)
    names = {request.name: request for request in requests}
    found: dict[str, Column] = {}
    if "max" in names:
        found["max"] = np.where(real[:, :, None], forward, -np.inf).max(axis=1)
    counts = block.share > 0
    precision = _within(np.einsum("it,itj->ij", block.share, forward), forward, counts[:, :, None], 1)
    if "maxsim" in names:
        found["maxsim"] = precision
    if "top-k-mean" in names:
        means = _top_mean(scores, other.real.sum(axis=1), names["top-k-mean"].parameters["k"])
        found["top-k-mean"] = _within(np.einsum("it,itj->ij", block.share, means), means, counts[:, :, None], 1)
    if "argmax" in names:
        if not real.all():
            scores[~real] = -np.inf
        backward = np.where(other.real[None], scores.max(axis=1), 0.0)
        recall = np.einsum("ijt,jt->ij", backward, other.share)
        recall = _within(recall, backward, (other.share > 0)[None], 2)
        found["argmax"] = harmonic_mean(precision, recall)
    return found


def _within(means: Column, values: Column, counts: Column, axis: int) -> Column:
    """Return means of the values that count along an axis within their extremes, which rounded sums may leave."""
    low, high = (np.where(counts, values, end) for end in (np.inf, -np.inf))
    return np.asarray(np.clip(means, low.min(axis=axis), high.max(axis=axis)))


def _top_mean(scores: Column, counts: Column, k: int) -> Column:
    """Return (items, tokens, items) the mean of the k best tokens of each item, of all where it has fewer."""
    width = scores.shape[3]
    best = np.sort(scores, axis=3)[..., width - min(k, width) :]
    total = np.where(np.isfinite(best), best, 0.0).sum(axis=3)
    return np.asarray(total / np.minimum(counts, k)[None, None, :])
