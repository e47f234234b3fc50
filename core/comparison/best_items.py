"""The best match of every item among those of the other list, both ways, and one percentage of them all."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from ..aggregates.record import AggregateRequest
from ..aggregates.weights import harmonic_mean, mean_of
from ..errors import ParameterError, ResourceError, SimtoolError
from ..results import Column, begin
from ..statistics.bootstrap import Bounds, defined_means, drawn_counts, interval
from .requests import names_with
from .token_blocks import item_tiles
from .token_sets import MOST_PAIRS, Items

PARTS = ("precision", "recall", "f1")  # as argmax has them over rows
DIRECTIONS = ("a to b", "b to a")
ALIGNED = "«items» aligned compares item i with item i of as many"


@dataclass
class BestMatches:
    """The best match of each item of both lists under one aggregate.

    Args:
        shape: items of A, items of B.
        neighbours: per direction, (items,) the closest item of the other list, of equally close ones the first.
        scores: per direction, (items,) their scores; -inf where there is none.
    """

    shape: tuple[int, int]
    neighbours: list[Column] = field(init=False)
    scores: list[Column] = field(init=False)

    def __post_init__(self) -> None:
        self.neighbours = [np.zeros(count, dtype=np.int64) for count in self.shape]
        self.scores = [np.full(count, -np.inf) for count in self.shape]

    def take(self, row: int, column: int, scores: Column) -> None:
        """Take (rows, columns) scores of the items from `row` and `column` on; tiles come in order."""
        known = np.where(np.isnan(scores), -np.inf, scores)
        for side, (first, other, own) in enumerate(((row, column, known), (column, row, known.T))):
            part = slice(first, first + len(own))
            places = own.argmax(axis=1)
            best = own[np.arange(len(own)), places]
            better = best > self.scores[side][part]
            self.scores[side][part] = np.where(better, best, self.scores[side][part])
            self.neighbours[side][part] = np.where(better, places + other, self.neighbours[side][part])

    def means(self) -> tuple[float, float, float]:
        """Return precision, recall and F1 over the items that have a score; NaN where none has."""
        defined = [scores[np.isfinite(scores)] for scores in self.scores]
        precision, recall = (mean_of(scores, None) if len(scores) else np.nan for scores in defined)
        return precision, recall, float(harmonic_mean(np.asarray(precision), np.asarray(recall)))

    def bounds(self, name: str, draws: int, seed: int) -> Bounds:
        """Return the 95 % intervals of F1, precision and recall when the items of both lists are drawn again."""
        generator = np.random.default_rng(seed)
        means = []
        for scores in self.scores:
            counts = drawn_counts(len(scores), draws, generator)
            means.append(defined_means(counts, np.where(np.isfinite(scores), scores, np.nan)))
        f1 = harmonic_mean(*means)
        found: Bounds = {}
        for key, values in zip(best_keys(name), (f1, *means, f1), strict=True):
            found |= interval(key, values)
        return found


def best_keys(name: str) -> tuple[str, ...]:
    """Return the summary keys of an aggregate under best matches of items, its score first."""
    return (name, *(f"{name}.{part}" for part in PARTS))


def unfit_for_best(request: AggregateRequest, n: int, m: int) -> SimtoolError | None:
    """Return why n items and m items have no best matches under an aggregate, if so."""
    where = f"«aggregates» {request.name}"
    if not request.entry.larger_is_closer:
        return ParameterError(f"{request.name} is a distance: items are matched by a similarity", where, ALIGNED)
    if request.record.same_items:
        what = f"{request.name} compares token i with token i: items are matched by scores of sets of tokens"
        return ParameterError(what, where, ALIGNED)
    if request.record.in_blocks is None and n * m > MOST_PAIRS:
        what = f"{request.name} takes two items at a time: {n:,} x {m:,} items are too many, {MOST_PAIRS:,} pairs fit"
        return ResourceError(what, where, f"one of {', '.join(names_with('in_blocks'))} takes many at once")
    return None


def best_matches_of_items(items: Items) -> tuple[dict[str, BestMatches], dict[str, SimtoolError]]:
    """Return the best matches by aggregate, and why an aggregate has a score for no two items."""
    shape = len(items.a), len(items.b)
    found = {request.name: BestMatches(shape) for request in items.requests}
    blocks, singles = items.by_form()
    done = 0
    if blocks:
        begin(items.progress, "best matches of items", "pairs of items")
    for tile in item_tiles(items.a, items.b, blocks, eps=items.eps, backend=items.backend) if blocks else ():
        for name, scores in tile.scores.items():
            found[name].take(tile.rows.start, tile.columns.start, scores)
        done += len(tile.rows) * len(tile.columns)
        if items.progress is not None:
            items.progress(done, shape[0] * shape[1])
    failed: dict[str, SimtoolError] = {}
    if singles:
        measured = items.one_by_one(singles)
        for name, scores in measured.values.items():
            found[name].take(0, 0, scores)
        failed = {
            name: errors[0][1] for name, errors in measured.failures.items() if np.isnan(measured.values[name]).all()
        }
    return found, failed


def best_rows(found: dict[str, BestMatches], ids: Sequence[Column]) -> dict[str, Column]:
    """List the items of A and then those of B, each with its best match and their score under every aggregate."""
    if len({side.dtype.kind for side in ids}) > 1:  # numbers on one side, names on the other
        ids = [np.asarray(list(map(str, side.tolist())), dtype=object) for side in ids]
    columns: dict[str, Column] = {
        "direction": np.repeat(np.asarray(DIRECTIONS, dtype=object), [len(side) for side in ids]),
        "item": np.concatenate(ids),
    }
    for name, matches in found.items():
        scores = np.concatenate(matches.scores)
        others = zip(ids[::-1], matches.neighbours, strict=True)
        neighbours = np.concatenate([side.astype(object)[numbers] for side, numbers in others])
        neighbours[np.isinf(scores)] = None
        columns["match" if len(found) == 1 else f"{name}.match"] = neighbours
        columns[name] = np.where(np.isinf(scores), np.nan, scores)
    return columns
