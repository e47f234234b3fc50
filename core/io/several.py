"""Several sources as one table, row after row, as where the shell has spread a pattern.

Accepted: what `open_table` accepts, and what `shards` joins. A `Selection` in the first place selects of all of them.
Refused: sources that name different columns; rows selected of another source than the first.
Lost: nothing.
"""

from collections.abc import Sequence
from typing import Any

from ..errors import ParameterError
from ..memory import held_at_most
from .opening import open_table
from .selection import Selection
from .shards import joined_table
from .table import Table
from .table_opening import split_source


def open_several(
    sources: Sequence[str], *, others: Sequence[str | None] = (), max_memory: str | int | None = None, **reading: Any
) -> tuple[Table, str | None]:
    """Open sources as one table.

    Args:
        sources: PATH or PATH::NAME, all with the same NAME.
        others: as for `open_vectors`.
        max_memory: as for `open_vectors`.
        reading: `nulls`, `header` and `input_format`, as for `open_table`.

    Returns:
        The table, and the column that the sources name.

    Raises:
        ParameterError: there are none, or they name different columns, or of a later one rows are selected.
        DataError, InputNotFoundError, ShapeError, ResourceError: as for `open_table`.
    """
    if not sources:
        raise ParameterError("no input is named", "", "name a file")
    odd = [type(each).__name__ for each in sources if not isinstance(each, str)]
    if odd:
        raise ParameterError(f"expected the path of a file, got {odd[0]}", "", "several inputs are files")
    first, names = sources[0], {split_source(source)[1] for source in sources}
    if len(names) > 1:
        what = f"the inputs name different columns: {', '.join(name or 'none' for name in names)}"
        raise ParameterError(what, " ".join(sources), "several inputs are one, row after row")
    if any(isinstance(each, Selection) and each.along is not first and each.picks_rows for each in sources[1:]):
        what = "several inputs are one, and rows are selected of all of it"
        raise ParameterError(what, " ".join(sources), "select them of the first input")
    columns = first.columns if isinstance(first, Selection) else ()
    paths = [split_source(source)[0] for source in sources]
    paths = [Selection(getattr(path, "held", None) or str(path), columns=columns) for path in paths]
    tables = [open_table(path, others=others, max_memory=max_memory, **reading) for path in paths]
    most = held_at_most(max_memory)
    table = joined_table(" ".join(paths), tables, most)
    if isinstance(first, Selection):
        first.keep.inputs = 1
        table = first.applied(table, most)
    return table, next(iter(names))
