"""Every item of A with every item of B, each a set of tokens: the matrix, the best of each item, or the closest."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import groupby

import numpy as np

from ..aggregates.record import AggregateRequest
from ..backend import Backend
from ..engine import (
    Choice,
    Hits,
    Input,
    Listing,
    MatrixTarget,
    Moments,
    PairwiseJob,
    best_of,
    budget_of,
    closest_of_all,
    joined,
)
from ..errors import ParameterError
from ..io.listed_columns import has_ids, source_rows
from ..metrics import metric_of
from ..results import Column, Into, Progress, Result, RowsInto, begin
from .compared_sets import ComparisonInputs
from .token_blocks import ItemTile, Tokens, item_scores, item_tiles


@dataclass(frozen=True)
class ItemPairs:
    """Two lists of items, every one of A against every one of B.

    Args:
        job: the items as the rows of a listing, and which pairs are left out.
        tokens: of both lists.
        totals: whether scores are sums over the tokens of A instead of means, where the aggregate has both.
    """

    job: PairwiseJob
    tokens: tuple[Tokens, Tokens]
    request: AggregateRequest
    totals: bool = False

    @classmethod
    def of(cls, inputs: ComparisonInputs, request: AggregateRequest, eps: float, backend: Backend) -> "ItemPairs":
        """Return all pairs of two lists, in the budget of the running job."""
        a, b = (_as_rows(inputs, side) for side in (0, 1))
        return cls(
            PairwiseJob(a, b, metric_of("cosine", eps=eps), None, False, "float64", backend, budget_of(None)),
            inputs.tokens,
            request,
        )

    def matrix(self, into: Into | None, heat_map: int | None = None, progress: Progress | None = None) -> Result:
        """Return the matrix of scores, NaN where an item has no token."""
        target = MatrixTarget(self.job, into, "float64", heat_map)
        moments: list[Moments] = []
        begin(progress, "matrix", "items")
        for start, block in item_scores(*self.tokens, [self.request], eps=self._eps, backend=self.job.backend):
            scores = self._of_all_tokens(start, block[self.request.name])
            target.take(0, start, scores)
            counted = scores[self._wanted(start, 0, scores)]
            if len(counted):
                moments.append(Moments(len(counted), float(counted.sum()), float(counted.min()), float(counted.max())))
            if progress is not None:
                progress(start + len(scores), len(self.tokens[0]))
        return target.result("float64", moments)

    def select(self, choice: Choice, rows_into: RowsInto | None, progress: Progress | None) -> Result:
        """List chosen pairs; an item without a token is in none."""
        listing = Listing(self.job, choice, rows_into)
        begin(progress, "closest items" if choice.top_k is not None else "close items", "items")
        pool: list[Hits] = []
        for start, tiles in groupby(self._tiles(), key=lambda tile: tile.rows.start):
            stop = start
            for tile in tiles:
                pool = self._best([*pool, self._hits(tile, choice)], choice)
                stop = tile.rows.stop
            if choice.max_pairs is None:
                listing.take(0, _ordered(pool, choice))
                self._check(listing, choice)
                pool = []
            if progress is not None:
                progress(stop, len(self.tokens[0]))
        for hits in pool:
            listing.take(0, hits)
        return replace(listing.result(), parameters={"scan": "float64"})

    @property
    def _eps(self) -> float:
        return float(self.job.metric.parameters["eps"])

    def _tiles(self) -> Iterator[ItemTile]:
        return item_tiles(*self.tokens, [self.request], eps=self._eps, backend=self.job.backend)

    def _of_all_tokens(self, start: int, scores: Column) -> Column:
        """Return the scores of the items from `start` on as sums where these are asked for."""
        counts = self.tokens[0].real[start : start + len(scores)].sum(axis=1)
        return scores * counts[:, None] if self.totals else scores

    def _wanted(self, row: int, column: int, scores: Column) -> Column:
        """Return which scores of a tile are defined, and of pairs that are not left out."""
        wanted: Column = ~np.isnan(scores)
        if self.job.excluded is not None:
            rows, columns = (np.arange(size) for size in scores.shape)
            wanted &= ~self.job.excluded.holds(rows[:, None] + row, columns + column)
        return wanted

    def _hits(self, tile: ItemTile, choice: Choice) -> Hits:
        """Return the pairs of a tile that may be listed."""
        scores = self._of_all_tokens(tile.rows.start, tile.scores[self.request.name])
        wanted = self._wanted(tile.rows.start, tile.columns.start, scores)
        if choice.threshold is not None:
            wanted &= scores >= choice.threshold
        rows, columns = np.nonzero(wanted)
        return rows + tile.rows.start, columns + tile.columns.start, scores[rows, columns]

    def _best(self, parts: list[Hits], choice: Choice) -> list[Hits]:
        """Return what may still be listed of the hits so far: all up to a threshold, else the best, as one part."""
        if choice.top_k is None and choice.max_pairs is None:
            return parts
        rows, columns, scores = joined(parts)
        if choice.top_k is not None:
            kept = best_of(rows, columns, scores, choice.top_k, larger_is_closer=True)
        else:
            kept = closest_of_all(rows, columns, scores, choice.max_pairs or 0, larger_is_closer=True)
        return [(rows[kept], columns[kept], scores[kept])]

    def _check(self, listing: Listing, choice: Choice) -> None:
        if choice.top_k is None and listing.moments.count > choice.max_results:
            what = f"more than {choice.max_results:,} pairs reach {choice.threshold:g}"
            raise ParameterError(what, "«threshold»", "a threshold that fewer reach, or a larger «max_results»")


def _as_rows(inputs: ComparisonInputs, side: int) -> Input:
    """Return the items of a side as the rows of a listing."""
    count, items = inputs.shapes[side][0], inputs.ragged[side] or inputs.sides[side].vectors
    numbers, none = np.arange(count), np.zeros(count, dtype=bool)
    return replace(
        inputs.sides[side],
        rows=np.empty((count, 0)),
        ids=inputs.item_ids(side),
        numbers=numbers,
        places=source_rows(items, numbers),
        named=has_ids(items),
        zero=none,
        missing=none,
    )


def _ordered(parts: list[Hits], choice: Choice) -> Hits:
    """Return the hits of whole rows in the order of a listing."""
    rows, columns, scores = joined(parts)
    if choice.top_k is not None:
        return rows, columns, scores
    order = np.lexsort((columns, rows))
    return rows[order], columns[order], scores[order]
