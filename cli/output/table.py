"""A result as a person reads it: the same table on a terminal, in a log and in a file.

On a terminal, and where COLUMNS is set, it is as wide as that; else as it needs. Numbers are never folded or cut.
"""

import os
import shutil
import sys
from collections.abc import Iterator, Mapping, Sequence
from textwrap import wrap
from typing import Any

from rich.cells import cell_len
from rich.console import Console, RenderableType
from rich.text import Text

from simtool.catalogue import PERCENTAGES
from simtool.errors import printable
from simtool.results import Baseline, Grid, Result, Rows, scalar_to_python, to_python

from .bars import histogram_lines, history_line
from .cells import cells_of, is_number, summary_text
from .fitted_columns import TextColumn, clipped, fitted
from .header import header
from .layout import laid_out
from .moved import moved_since
from .shades import shades
from .terminal import stdout_is_terminal, text_of

_UNLIMITED = 1_000_000  # characters: nothing here expands, so a table still takes its natural width
MAIN = ("loss", "score", "cosine", "value", "difference")  # columns that a table is about
NAMES = ("metric", "measure", "aggregate", "kind", "number", "column")  # of what is typed again, as into a gate
_LONGEST_HEADER = 12  # characters of an id above a column of a matrix, where the width is limited


def on_stdout(result: Result, *, limit: int, listing: str) -> bytes:
    """Return the table for stdout: coloured on a terminal, in the encoding that stdout has."""
    console = Console(
        file=sys.stdout,
        width=_UNLIMITED,
        height=25,  # with a width alone, a dumb terminal would get 80 columns
        color_system="auto" if stdout_is_terminal() and not os.environ.get("NO_COLOR") else None,
    )
    with console.capture() as capture:
        for part in _parts(result, limit, listing, _width()):
            console.print(part)
    return capture.get().encode(sys.stdout.encoding or "utf-8", "backslashreplace")


def _width() -> int:
    """Return how many characters a line may have."""
    given = os.environ.get("COLUMNS", "")
    if given.isdecimal() and int(given):
        return int(given)
    return shutil.get_terminal_size().columns if stdout_is_terminal() else _UNLIMITED


def _parts(result: Result, limit: int, listing: str, width: int) -> Iterator[RenderableType]:
    yield from header(result, width)
    if result.grids:
        yield from _grids_parts(result.grids, width)
    elif result.rows.names:
        yield from _rows_parts(result, limit, listing, width)
    if result.history is not None:
        yield history_line(result.history)
    for histogram in result.histograms:
        yield from histogram_lines(histogram, width)
    if rest := beside_rows(result):
        yield from _summary_lines(rest)
    if result.baseline is not None:
        yield from _baseline_parts(result, result.baseline, width)
    if "percent" in result.summary:
        yield _sentence(f"\n{headline(result)}", width, "bold")


def _baseline_parts(result: Result, baseline: Baseline, width: int) -> Iterator[RenderableType]:
    moved, said = moved_since(result, baseline)
    yield Text(f"\nagainst {printable(baseline.source)}", style="bold")
    if moved:
        columns = [
            TextColumn(name, cells_of(each), is_number(each), is_name=name in NAMES) for name, each in moved.items()
        ]
        yield from laid_out(columns, width).tables
    for sentence in said:
        yield _sentence(sentence, width)


def beside_rows(result: Result) -> dict[str, Any]:
    """Return the numbers of the summary that the rows do not show, each once, without the percentage."""
    rest = _unshown(result.rows, {key: value for key, value in result.summary.items() if key != "percent"})
    wanted = rest if result.headline is None else result.headline
    return {key: value for key, value in rest.items() if key in wanted and key not in result.repeats}


def _unshown(rows: Rows, summary: Mapping[str, Any]) -> dict[str, Any]:
    """Return what of the summary the table does not show already, in a row of its own or a column of such a row.

    What has no value is not missed where the number that it belongs to is shown.
    """
    first = next(iter(rows.read(0, len(summary)).values()), None)
    shown = [] if first is None else to_python(first)

    def is_shown(key: str) -> bool:
        row, _, part = key.rpartition(".")
        return key in shown or (row in shown and (summary[key] is None or part in rows.names))

    rest = {key: value for key, value in summary.items() if not is_shown(key)}
    # ids may be called like a number of the summary: only a table of aggregates, or of losses, is a part of it
    return rest if not rest or rows.names[:1] in (("aggregate",), ("kind",)) else dict(summary)


