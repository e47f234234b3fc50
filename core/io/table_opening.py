"""From what a user types to a table: one file or several by the readers of their formats, or what is selected of it."""

from dataclasses import replace

from ..errors import DataError
from ..memory import held_at_most
from .formats import FORMATS
from .in_memory import HeldTable
from .paths import files_of
from .selection import Selection
from .shards import joined_table
from .sniffing import assumed, named
from .source import Reading, Source
from .source_opening import folder_format, open_source
from .table import Table


def split_source(source: str) -> tuple[str, str | None]:
    """Split PATH::NAME; the name is None where there is no `::`."""
    path, mark, name = source.rpartition("::")
    if not mark:
        return source, None
    return (source.renamed(path) if isinstance(source, Selection | HeldTable) else path), name


def opened_table(path: str, max_memory: str | int | None, reading: Reading, input_format: str | None) -> Table:
    """Open one file or several as a table, or of it the rows that are selected."""
    most = held_at_most(max_memory)
    if isinstance(path, HeldTable):
        return path.opened(reading, most)
    if isinstance(path, Selection):
        if path.same is not None and path.same.whole is not None:
            return path.applied(path.same.whole, most)
        reading = replace(reading, columns=path.columns)
        if path.held is not None:
            return path.applied(path.held.opened(reading, most), most)
    files = sources_of(path, most, assumed(input_format))
    table = joined_table(path, [table_of(file, reading) for file in files], most)
    return path.applied(table, most) if isinstance(path, Selection) else table


def sources_of(path: str, most: int, otherwise: str | None = None) -> list[Source]:
    """Return the files that an input stands for, as `open_source` does each; a folder may be one by its format."""
    files = [path] if folder_format(path) else files_of(path)
    return [open_source(file, most, otherwise) for file in files]


def table_of(source: Source, reading: Reading) -> Table:
    """Open a table with the reader of its format."""
    found, expected = FORMATS[source.format], named(source.name)
    try:
        table: Table = found.load()(source, reading)
    except DataError as error:
        if expected is None or not found.is_text:
            raise
        what = f"{error.what}; this is text and was read as {found.title}, while its suffix is that of {expected.title}"
        raise DataError(what, error.where, error.hint) from None
    if reading.columns and not hasattr(table, "batches"):
        what = "«columns» picks among columns of numbers, and this file holds arrays"
        raise DataError(what, source.name, f"leave it out; type {source.name}::NAME for one of several arrays")
    return table
