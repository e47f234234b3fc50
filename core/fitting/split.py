"""Which examples are held out, so that they share no vector and no id with the others.

Examples that share a vector (equal numbers, on whichever side) or an id hang together. Held out are whole groups of
examples that hang together, drawn at random. Only where one group is larger than all that is to be held out is it
cut, around one of its vectors outwards; the examples that lie across the cut are used for nothing.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ..checks import plural
from ..errors import DataError
from ..results import Column


@dataclass(frozen=True)
class Split:
    """Numbers of the examples, ascending.

    Args:
        train: what trains the head.
        held_out: what evaluates it.
        dropped: what lies across the cut.
    """

    train: Column
    held_out: Column
    dropped: Column


def vector_nodes(sides: Sequence[Column], ids: Column | None) -> Column:
    """Return what every example touches, as numbers: its vector on each side, and its id.

    Returns:
        (n, k) int64.

    Example:
        >>> vector_nodes([np.asarray([[1.0], [2.0]]), np.asarray([[2.0], [3.0]])], None).tolist()
        [[0, 1], [1, 2]]
    """
    n = len(sides[0])
    stacked = np.concatenate([np.ascontiguousarray(side) + 0.0 for side in sides])  # + 0.0: -0 and 0 are equal
    found = _first_places(stacked).reshape(len(sides), n).T
    if ids is None:
        return found
    codes = np.unique(np.asarray(ids).astype(str), return_inverse=True)[1]
    return np.column_stack([found, len(np.unique(found)) + codes])


def split(nodes: Column, share: float, seed: int, *, most: int | None = None, where: str = "") -> Split:
    """Hold out a share of the examples so that nothing that they touch is touched by the others.

    Args:
        nodes: (n, k) what each example touches, as `vector_nodes` gives it.
        share: of the examples, above 0 and below 1.
        seed: of the draw.
        most: how many to hold out at most.
        where: the input, for messages.

    Raises:
        DataError: too few examples, or they all hang together so tightly that nothing is left on one side.

    Example:
        >>> split(np.asarray([[0], [1], [1], [2]]), 0.5, seed=0)
        Split(train=array([1, 2]), held_out=array([0, 3]), dropped=array([], dtype=int64))
    """
    n = len(nodes)
    wanted = max(1, round(share * n)) if most is None else min(most, max(1, round(share * n)))
    groups = components(nodes)
    sizes = np.bincount(groups)
    order = np.random.default_rng(seed).permutation(len(sizes))
    # a group that cannot be held out whole comes last, so that it is cut only where the others do not suffice
    order = np.concatenate([order[sizes[order] <= wanted], order[sizes[order] > wanted]])
    ends = np.cumsum(sizes[order])
    last = int(np.searchsorted(ends, wanted))
    before = int(ends[last - 1]) if last else 0
    if sizes[order[last]] <= wanted or before >= wanted / 2:
        # whole groups, as near to what is wanted as they come
        whole = last + 1 if ends[last] - wanted <= wanted - before else last
        held = np.isin(groups, order[: max(1, whole)])
        dropped = np.zeros(n, dtype=bool)
    else:
        held, dropped = _cut(nodes, groups, order[: last + 1], wanted, seed)
    found = Split(*(np.flatnonzero(part) for part in (~held & ~dropped, held, dropped)))
    if not len(found.train) or not len(found.held_out):
        raise _impossible(n, len(sizes), where)
    return found


def components(nodes: Column) -> Column:
    """Return the number of the group of each example: examples that touch the same node, directly or over others.

    Args:
        nodes: (n, k) numbers from 0.

    Returns:
        (n,) int64 from 0, in the order of their first examples.

    Example:
        >>> components(np.asarray([[0, 1], [2, 3], [1, 4]])).tolist()
        [0, 1, 0]
    """
    label = np.arange(int(nodes.max()) + 1)
    while True:
        least = label[nodes].min(axis=1)
        lower = label.copy()
        for column in nodes.T:
            np.minimum.at(lower, label[column], least)  # the root of each node learns of the lower one
        lower = np.minimum(lower, lower[lower])
        lower = lower[label]
        if np.array_equal(lower, label):
            break
        label = lower
    return _numbered(label[nodes[:, 0]])


def _cut(nodes: Column, groups: Column, chosen: Column, wanted: int, seed: int) -> tuple[Column, Column]:
    """Return which examples are held out and which lie across: nodes are taken outwards from one of the last group."""
    whole = np.isin(groups, chosen[:-1])
    inside = np.flatnonzero(groups == chosen[-1])
    place = _outwards(nodes[inside], seed)
    reached = place[nodes[inside]].max(axis=1)
    need = max(1, wanted - int(whole.sum()))
    limit = np.sort(reached)[min(need, len(reached)) - 1]
    held, dropped = whole.copy(), np.zeros(len(nodes), dtype=bool)
    held[inside[reached <= limit]] = True
    across = (reached > limit) & (place[nodes[inside]].min(axis=1) <= limit)
    dropped[inside[across]] = True
    return held, dropped


def _outwards(nodes: Column, seed: int) -> Column:
    """Return the place of every node in a walk from a random one to its neighbours, then to theirs."""
    touching: dict[int, list[int]] = {}
    for example, row in enumerate(nodes.tolist()):
        for node in row:
            touching.setdefault(node, []).append(example)
    start = int(np.random.default_rng([seed, 1]).choice(np.unique(nodes)))
    place = np.full(int(nodes.max()) + 1, -1)
    place[start] = 0
    walk = [start]
    for node in walk:
        for example in touching[node]:
            for other in nodes[example].tolist():
                if place[other] < 0:
                    place[other] = len(walk)
                    walk.append(other)
    return place


def _first_places(rows: Column) -> Column:
    """Return a number for each row, the same for equal rows, counted in the order of first occurrence."""
    packed = np.ascontiguousarray(rows).view(np.dtype((np.void, rows.dtype.itemsize * rows.shape[1]))).ravel()
    return _numbered(packed)


def _numbered(values: Column) -> Column:
    """Return a number for each value, the same for equal ones, counted in the order of first occurrence."""
    _, first, codes = np.unique(values, return_index=True, return_inverse=True)
    rank = np.empty(len(first), dtype=np.int64)
    rank[np.argsort(first)] = np.arange(len(first))
    return rank[codes]


def _impossible(examples: int, groups: int, where: str) -> DataError:
    if examples < 4:
        verb = "is" if examples == 1 else "are"
        what = f"{plural(examples, 'example')} {verb} too few to hold some out"
        return DataError(what, where, "more examples, or «held_out=0» to hold out nothing")
    what = f"no split without a leak: the {examples} examples form {plural(groups, 'group')} that share vectors or ids"
    return DataError(what, where, "a larger or smaller «held_out», or «held_out=0» to hold out nothing")
