"""Columns that share the width of a terminal: numbers whole under broken headers, ids clipped, sentences wrapped.

What still does not fit is left out, from the right, and the caller says so.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from rich import box
from rich.cells import cell_len, set_cell_size
from rich.console import JustifyMethod
from rich.style import Style
from rich.table import Table
from rich.text import Text

LEAST_SENTENCE, LEAST_ID = 16, 12  # characters below which text is not squeezed
LONGEST_NAME = 40  # characters of a name that stays whole
_PARTS = re.compile(r"[^_.@-]*[_.@-]|[^_.@-]+")  # of a header
_FRAME = 3  # characters between two columns


@dataclass(frozen=True)
class TextColumn:
    """A column of printable cells.

    Args:
        is_number: stands to the right, and is never cut.
        styles: one per row, or none.
        is_main: the others are left out before it.
        is_name: text that is typed again, as into a gate, and stays whole.
    """

    name: str
    cells: Sequence[str]
    is_number: bool = False
    styles: Sequence[Style | str] = ()
    is_main: bool = False
    is_name: bool = False

    @cached_property
    def width(self) -> int:
        """The width that it takes where there is room."""
        return max(map(cell_len, (self.name, *self.cells)))

    @cached_property
    def wraps(self) -> bool:
        """Whether its cells are sentences."""
        return not self.is_number and any(" " in cell.strip() for cell in self.cells)

    @cached_property
    def least(self) -> int:
        """The width below which it is left out."""
        if self.is_number:
            return max(map(cell_len, (*_PARTS.findall(self.name), *self.cells)))
        if self.is_name:
            return min(self.width, LONGEST_NAME)
        return min(self.width, max(LEAST_SENTENCE if self.wraps else LEAST_ID, cell_len(self.name)))

    def within(self, width: int) -> "TextColumn":
        """Return the column with its ids clipped, or the header of its numbers broken after _ and other marks."""
        if self.wraps or self.width <= width:
            return self
        if self.is_number:
            return replace(self, name=_broken(self.name, width))
        return replace(self, name=clipped(self.name, width), cells=[clipped(cell, width) for cell in self.cells])


def clipped(text: str, width: int) -> str:
    """Return text of at most so many characters of a terminal, without its middle if it is longer.

    Example:
        >>> clipped("a-very-long-identifier", 11)
        'a-ver…ifier'
    """
    if cell_len(text) <= width:
        return text
    left = width // 2
    tail = set_cell_size(text[::-1], width - left - 1)[::-1]
    return f"{set_cell_size(text, left)}…{tail}"


def fits(columns: Sequence[TextColumn], width: int) -> bool:
    """Tell whether all columns have room."""
    return sum(column.least for column in columns) + _frame(columns) <= width


def fitted(columns: Sequence[TextColumn], width: int) -> tuple[Table, list[TextColumn]]:
    """Return a table of at most so many characters, and the columns that it has no room for.

    Args:
        columns: in the order of their weight; the first one always stays.
        width: of the terminal.
    """
    places = list(range(len(columns)))
    while len(places) > 1 and not fits([columns[place] for place in places], width):
        places.remove(next((place for place in places[:0:-1] if not columns[place].is_main), places[-1]))
    kept = [columns[place] for place in places]
    table = Table(box=box.ROUNDED)
    widths = _widths(kept, width - _frame(kept))
    shown = [column.within(share) for column, share in zip(kept, widths, strict=True)]
    for column, share in zip(shown, widths, strict=True):
        justify: JustifyMethod = "right" if column.is_number else "left"
        table.add_column(
            Text(column.name),
            justify=justify,
            width=share,
            no_wrap=not column.wraps or share == column.width,
            overflow="fold",
        )
    for row in range(max((len(column.cells) for column in shown), default=0)):
        table.add_row(*(Text(column.cells[row], style=column.styles[row] if column.styles else "") for column in shown))
    return table, [column for place, column in enumerate(columns) if place not in places]


def _broken(name: str, width: int) -> str:
    """Return a header on as many lines as it needs."""
    lines = [""]
    for part in _PARTS.findall(name):
        if lines[-1] and cell_len(lines[-1] + part) > width:
            lines.append("")
        lines[-1] += part
    return "\n".join(lines)


def _frame(columns: Sequence[TextColumn]) -> int:
    return _FRAME * len(columns) + 1


def _widths(columns: Sequence[TextColumn], room: int) -> list[int]:
    """Return a width per column: sentences give way before headers, those before ids, and the widest first."""
    widths = [column.width for column in columns]
    wraps, numbers = [column.wraps for column in columns], [column.is_number for column in columns]
    for gives_way in (wraps, numbers, [not number for number in numbers]):
        most = min(max(widths), room + 1)
        while sum(widths) > room and most > 1:
            most -= 1
            widths = [
                max(min(column.width, column.least, width), min(width, most)) if gives else width
                for column, width, gives in zip(columns, widths, gives_way, strict=True)
            ]
    return widths
