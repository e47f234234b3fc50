"""Whether text is a table of words and their vectors, one of numbers between blanks, or neither."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from .numbers import is_number
from .source import Source

HEAD_BYTES = 1 << 16
MOST_HEAD = 4 << 20
LINES = 50  # that are looked at


@dataclass(frozen=True)
class WordLayout:
    """What the first lines say of words and their vectors.

    Args:
        rows: how many there are, where the first line says so, as word2vec writes it; else None.
    """

    width: int
    rows: int | None


def first_lines(source: Source) -> list[str]:
    """Return the first lines that are not empty, without blanks around them; bytes that are no text are replaced."""
    size = HEAD_BYTES
    while True:
        head = source.read(0, size)
        whole = size >= source.size
        lines = head.removeprefix(b"\xef\xbb\xbf").split(b"\n")
        if whole or len(lines) > 3 or size >= MOST_HEAD:
            kept = lines if whole else lines[:-1]
            return [text for line in kept[:LINES] if (text := line.decode(errors="replace").strip(" \t\r"))]
        size *= 4


def word_layout(lines: Sequence[str], *, surely: bool = False) -> WordLayout | None:
    """Return how words and their vectors are laid out, or None where the lines are something else.

    Args:
        lines: the first ones of the text.
        surely: it is known that words are before the numbers, even where all of them look like numbers.

    Example:
        >>> word_layout(["the 0.1 0.2", ". . . 0.3 0.4"])
        WordLayout(width=2, rows=None)
        >>> word_layout(["2 300", f"the{' 0.5' * 300}"])
        WordLayout(width=300, rows=2)
    """
    counts = lines[0].split() if lines else []
    if len(counts) == 2 and all(map(str.isdecimal, counts)) and len(lines) > 1 and len(counts[1]) < 9:
        rows, width = map(int, counts)
        cells = lines[1].split(" ")
        if len(cells) > width > 0 and numbers_at_end(cells) >= width and (width > 1 or not is_number(cells[0])):
            return WordLayout(width, rows)
    split = [line.split(" ") for line in lines]
    if not lines or (not surely and all(numbers_at_end(cells) == len(cells) for cells in split)):
        return None
    # a word may be a number, or end with one; of lines that differ the reader says what is wrong
    counted = Counter(min(numbers_at_end(cells), len(cells) - 1) for cells in split)
    width = max(counted, key=lambda count: (counted[count], -count))
    return WordLayout(width, None) if width > 1 or (surely and width) else None


def is_blank_separated(lines: Sequence[str]) -> bool:
    """Say whether the lines are a table with blanks between its cells, as numpy.savetxt writes it.

    Example:
        >>> is_blank_separated(["# x y", "1.0  2.0", "3.0 -1.5"]), is_blank_separated(["id x", "a 1"])
        (True, True)
        >>> is_blank_separated(["word", "New York 5"])
        False
    """
    rows = [line.split(" ") if "\t" in line else line.split() for line in lines if not line.startswith("#")]
    if not rows or len({len(cells) for cells in rows}) > 1 or len(rows[0]) < 2 or any("," in cell for cell in rows[0]):
        return False
    if numbers_at_end(rows[0]) == 0:  # names of columns
        return len(rows) > 1 and all(numbers_at_end(cells) for cells in rows[1:])
    return all(numbers_at_end(cells) == len(cells) for cells in rows)


def numbers_at_end(cells: Sequence[str]) -> int:
    """Return how many cells from the last one backwards hold numbers."""
    count = 0
    for cell in reversed(cells):
        if not is_number(cell):
            break
        count += 1
    return count