def headline(result: Result) -> str:
    """Return the percentage with the name of what it is of, and how it was made."""
    percent, made = result.summary["percent"], result.parameters.get("percent")
    name = result.parameters.get("percent_of", next(key for key in result.summary if key != "percent"))
    if name is None:
        return "no percentage: a distance has none"
    text = text_of(scalar_to_python(percent))
    name = f"{name} of best matches of items" if result.parameters.get("items") == "best" else name
    formula = f"  ({made}: {PERCENTAGES[made]})" if made in PERCENTAGES else ""
    return f"{text if text == 'undefined' else f'{percent:.2f} %'}  {name}{formula}"


def _rows_parts(result: Result, limit: int, listing: str, width: int) -> Iterator[RenderableType]:
    rows = result.rows
    # a table of aggregates is the summary itself
    shown = len(rows) if rows.names[:1] == ("aggregate",) else min(len(rows), limit)
    read = rows.read(0, shown)
    kept = [index for index, name in enumerate(next(iter(read.values())).tolist()) if name not in result.repeats]
    columns = [
        TextColumn(
            printable(column_title(name, result)),
            cells_of(read[name][kept], name),
            is_number(read[name]),
            is_main=name in MAIN,
            is_name=name in NAMES,
        )
        for name in rows.names
        if name not in result.repeats
    ]
    # what no row has is no column
    layout = laid_out([column for column in columns if not len(rows) or any(column.cells)], width)
    yield from layout.tables
    for line in layout.lines:
        yield _sentence(line, width)
    if layout.left_out:
        said = f"no room for {', '.join(layout.left_out)}; -o FILE or --format csv has all columns"
        yield _sentence(said, width)
    if not len(rows):
        yield Text("no rows")
    elif shown < len(rows):
        left = len(rows) - shown
        more = f"… {left} more row{'s' * (left > 1)}; --top N shows more, {listing} all"
        yield _sentence(more, width)


def column_title(name: str, result: Result) -> str:
    """Return the header of a column: a score and a distance go by the name of their metric."""
    named_by = {"score": "metric", "distance": "distance"}.get(name, "")
    return str(result.parameters.get(named_by) or name)


def _sentence(text: str, width: int, style: str = "dim") -> Text:
    """Return text on as many lines as it needs."""
    start = text[: len(text) - len(text.lstrip("\n"))]
    return Text(start + "\n".join(wrap(printable(text.lstrip("\n")), width, break_on_hyphens=False)), style=style)


def _grids_parts(grids: Sequence[Grid], width: int) -> Iterator[RenderableType]:
    is_cut = False
    for grid in grids:
        if grid.batch is not None:
            yield Text(f"batch {grid.batch}", style="bold")
        columns = _grid_columns(grid, width)
        table, left_out = fitted(columns, width)
        if left_out:
            table, _ = fitted([*columns[: len(columns) - len(left_out) - 1], _more(columns[0])], width)
        yield table
        is_cut |= bool(left_out) or grid.scores.shape != grid.shape
    last = grids[-1]
    if is_cut or len(grids) < last.batches:
        size = " × ".join(map(str, last.shape if last.batch is None else (last.batches, *last.shape)))
        matrices = "matrix" if last.batch is None else "matrices"
        yield _sentence(f"-o scores.npy writes the whole {size} {matrices}", width)


def _grid_columns(grid: Grid, width: int) -> list[TextColumn]:
    """Return the ids of the rows, a column of shaded scores for each id, and dots for what is not in the corner."""
    dots = ["…"] if grid.shape[0] > len(grid.row_ids) else []
    count, longest = len(grid.column_ids), _LONGEST_HEADER if width < _UNLIMITED else _UNLIMITED
    texts, styles = cells_of(grid.scores.reshape(-1)), shades(grid.scores.reshape(-1))
    names = [clipped(name, longest) for name in cells_of(grid.row_ids)]
    ids = TextColumn("", [*names, *dots], is_number(grid.row_ids), ["bold"] * len(names) + [""] * len(dots))
    scores = [
        TextColumn(
            clipped(name, longest), [*texts[number::count], *dots], True, [*styles[number::count], *[""] * len(dots)]
        )
        for number, name in enumerate(cells_of(grid.column_ids))
    ]
    return [ids, *scores, *([_more(ids)] if grid.shape[1] > count else [])]


def _more(beside: TextColumn) -> TextColumn:
    return TextColumn("…", ["…"] * len(beside.cells))


def _summary_lines(summary: Mapping[str, Any]) -> Iterator[Text]:
    width = max(cell_len(printable(key)) for key in summary)
    for name, value in summary.items():
        key, text = printable(name), printable(summary_text(name, scalar_to_python(value)))
        yield Text.assemble((key, "bold"), " " * (width - cell_len(key) + 2), text)
