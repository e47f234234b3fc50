"""What the cells of a CSV column are, all of them text, and the arrays that they become."""

import json
import re
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from ..errors import DataError
from .arrow_types import null_mask
from .buffers import arrow_present
from .json_cells import Seen, settled, to_array
from .json_lines import parse_lines
from .number_counts import NumberCount, trimmed
from .numbers import INTEGER, NUMBER, WORDS, is_integer


@dataclass
class Cells:
    """What the cells of one column have been so far; what is true of none of them yet counts as true.

    Args:
        first: the first cell that is not blank.
        text: whether one is there at all, be it blank, as one that is empty and quoted is.
        number: all filled ones are.
        whole: all filled ones are integers of 64 bits.
        word: all filled ones are bools.
        lists: what their lists have been, where the first filled cell is one.
        beyond: the first row with an integer beyond 64 bits below integers alone.
        count: how many of those of text and of numbers are numbers.
    """

    first: str = ""
    blank: bool = False
    text: bool = False
    number: bool = True
    whole: bool = True
    word: bool = True
    lists: Seen | None = None
    beyond: int | None = None
    count: NumberCount = field(default_factory=NumberCount)

    @property
    def nulls(self) -> bool:
        """Whether a cell is null, or a list holds a null."""
        return self.blank or (self.lists is not None and self.lists.nulls)

    @property
    def is_mostly_numbers(self) -> bool:
        """Whether they are numbers but for some."""
        return self.lists is None and not self.number and self.count.is_mostly

    @property
    def type(self) -> Any:
        """The type of the column."""
        if not self.first:
            return pa.string() if self.text else pa.null()
        if self.lists is not None:
            return settled(self.lists.type)
        if self.number:
            return pa.int64() if self.whole else pa.float64()
        return pa.bool_() if self.word else pa.string()

    def look(self, cells: pa.Array, row: int, where: str) -> None:
        """Take more cells in, of which the first is in `row`."""
        texts = trimmed(cells)
        filled = texts.drop_null()
        self.text |= cells.null_count < len(cells)
        self.blank |= len(filled) < len(cells)
        if not len(filled):
            return
        if not self.first:
            self.first = filled[0].as_py()
            self.lists = None if parse_list(self.first) is None else Seen(pa.null())
        if self.lists is not None:
            self._look_at_lists(self.lists, texts.to_pylist(), row, where)
            return
        if self.whole and not (_all_match(filled, INTEGER) and integers(filled) is not None):
            self.whole = False
            self.beyond = _first_beyond(texts.to_pylist(), row)
        self.number = self.number and (self.whole or _all_match(filled, NUMBER))
        if self.number:
            self.count.add(len(filled), points=not self.whole)
        else:
            self.count.look(filled)
        self.word = self.word and not self.number and set(pc.unique(filled).to_pylist()) <= set(WORDS)

    def _look_at_lists(self, seen: Seen, texts: list[str | None], first: int, where: str) -> None:
        filled = [b'{"":%b}' % text.encode() for text in texts if text]
        known = parse_lines(filled, {"": seen.type}, "error") if seen.problem is None else None
        if known is not None and known[""].null_count == 0:
            seen.nulls |= len(filled) < len(texts) or null_mask(known[""].combine_chunks()) is not None
            return
        for row, text in enumerate(texts, start=first):
            cell = parse_list(text) if text else None
            if text and cell is None:
                what = f"expected a JSON list as in the first row, got {text[:40]!r} in row {row}"
                raise DataError(what, where)
            seen.look(cell, row)


def parse_list(cell: str) -> list[Any] | None:
    """Return the JSON list that a cell holds, or None."""
    try:
        parsed = json.loads(cell) if cell.startswith("[") else None
    except (ValueError, RecursionError):
        return None
    return parsed if isinstance(parsed, list) else None


def _first_beyond(texts: list[str | None], first: int) -> int | None:
    """Return the row of an integer beyond 64 bits that comes before any cell that is no integer."""
    odd = next((row for row, text in enumerate(texts, start=first) if text and not is_integer(text)), first)
    return odd if re.fullmatch(INTEGER, texts[odd - first] or "", re.ASCII) else None


def _all_match(cells: pa.Array, pattern: str) -> bool:
    # \z, as $ would let a line end through
    return bool(pc.all(pc.match_substring_regex(cells, rf"\A{pattern}\z")).as_py())


def integers(cells: pa.Array) -> pa.Array | None:
    """Return integers of 64 bits, or None where one does not fit."""
    try:
        return cells.cast(pa.int64())
    except pa.ArrowInvalid:  # a plus, or an integer that does not fit
        texts = cells.to_pylist()
    if not all(text is None or is_integer(text) for text in texts):
        return None
    there = np.asarray([text is not None for text in texts], dtype=bool)
    return arrow_present(np.asarray([int(text or 0) for text in texts], dtype=np.int64), there)


def to_lists(cells: pa.Array, kind: Any) -> pa.Array:
    """Return JSON lists as lists, blank cells as nulls."""
    texts = trimmed(cells).to_pylist()
    lines = [b'{"":%b}' % (b"null" if text is None else text.encode()) for text in texts]
    table = parse_lines(lines, {"": kind}, "error")
    if table is not None:
        return table[""].combine_chunks()
    return to_array([None if text is None else parse_list(text) for text in texts], kind)
