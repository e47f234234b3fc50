"""Reader of word2vec's binary format.

Accepted: a line with the numbers of words and of dims, then for each word its text, a space and its vector, float32,
with or without a line end after it. The words are the ids.
Refused: a file that ends before the last vector or goes on after it, as one does whose words hold spaces; words that
are not UTF-8 or longer than 64 KiB; more words than one input may hold.
Lost: nothing.
"""

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from ..errors import DataError
from ..memory import check_held
from .array_table import mapped
from .formats import FORMATS
from .source import Reading, Source
from .table import check_column, join_name
from .vectors import Array, Vectors, check_ids

PIECE = 4 << 20
LONGEST_WORD = 1 << 16
WORD = 128  # bytes that a short word and its place take as Python holds them
ID, VECTOR = "id", "vector"
RESAVE = "save it again with KeyedVectors.save_word2vec_format"


@dataclass(frozen=True)
class PlacedVectors:
    """Vectors that begin at bytes of their own.

    Args:
        content: all bytes of the file.
        places: (rows,) where each vector begins.
    """

    name: str
    content: Array
    places: Array
    width: int
    ids: Array | None

    @property
    def shape(self) -> tuple[int, ...]:
        """(rows, d)."""
        return (len(self.places), self.width)

    @property
    def dtype(self) -> np.dtype[Any]:
        """float32."""
        return np.dtype(np.float32)

    def read(self, start: int, stop: int) -> Array:
        """Return rows `start` to `stop` (exclusive)."""
        places = self.places[start:stop]
        rows = np.empty((len(places), self.width * 4), np.uint8)
        for row, place in zip(rows, places.tolist(), strict=True):
            row[:] = self.content[place : place + self.width * 4]
        return rows.view("<f4").astype(np.float32, copy=False)


@dataclass(frozen=True)
class Word2vecTable:
    """Words and their vectors."""

    name: str
    content: Array = field(repr=False)
    words: Array = field(repr=False)
    places: Array = field(repr=False)
    width: int

    format = FORMATS["word2vec"].title
    columns = (ID, VECTOR)
    vector_columns = (VECTOR,)
    value_columns = (ID,)

    @property
    def rows(self) -> int:
        """Number of words."""
        return len(self.words)

    def vectors(self, column: str, ids: Array | None = None) -> Vectors:
        """Return the vectors."""
        check_column(self, column)
        where = join_name(self.name, column)
        if column != VECTOR:
            raise DataError("expected vectors, got words", where, f"type {join_name(self.name, VECTOR)}")
        return PlacedVectors(where, self.content, self.places, self.width, check_ids(ids, self.rows, where))

    def values(self, column: str) -> Array:
        """Return the words."""
        check_column(self, column)
        if column != ID:
            raise DataError("expected one value per row, got vectors", join_name(self.name, column))
        return self.words

    def ids(self) -> Array:
        """Return the words."""
        return self.words


def open_word2vec(source: Source, _: Reading) -> Word2vecTable:
    """Find all words, in one pass."""
    line = source.read(0, 64).partition(b"\n")[0]
    counts = line.split()
    if len(counts) != 2 or not all(count.isdigit() and len(count) < 19 for count in counts):
        raise DataError("expected a first line with the numbers of words and of dims", source.name, RESAVE)
    rows, width = map(int, counts)
    least = len(line) + 1 + rows * (4 * width + 2)
    if not rows or not width or least > source.size:
        what = f"{rows:,} words of {width:,} dims take at least {least:,} bytes, and the file has {source.size:,}"
        raise DataError(what, source.name, RESAVE)
    check_held(rows * WORD, source.most, "the words", source.name)
    content = mapped(source, np.dtype("u1"), 0, source.size)
    words, places = _find_words(source, rows, width, len(line) + 1)
    return Word2vecTable(source.name, content, np.array(words, dtype=object), places, width)


def _find_words(source: Source, rows: int, width: int, place: int) -> tuple[list[str], Array]:
    """Return the words and where their vectors begin; the first word begins at byte `place`."""
    words, places = [], np.empty(rows, np.int64)
    held, first = b"", place
    with source.open() as file:
        for row in range(rows):
            space = held.find(b" ", place - first, place - first + LONGEST_WORD)
            if space < 0:
                file.seek(place)
                held, first = file.read(max(PIECE, LONGEST_WORD)), place
                space = held.find(b" ", 0, LONGEST_WORD)
            if space < 0:
                raise DataError(f"row {row}, at byte {place:,}, begins with no word and space", source.name, RESAVE)
            try:
                words.append(held[place - first : space].lstrip(b"\n").decode())
            except UnicodeDecodeError:
                raise DataError(
                    f"the word of row {row}, at byte {place:,}, is not UTF-8", source.name, RESAVE
                ) from None
            places[row] = first + space + 1
            place = first + space + 1 + width * 4
    rest = source.size - place
    if rest < 0 or (rest and source.read(place, 2) != b"\n"):
        what = f"the vector of row {rows - 1} should end the file at byte {place:,}, and it has {source.size:,}"
        raise DataError(what, source.name, f"a word with a space in it does this; {RESAVE}")
    return words, places
