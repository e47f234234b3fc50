"""How many cells of a column of text are numbers: of a column of words few are, of numbers with a typing error most."""

from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc

from .buffers import arrow_scalar
from .numbers import DECIMAL, INTEGER, NUMBER

COMMA = r"[+-]?[0-9]+(,[0-9]+)+(\.[0-9]+)?([eE][+-]?[0-9]+)?"  # a decimal comma, or commas between thousands
ARRAY = r"(?s:\[\s*[-+.0-9].*\])"  # an array that was printed
CODE = "[+-]?0[0-9]+"  # as the zip code 07030


@dataclass
class NumberCount:
    """What has been counted so far.

    Args:
        filled: cells that are not blank.
        numbers: those that are numbers, or are meant to be: with a comma or a percent sign, or arrays.
        points: whether one has a point or an exponent.
        codes: whether one is of digits with a zero before them.
        integers: whether all are of digits.
    """

    filled: int = 0
    numbers: int = 0
    points: bool = False
    codes: bool = False
    integers: bool = True

    @property
    def is_mostly(self) -> bool:
        """Whether at least half of the cells are numbers, and no digits with a zero before them make codes of them."""
        return 0 < self.filled <= 2 * self.numbers and (self.points or not self.codes)

    def add(self, filled: int, *, points: bool) -> None:
        """Take cells in that are known to be numbers."""
        self.filled += filled
        self.numbers += filled
        self.points = self.points or points

    def look(self, filled: pa.Array) -> None:
        """Take more cells in, trimmed and none of them blank."""
        numbers = _matches(filled, f"({NUMBER}%?|{COMMA}|{ARRAY})")
        self.filled += len(filled)
        self.numbers += numbers
        self.points = self.points or (numbers > 0 and _matches(filled, DECIMAL) > 0)
        self.codes = self.codes or _matches(filled, CODE) > 0
        self.integers = self.integers and _matches(filled, f"({INTEGER}|{CODE})") == len(filled)


def trimmed(cells: pa.Array) -> pa.Array:
    """Return the cells without white space around them, null where nothing is left."""
    found = pc.utf8_trim_whitespace(cells)
    return pc.if_else(pc.equal(found, arrow_scalar("", pa.string())), pa.nulls(1, pa.string())[0], found)


def _matches(cells: pa.Array, pattern: str) -> int:
    # \z, as $ would let a line end through
    return pc.sum(pc.match_substring_regex(cells, rf"\A{pattern}\z")).as_py() or 0
