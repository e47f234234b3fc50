"""Rows of a table in groups of one size, however they come: a file does not show in which pieces its rows were found.

Accepted: what a writer of rows takes.
Refused: nothing.
Lost: nothing.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field

import numpy as np

from ..results import Column
from .writers import RowWriter

GROUP = 1 << 16  # rows


@dataclass
class GroupedRows:
    """Holds rows until there is a group of them.

    Args:
        held: the pieces that wait; they are not changed meanwhile.
    """

    writer: RowWriter
    held: list[Mapping[str, Column]] = field(default_factory=list)
    count: int = 0
    has_written: bool = False

    def write(self, columns: Mapping[str, Column]) -> None:
        """Take rows, and write whole groups."""
        self.held.append(columns)
        self.count += len(next(iter(columns.values())))
        if self.count >= GROUP:
            self._give(self.count - self.count % GROUP)

    def finish(self) -> None:
        """Write the rows that are left."""
        if self.count or (self.held and not self.has_written):
            self._give(self.count)

    def _give(self, count: int) -> None:
        columns = {name: np.concatenate([part[name] for part in self.held]) for name in self.held[0]}
        for start in range(0, max(count, 1), GROUP):
            self.writer.write({name: column[start : min(start + GROUP, count)] for name, column in columns.items()})
        self.held, self.has_written = [{name: column[count:] for name, column in columns.items()}], True
        self.count -= count


@contextmanager
def row_groups(writer: RowWriter) -> Iterator[GroupedRows]:
    """Yield what takes rows and writes them in groups of one size, the last of them when the body has ended well."""
    grouped = GroupedRows(writer)
    yield grouped
    grouped.finish()
