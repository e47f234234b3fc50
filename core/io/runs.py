"""The result of an earlier run, out of a file that the run has left.

Accepted: the JSON document; a page of HTML and Parquet, which carry it.
Refused: any other file, and a file whose rows were written as they came, which knows nothing of the rest.
Lost: of a page and of Parquet the rows, where the document would be longer than `MOST`.
"""

from dataclasses import replace
from typing import TYPE_CHECKING

from ..errors import DataError
from ..memory import LEAST_HELD
from .source import Source
from .source_opening import open_source
from .writers import DOCUMENT

if TYPE_CHECKING:
    from ..results import Result

MOST = 100_000  # characters of the document in another file
OPENING, CLOSING = '<script type="application/json" id="simtool">', "</script>"
_HINT = "name what «report=x.json», x.html or an output of .json or .parquet has left"


def embedded(result: "Result") -> str:
    """Return the document of a result for a file of another kind: without its rows, or empty, where it is too long."""
    from ..results import Columns

    for each in (result, replace(result, rows=Columns({})), None):
        text, room = "", MOST
        for part in () if each is None else each.document():
            text, room = text + part, room - len(part)
            if room < 0:
                break
        else:
            return text
    return ""


def load(path: str) -> "Result":
    """Return the result that a file holds.

    Args:
        path: or an address, or - for standard input.

    Raises:
        InputNotFoundError: there is no such file.
        DataError: it holds no result.
    """
    from ..results import Result

    source = open_source(path, LEAST_HELD, "jsonl")
    if source.format == "parquet":
        text = _of_parquet(source)
    else:
        with source.open() as file:
            text = file.read().decode(errors="replace")
        if text.lstrip()[:1] == "<":
            text = text.partition(OPENING)[2].partition(CLOSING)[0]
    if text.lstrip()[:1] != "{":
        raise DataError("expected the result of an earlier run, and this file holds none", source.name, _HINT)
    return Result.from_json(text, source=source.name)


def _of_parquet(source: Source) -> str:
    from pyarrow.parquet import read_metadata

    with source.open() as file:
        metadata = read_metadata(file).metadata or {}
    return bytes(metadata.get(DOCUMENT.encode(), b"")).decode(errors="replace")
