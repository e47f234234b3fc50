"""The plan of a sweep: which tiles, in which order. Plans are data."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Self

GROUPS = 128  # into which the neighbours of a row are divided; tiles are whole groups
QUERY_BLOCK = 1024
CORPUS_BLOCK = 4096
SIDE_BYTES = 32 << 20  # of the prepared rows of one side of a tile
FULL_ROWS_BYTES = 32 << 20  # whole rows of a matrix that are held until they are written
KEPT_WORK, FEWEST_KEPT = 1 << 36, 36  # products of a block of work that is kept; how many blocks there are at least
KEPT_BYTES = 64 << 20  # of a block, at most, unless one query block has more
LONG_ROW, FEWEST = 1 << 17, 128  # rows of B, at most, and of A, at least, of a long tile


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
        query_block: rows of A in a tile.
        corpus_block: rows of B in a tile.
        kept_columns: rows of B that stay prepared; the others are prepared for every query block.
        lanes: how many query blocks there is room for at once.
        first: the row of A that the first query block begins with.
    """

    rows: int
    columns: int
    query_block: int = QUERY_BLOCK
    corpus_block: int = CORPUS_BLOCK
    kept_columns: int = 0
    lanes: int = 1
    first: int = 0

    @classmethod
    def of(
        cls,
        rows: int,
        columns: int,
        dims: int,
        *,
        kept_columns: int = 0,
        lanes: int = 1,
        whole_rows: bool = False,
    ) -> Self:
        """Return the plan for vectors of `dims` numbers.

        Args:
            rows: n.
            columns: m.
            dims: d.
            kept_columns: rows of B that stay prepared.
            lanes: how many query blocks there is room for at once.
            whole_rows: the result is written in whole rows, which have to be held.
        """
        fitting = max(GROUPS, SIDE_BYTES // (8 * dims) // GROUPS * GROUPS)
        query_block, corpus_block = min(QUERY_BLOCK, fitting), min(CORPUS_BLOCK, fitting)
        if whole_rows:
            query_block = max(1, min(query_block, FULL_ROWS_BYTES // (4 * columns)))
        return cls(rows, columns, query_block, corpus_block, kept_columns, lanes)

    def with_long_rows(self, room: int, width: int) -> Self:
        """Return the plan with tiles of as many rows of B as can be, and of few rows of A where B stays prepared.

        Args:
            room: bytes of a tile, and of the prepared rows of one side of it.
            width: numbers in a prepared row.
        """
        fewest = FEWEST if self.kept_columns >= self.columns else self.query_block
        fitting = min(LONG_ROW, room // (4 * max(fewest, width))) // GROUPS * GROUPS
        corpus_block = max(self.corpus_block, min(fitting, -(-self.columns // GROUPS) * GROUPS))
        query_block = min(self.query_block, max(fewest, room // (4 * corpus_block) // 32 * 32))
        return replace(self, query_block=query_block, corpus_block=corpus_block)

    def within(self, rows: Span) -> Self:
        """Return the plan for some rows of A."""
        return replace(self, first=rows.start, rows=rows.stop)

    def kept_blocks(self, dims: int, row_bytes: int, *, whole_rows: bool = False) -> list[Span]:
        """Return the ranges of A's rows that are kept together, a function of the shapes alone.

        Each is a few seconds of work, whole query blocks of `of`, and there are enough of them to be shared out.

        Args:
            dims: numbers in a row.
            row_bytes: of what is kept of a row of A.
            whole_rows: as for `of`.
        """
        step = Plan.of(self.rows, self.columns, dims, whole_rows=whole_rows).query_block
        at_once = min(
            KEPT_WORK // (step * self.columns * dims),
            -(-self.rows // step) // FEWEST_KEPT,
            KEPT_BYTES // (step * max(1, row_bytes)),
        )
        return list(_spans(self.rows, step * max(1, at_once)))

    def query_blocks(self) -> Iterator[Span]:
        """Yield the ranges of A's rows."""
        return _spans(self.rows, self.query_block, self.first)

    def corpus_blocks(self) -> Iterator[Span]:
        """Yield the ranges of B's rows."""
        return _spans(self.columns, self.corpus_block)


def _spans(size: int, step: int, first: int = 0) -> Iterator[Span]:
    for start in range(first, size, step):
        yield Span(start, min(start + step, size))
