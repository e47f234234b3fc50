"""Every item of A with every item of B: scores of sets of tokens, many sets in one product."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import groupby
from typing import NamedTuple

import numpy as np

from ..aggregates.record import AggregateRequest, BlockForm
from ..aggregates.token_blocks import TokenBlock, TokenTile
from ..backend import Backend, quiet
from ..engine import Kernel, Span, budget_of
from ..errors import ResourceError
from ..metrics import needs_scale
from ..results import Column

QUERY_BLOCK = 2048  # tokens of each side in a product
LARGEST = 1 << 24  # pairs of tokens of two items
PAIR_BYTES = 24  # of a pair of tokens in a tile: its score, a copy, and what is made of them
KEPT = 1 << 25  # numbers of B that are prepared once and stay


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
    a: Tokens, b: Tokens, requests: Sequence[AggregateRequest], *, eps: float, backend: Backend
) -> Iterator[tuple[int, dict[str, Column]]]:
    """Yield, block by block, the number of the first item of A and the scores of the block with every item of B.

    It takes what `item_tiles` takes, and holds whole rows of the scores.
    """
    tiles = item_tiles(a, b, requests, eps=eps, backend=backend)
    for start, query_block in groupby(tiles, key=lambda tile: tile.rows.start):
        parts = [tile.scores for tile in query_block]
        yield start, {name: np.concatenate([part[name] for part in parts], axis=1) for name in parts[0]}


def item_tiles(
    a: Tokens, b: Tokens, requests: Sequence[AggregateRequest], *, eps: float, backend: Backend
) -> Iterator[ItemTile]:
    """Yield the scores of every item of A with every item of B, tile by tile, the rows of a tile in order.

    Args:
        a: the items of one side.
        b: those of the other; there may be more or fewer of them.
        requests: aggregates that have a form for blocks.
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
            yield ItemTile(block.span, other.span, _scores(TokenTile(block, other), requests))


def _blocks(side: Tokens, requests: Sequence[AggregateRequest], kernel: Kernel) -> Iterator[TokenBlock]:
    for span in side.spans(QUERY_BLOCK):
        padded = side.padded(span)
        tokens = padded.shape[1]
        unit = kernel.prepare(padded.reshape(-1, padded.shape[2])).rows
        real = side.real[span.start : span.stop, :tokens]
        block = TokenBlock(span, padded, unit, real, side.share(span, tokens), kernel)
        for request in requests:
            prepare = _form(request).prepare
            if prepare is not None:
                block.prepared[request.name] = prepare(block, request.parameters)
        yield block


def _form(request: AggregateRequest) -> BlockForm:
    form = request.record.in_blocks
    assert form is not None
    return form


def _scores(tile: TokenTile, requests: Sequence[AggregateRequest]) -> dict[str, Column]:
    """Return the (items, items) scores of two blocks."""
    with quiet():
        found = {request.name: _form(request).scores(tile, request) for request in requests}
    some = [np.asarray(side.real.any(axis=1)) for side in (tile.block, tile.other)]
    defined = some[0][:, None] & some[1][None, :]
    return {name: np.where(defined, scores, np.nan) for name, scores in found.items()}
