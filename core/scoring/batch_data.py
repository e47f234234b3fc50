"""What batches are cut from, how they are cut, and how one is laid out for its losses."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Self

import numpy as np

from ..backend import Array, Backend
from ..results import Column
from .batch_scores import WholeRows
from .distances import distance_of
from .histogram import Bins, bins_of
from .sorted_batch import SortedBatch, sorted_batch

SORTED = 1 << 22  # scores of a batch from which on it pays to sort it by class


@dataclass(frozen=True)
class BatchData:
    """What the batches are cut from; checked by the caller.

    Args:
        sides: (n, d) host rows per input: one set, or two views.
        classes: (n,) numbers of the classes; None for views.
        weights: (classes, d) rows of a classifier, which every batch has whole; else None.
        batches: the rows of each batch.
        eps: the least norm that a cosine divides by.
        backend: where to compute.
    """

    sides: tuple[Column, ...]
    classes: Column | None
    weights: Column | None
    batches: Sequence[Column]
    eps: float
    backend: Backend

    @property
    def rows(self) -> int:
        """n."""
        return len(self.sides[0])

    def bins(self, metric: str) -> Bins:
        """Return the bins of a histogram of all scores of the rows."""
        distance = distance_of(metric)
        others = self.sides[-1] if self.weights is None else self.weights
        low, high = (0.0, 0.0) if distance.bounds is None else distance.bounds(self.sides[0], others)
        return bins_of(distance, low, high)

    def turned(self) -> Self:
        """Return the views the other way round."""
        return replace(self, sides=self.sides[::-1])


def cut(rows: int, size: int | None, *, shuffle: bool, seed: int) -> list[Column]:
    """Return the rows of each batch: all in one, or `size` at a time, in order or shuffled; the last may be smaller."""
    order = np.random.default_rng(seed).permutation(rows) if shuffle else np.arange(rows)
    step = rows if size is None else size
    return [order[start : start + step] for start in range(0, rows, step)]


def first_two(classes: Column) -> tuple[Column, Column]:
    """Return the numbers of the first and of the second row of every class that has two."""
    order = np.argsort(classes, kind="stable")
    starts = np.flatnonzero(np.diff(classes[order], prepend=-1))
    second = starts + 1
    has_two = (second < len(order)) & (classes[order[np.minimum(second, len(order) - 1)]] == classes[order[starts]])
    return order[starts[has_two]], order[second[has_two]]


def positive_pairs(data: BatchData) -> int:
    """Return how many positive pairs the batches have, as most items of a loss of pairs there may be."""
    counts = [] if data.classes is None else [np.bincount(data.classes[rows]) for rows in data.batches]
    return sum(int(np.vecdot(each, each - 1)) for each in counts)


def pays_sorting(data: BatchData, rows: Column) -> bool:
    """Tell whether a batch is computed in the order of its classes: not a small one, and not beside a classifier."""
    return data.backend.name == "numpy" and data.weights is None and len(rows) ** 2 >= SORTED


def class_order(data: BatchData, rows: Column, metrics: tuple[str, ...]) -> SortedBatch:
    """Return the rows of a batch in the order of their classes."""
    classes = None if data.classes is None else data.classes[rows]
    return sorted_batch(put(data, rows), classes, metrics, data.eps, data.backend)


def put(data: BatchData, rows: Column) -> list[Array]:
    """Return the rows of a batch per input, in float64 on the backend; the weights of a classifier last."""
    inputs = [*(side[rows] for side in data.sides), *([] if data.weights is None else [data.weights])]
    return [data.backend.put(part, data.backend.xp.float64) for part in inputs]


def whole_rows(inputs: list[Array], data: BatchData, rows: Column, metrics: tuple[str, ...]) -> WholeRows:
    """Return what `put` returned as anchors with what they are compared with; in torch perhaps with gradients."""
    backend = data.backend
    numbers = backend.put(np.arange(len(rows)) if data.classes is None else data.classes[rows])
    classes, partners = (None, numbers) if len(inputs) > 1 else (numbers, None)
    return WholeRows(inputs[0], inputs[-1], classes, partners, metrics, data.eps, backend)
