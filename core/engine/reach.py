"""How far a selection looks, which decides what a scan of it costs."""

from dataclasses import dataclass

from .exclusion import Exclusion


@dataclass(frozen=True)
class Reach:
    """How far a selection looks.

    Args:
        rank: how many neighbours each row is to find, on average.
        least: the least proxy score of a pair that is to be found, where it is known.
        of_all: whether the closest pairs of all are wanted, not those of each row.
        excluded: the pairs that are left out.
        halved: whether half of the tiles are enough, of two that hold the same pairs.
        joined: whether they are for tiles of scores, which are read both ways.
        by_column: whether the neighbours of columns are wanted too.
        capped: whether pairs that are too close do not count, which a coarse product or a prefix does not tell.
    """

    rank: float = 1.0
    least: float | None = None
    of_all: bool = False
    excluded: Exclusion | None = None
    halved: bool = False
    joined: bool = False
    by_column: bool = False
    capped: bool = False
