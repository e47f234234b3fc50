"""Reader and writer of relevance judgements (qrels) and of ranked lists (runs), as TREC and BEIR keep them.

Accepted: qrels of TREC, a line `query 0 document relevance` with blanks between; those of BEIR, three columns `query-id
corpus-id score` with tabs between, below a header if there is one. Runs of TREC, a line `query Q0 document rank score
tag`; the score orders them and the rank is not read. Relevance is a whole number; plain or packed text in UTF-8. A
judgement that is repeated counts once.
Refused: another number of columns, a relevance or score that is no finite number, a document judged twice and
differently, a document twice in the list of a query, ids with blanks in a run that is written.
Lost: the second column of TREC's files, ranks and tags.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from math import isfinite
from typing import TypeVar

from ..errors import DataError
from ..memory import check_held, held_at_most
from .formats import READ
from .output import replacing
from .source import Source, watch_source
from .source_opening import open_source

Qrels = Mapping[str, Mapping[str, int]]
Run = Mapping[str, Mapping[str, float]]
Number = TypeVar("Number", int, float)

HELD = 8  # bytes held for a byte of text
BLANK = re.compile(r"\s")


def read_qrels(path: str, *, max_memory: str | int | None = None) -> Qrels:
    """Read relevance judgements: query -> document -> relevance.

    Args:
        max_memory: as for `open_vectors`.

    Raises:
        InputNotFoundError: there is no such file.
        DataError: see the contract above.
        ResourceError: it does not fit.
    """
    found: dict[str, dict[str, int]] = {}
    for number, (query, document, relevance) in _lines(path, max_memory, _judgement, int):
        judged = found.setdefault(query, {})
        if judged.setdefault(document, relevance) != relevance:
            what = f"line {number}: document {document} of query {query} is judged {judged[document]} and {relevance}"
            raise DataError(what, path, "keep one of the lines")
    return found


def read_run(path: str, *, max_memory: str | int | None = None) -> Run:
    """Read ranked lists: query -> document -> score, larger first; arguments and errors are those of `read_qrels`."""
    found: dict[str, dict[str, float]] = {}
    for number, (query, document, score) in _lines(path, max_memory, _ranked, float):
        listed = found.setdefault(query, {})
        if document in listed:
            what = f"line {number}: document {document} is listed twice for query {query}"
            raise DataError(what, path, "keep the line with its best score")
        listed[document] = score
    return found


def write_run(path: str, run: Run, *, force: bool) -> None:
    """Write ranked lists in TREC's six columns, each query's documents in their order; the file appears whole.

    Raises:
        OutputError: the file exists without `force`, or it may not be written.
        DataError: an id holds a blank.
    """
    with replacing(path, force=force) as temporary, open(temporary, "w", encoding="utf-8") as file:
        for query, listed in run.items():
            for rank, (document, score) in enumerate(listed.items(), 1):
                for name in (query, document):
                    if not name or BLANK.search(name):
                        raise DataError(f"the id {name!r} is empty or holds a blank, which separates columns", path)
                file.write(f"{query} Q0 {document} {rank} {score!r} simtool\n")


Parsed = tuple[str, str, str]


def _lines(
    path: str, max_memory: str | int | None, parse: Callable[[str], Parsed | None], kind: Callable[[str], Number]
) -> Iterator[tuple[int, tuple[str, str, Number]]]:
    """Yield the lines that are not empty, parsed, with their number from 1."""
    source = open_source(path, held_at_most(max_memory), "csv")
    check_held(source.size * HELD, source.most, "a table of ranked or judged documents", path)
    watch_source(source)
    empty = True
    for number, line in _decoded(source):
        parsed = parse(line)
        if parsed is None:
            what = f"line {number}: {line.strip()!r}"
            form = "query-id TAB corpus-id TAB score, or query 0 document relevance"
            form = "query Q0 document rank score tag" if parse is _ranked else form
            raise DataError(f"expected {form}; {what}", path)
        try:
            value = kind(parsed[2])
            finite = isfinite(value)
        except (ValueError, OverflowError):
            if number == 1 and parse is _judgement and _is_header(line):
                continue
            noun = "a whole number" if parse is _judgement else "a number"
            raise DataError(f"line {number}: expected {noun}, got {parsed[2].strip()[:40]!r}", path) from None
        if not finite:
            raise DataError(f"line {number}: the score is {value}", path, "a finite number orders documents")
        empty = False
        yield number, (parsed[0], parsed[1], value)
    if empty:
        raise DataError("the file holds no line of a document", path)


def _is_header(line: str) -> bool:
    return "\t" in line and not any(map(str.isdigit, line.rpartition("\t")[2]))


def _decoded(source: Source) -> Iterator[tuple[int, str]]:
    with source.open() as file:
        for number, line in enumerate(file, 1):
            try:
                text = line.decode("utf-8-sig" if number == 1 else "utf-8")
            except UnicodeDecodeError:
                raise DataError(f"line {number} is not UTF-8 text", source.name, READ) from None
            if text.strip():
                yield number, text.rstrip("\r\n")


def _judgement(line: str) -> Parsed | None:
    cells = line.split("\t")
    if len(cells) == 3:
        return cells[0].strip(), cells[1].strip(), cells[2]
    cells = line.split()
    return (cells[0], cells[2], cells[3]) if len(cells) == 4 else None


def _ranked(line: str) -> Parsed | None:
    cells = line.split()
    return (cells[0], cells[2], cells[4]) if len(cells) == 6 else None
