"""The batches of an epoch, drawn anew from the seed and the number of the epoch: no state to keep."""

from collections.abc import Iterator

import numpy as np

from ..results import Column


def shuffled(rows: int, size: int, seed: int, epoch: int) -> Iterator[Column]:
    """Yield all rows in a random order, `size` at a time; the last batch may be smaller.

    Example:
        >>> [len(batch) for batch in shuffled(5, 2, seed=0, epoch=1)]
        [2, 2, 1]
    """
    order = np.random.default_rng([seed, epoch]).permutation(rows)
    for start in range(0, rows, size):
        yield order[start : start + size]


def balanced(codes: Column, size: int, each: int, seed: int, epoch: int) -> Iterator[Column]:
    """Yield batches with as many rows of every class that is in them.

    Each batch draws its classes evenly, and from each class `each` rows, a row twice only where the class has fewer.
    An epoch has as many batches as it takes to draw as many rows as there are.

    Example:
        >>> [np.bincount(batch // 4).tolist() for batch in balanced(np.repeat([0, 1], 4), 4, 2, seed=0, epoch=1)]
        [[2, 2], [2, 2]]
    """
    generator = np.random.default_rng([seed, epoch])
    order = np.argsort(codes, kind="stable")
    members = [
        part for part in np.split(order, np.flatnonzero(np.diff(codes[order])) + 1) if len(part) > 1
    ]  # a row alone has no positive
    drawn = max(1, min(len(members), size // each))
    for _ in range(max(1, -(-len(codes) // (drawn * each)))):
        chosen = generator.permutation(len(members))[:drawn].tolist()
        yield np.concatenate([generator.choice(members[c], each, replace=len(members[c]) < each) for c in chosen])
