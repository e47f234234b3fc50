"""Reader of UTF-8 text: which of its formats it is, and one value per line; each format has its contract in its file.

Text that begins with { or [ is JSON; words or numbers with blanks between them are what `text_layout` says; the rest is
CSV. A table is parsed once, block by block, when it is opened, to learn what its columns hold, and again, block by
block, whenever a column is read; no more than a few blocks are in memory.
`read_lines` takes a file of one column as it stands: a value per line, by default without a header.
Refused: text that is not UTF-8, nothing but white space.
Lost: white space around a value of its own line.
"""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import numpy as np

from ..errors import DataError, ParameterError
from .formats import READ
from .numbers import WORDS, is_integer, is_number
from .source import Reading, Source
from .vectors import Array

if TYPE_CHECKING:
    from .text_blocks import FormedBatches, TextTable

HEADERS = ("auto", "yes", "no")
HEAD_BYTES = 1 << 16
BLOCK_BYTES = 4 << 20
LONGEST_LINE = 16  # blocks
PARSED = 10  # bytes that a byte of text takes where Python parses it


def kind_of(source: Source) -> str:
    """Return the format of a text that does not say it: by what it begins with.

    Raises:
        DataError: it holds only white space.
    """
    head = _head(source)
    start = head.lstrip()[:1]
    if start in (b"{", b"["):
        from .json_lines import is_document
        from .openai import is_answer

        if start == b"{" and is_answer(head):
            return "openai"
        return "json" if start == b"[" and is_document(source, head) else "jsonl"
    from .text_layout import first_lines, is_blank_separated, word_layout

    lines = first_lines(source)
    if is_blank_separated(lines):
        return "table"
    return "glove" if word_layout(lines) is not None else "csv"


def open_text(source: Source, reading: Reading) -> "TextTable":
    """Open a table of text.

    Args:
        reading: its `header` is one where one of its cells is no number, and where it counts 0, 1, 2, ... above a
            cell that is no integer, as pandas writes it.

    Raises:
        DataError: the content is refused.
        ParameterError: `header` is none of the three.
        ResourceError: a JSON document, which is parsed whole, does not fit.
    """
    if reading.header not in HEADERS:
        raise ParameterError(f"expected one of {', '.join(HEADERS)}, got {reading.header!r}", "«header»")
    from .text_blocks import TextTable

    return TextTable.of(_batches(source, reading), source, reading)


def _batches(source: Source, reading: Reading) -> "FormedBatches":
    """Return the rows of a text in blocks, as its format has them."""
    block_bytes, parsed_bytes = min(BLOCK_BYTES, max(HEAD_BYTES, source.most // PARSED)), source.size * PARSED
    match source.format:
        case "json" | "jsonl":
            from .json_lines import open_json
            from .stacked import stacked

            return stacked(open_json(source, block_bytes, parsed_bytes), source.name, reading)
        case "openai":
            from .openai import AnswerBatches

            return AnswerBatches(source, block_bytes, parsed_bytes)
        case "glove":
            from .word_vectors import WordBatches

            return WordBatches(source, block_bytes)
        case "table":
            from .space_tables import SpaceBatches

            return SpaceBatches(source, reading.header, reading.apart, block_bytes, reading.columns)
        case _:
            from .csv_files import CsvBatches

            return CsvBatches(source, reading.header, reading.apart, block_bytes, reading.columns)


def read_lines(source: Source, header: str = "auto") -> Array | None:
    """Return a file of one column as values: numbers or bools where every line is one, else strings. None for a table.

    Args:
        header: `yes` leaves the first line out.
    """
    line = _head(source).lstrip(b"\r\n").split(b"\n", maxsplit=1)[0]
    if line.lstrip()[:1] in (b"{", b"[") or b"," in line or b"\t" in line.strip():
        return None
    skipped = int(header == "yes")
    number = integer = word = True
    count = 0
    for lines in _lines(source, skipped):
        integer = integer and all(map(is_integer, lines))
        number = number and (integer or all(map(is_number, lines)))
        word = word and WORDS.keys() >= set(lines)
        count += len(lines)
    if not count:
        raise DataError("the input holds no values", source.name)
    blocks = _lines(source, skipped)
    if number:
        kind, dtype = (int, np.int64) if integer else (float, np.float64)
        return _joined([np.array(list(map(kind, lines)), dtype) for lines in blocks])
    if word:
        return _joined([np.array([WORDS[line] for line in lines]) for lines in blocks])
    return _joined([np.array(lines, dtype=object) for lines in blocks])


def _head(source: Source) -> bytes:
    """Return the first bytes, without a byte order mark."""
    with source.open() as file:
        head = file.read(HEAD_BYTES).removeprefix(b"\xef\xbb\xbf")
    if len(head) < HEAD_BYTES - 3 and not head.strip():
        raise DataError("the input is empty: it holds only white space", source.name)
    return head


def _lines(source: Source, skipped: int) -> Iterator[list[str]]:
    """Yield the lines of a file some at a time, without white space around them, and refuse empty ones."""
    place, number, rest, empty = 0, 1, b"", 0
    with source.open() as file:
        while True:
            block = file.read(BLOCK_BYTES)
            content = rest + block
            end = content.rfind(b"\n") + 1 if block else len(content)
            if not end and len(content) > LONGEST_LINE * BLOCK_BYTES:
                raise DataError(f"line {number} is longer than {LONGEST_LINE * BLOCK_BYTES:,} bytes", source.name)
            try:
                lines = content[:end].decode("utf-8-sig" if place == 0 else "utf-8").split("\n")
            except UnicodeDecodeError as error:
                raise DataError(f"byte {place + error.start} is not UTF-8 text", source.name, READ) from None
            lines = [line.strip() for line in (lines[:-1] if not lines[-1] else lines)]
            for line in lines:
                # empty lines at the end are none
                if line and empty:
                    raise DataError(f"line {empty} is empty: expected one value per line", source.name)
                empty = empty or (0 if line else number)
                number += 1
            filled = [line for line in lines if line]
            yield filled[skipped:]
            skipped, place, rest = max(0, skipped - len(filled)), place + end, content[end:]
            if not block:
                return


def _joined(parts: list[Any]) -> Array:
    filled = [part for part in parts if len(part)]
    return np.concatenate(filled or parts[:1])
