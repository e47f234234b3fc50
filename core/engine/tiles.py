"""The plan of a sweep: which tiles, in which order. Plans are data."""

from collections.abc import Iterator
from dataclasses import dataclass

STRIPE = 1024
BLOCK = 4096
FULL_ROWS_BYTES = 64 << 20  # whole rows of a matrix that are held until they are written


@dataclass(frozen=True)
class Span:
    """Rows `start` to `stop`, exclusive."""

    start: int
    stop: int

    def __len__(self) -> int:
        return self.stop - self.start


@dataclass(frozen=True)
class Plan:
    """The grid of tiles of an n × m comparison. It depends on the shapes alone, so the answer does too.

    Args:
        rows: n, rows of A.
        columns: m, rows of B.
        stripe: rows of A in a tile.
        block: rows of B in a tile.
    """

    rows: int
    columns: int
    stripe: int = STRIPE
    block: int = BLOCK

    def stripes(self) -> Iterator[Span]:
        """Yield the ranges of A's rows."""
        return _spans(self.rows, self.stripe)

    def blocks(self) -> Iterator[Span]:
        """Yield the ranges of B's rows."""
        return _spans(self.columns, self.block)


def whole_rows(rows: int, columns: int) -> Plan:
    """Return the plan for a result that is written in whole rows."""
    return Plan(rows, columns, stripe=max(1, min(STRIPE, FULL_ROWS_BYTES // (4 * columns))))


def _spans(size: int, step: int) -> Iterator[Span]:
    for start in range(0, size, step):
        yield Span(start, min(start + step, size))
