"""A result as a person reads it: the same table on a terminal, in a log and in a file, never folded or cut."""

import math
import os
import sys
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
from rich import box
from rich.cells import cell_len
from rich.console import Console, RenderableType
from rich.style import Style
from rich.table import Table
from rich.text import Text

from simtool.catalogue import PERCENTAGES
from simtool.results import Column, Columns, Grid, Histogram, Result, Rows, scalar_to_python, to_python

from .terminal import printable, text_of

_UNLIMITED = 1_000_000  # characters: nothing here expands, so a table still takes its natural width
_DIGITS = 6
_DECIMALS = 4
_BLOCKS = " ▁▂▃▄▅▆▇█"
_CURVE = 60  # epochs of a curve that are shown
# the coolwarm map of Moreland 2009: its middle is light, its ends are dark, and neither red nor green decides
_COLD, _MIDDLE, _WARM = (59, 76, 192), (221, 221, 221), (180, 4, 38)


def on_stdout(result: Result, *, limit: int, listing: str) -> bytes:
    """Return the table for stdout: coloured on a terminal, in the encoding that stdout has."""
    console = Console(
        file=sys.stdout,
        width=_UNLIMITED,
        height=25,  # with a width alone, a dumb terminal would get 80 columns
        color_system="auto" if sys.stdout.isatty() and not os.environ.get("NO_COLOR") else None,
    )
    with console.capture() as capture:
        for part in _parts(result, limit, listing):
            console.print(part)
    return capture.get().encode(sys.stdout.encoding or "utf-8", "backslashreplace")


def _parts(result: Result, limit: int, listing: str) -> Iterator[RenderableType]:
    yield Text.assemble((printable(result.command), "bold"), _pairs(result.inputs))
    if any(value is not None for value in result.parameters.values()):
        yield Text(_pairs(result.parameters).lstrip(), style="dim")
    if result.grids:
        yield from _grids_parts(result.grids)
    elif result.rows.names:
        yield from _rows_parts(result.rows, limit, listing)
    if result.history is not None:
        yield _history_line(result.history)
    for histogram in result.histograms:
        yield from _histogram_lines(histogram)
    rest = _unshown(result.rows, {key: value for key, value in result.summary.items() if key != "percent"})
    if rest:
        yield from _summary_lines(rest)
    if "percent" in result.summary:
        yield Text(f"\n{_headline(result)}", style="bold")


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
    # ids may be called like a number of the summary: only a table of aggregates is a part of it
    return rest if not rest or rows.names[:1] == ("aggregate",) else dict(summary)


def _headline(result: Result) -> str:
    """Return the percentage with the name of what it is of, and how it was made."""
    percent, made = result.summary["percent"], result.parameters.get("percent")
    name = result.parameters.get("percent_of", next(key for key in result.summary if key != "percent"))
    if name is None:
        return "no percentage: a distance has none"
    text = text_of(scalar_to_python(percent))
    name = f"{name} of best matches of items" if result.parameters.get("items") == "best" else name
    formula = f"  ({made}: {PERCENTAGES[made]})" if made in PERCENTAGES else ""
    return f"{text if text == 'undefined' else f'{percent:.2f} %'}  {name}{formula}"


def _pairs(members: Mapping[str, Any]) -> str:
    """Return `  name value  name value` without the members that were not given."""
    given = ((name, scalar_to_python(value)) for name, value in members.items() if value is not None)
    return "".join(printable(f"  {name} {text_of(value)}") for name, value in given)


def _rows_parts(rows: Rows, limit: int, listing: str) -> Iterator[RenderableType]:
    # a table of aggregates is the summary itself
    shown = len(rows) if rows.names[:1] == ("aggregate",) else min(len(rows), limit)
    columns = rows.read(0, shown)
    table = Table(box=box.ROUNDED)
    for name in rows.names:
        _add_column(table, name, is_number=_is_number(columns[name]))
    for cells in zip(*map(_cells, columns.values()), strict=True):
        table.add_row(*map(Text, cells))
    yield table
    if not len(rows):
        yield Text("no rows")
    elif shown < len(rows):
        left = len(rows) - shown
        yield Text(f"… {left} more row{'s' * (left > 1)}; {listing} lists all", style="dim")


def _grids_parts(grids: Sequence[Grid]) -> Iterator[RenderableType]:
    for grid in grids:
        if grid.batch is not None:
            yield Text(f"batch {grid.batch}", style="bold")
        yield _grid_table(grid)
    last = grids[-1]
    is_corner = last.scores.shape != last.shape
    if is_corner or len(grids) < last.batches:
        size = " × ".join(map(str, last.shape if last.batch is None else (last.batches, *last.shape)))
        matrices = "matrix" if last.batch is None else "matrices"
        yield Text(f"-o scores.npy writes the whole {size} {matrices}", style="dim")


def _grid_table(grid: Grid) -> Table:
    more_rows = grid.shape[0] > len(grid.row_ids)
    more_columns = grid.shape[1] > len(grid.column_ids)
    table = Table(box=box.ROUNDED)
    _add_column(table, "", is_number=_is_number(grid.row_ids))
    for name in [*_cells(grid.column_ids), *(["…"] if more_columns else [])]:
        _add_column(table, name, is_number=True)
    texts = _cells(grid.scores.reshape(-1))
    styles = _shades(grid.scores.reshape(-1))
    width = len(grid.column_ids)
    for row, name in enumerate(_cells(grid.row_ids)):
        part = slice(row * width, (row + 1) * width)
        shaded = [Text(text, style=style) for text, style in zip(texts[part], styles[part], strict=True)]
        table.add_row(Text(name, style="bold"), *shaded, *(["…"] if more_columns else []))
    if more_rows:
        table.add_row(*["…"] * len(table.columns))
    return table


def _histogram_lines(histogram: Histogram) -> Iterator[Text]:
    """Yield one line of blocks per group, of the bins between the first and the last that hold something."""
    used = np.flatnonzero(sum(counts for counts in histogram.counts.values()))
    if not len(used):
        return
    part = slice(int(used[0]), int(used[-1]) + 1)
    low, high = (_decimal(float(histogram.edges[edge]), 2) for edge in (part.start, part.stop))
    width = max(map(cell_len, (*histogram.counts, histogram.name)))
    ruler = f"{low}{high:>{max(part.stop - part.start - len(low), len(high) + 1)}}"
    yield Text.assemble((f"{histogram.name:<{width}}", "bold"), "  ", (ruler, "dim"))
    for name, counts in histogram.counts.items():
        shown = counts[part]
        steps = np.ceil(shown / max(1, shown.max()) * (len(_BLOCKS) - 1)).astype(int)
        blocks = "".join(_BLOCKS[step] for step in steps.tolist()).rstrip()
        yield Text.assemble((f"{name:<{width}}", "bold"), "  ", blocks)


def _history_line(history: Columns) -> Text:
    """Return the loss of each epoch, or of some of many, as one line of blocks between its extremes."""
    losses = history.columns["loss"]
    shown = losses[np.linspace(0, len(losses) - 1, min(len(losses), _CURVE)).round().astype(int)]
    low, high = float(shown.min()), float(shown.max())
    steps = np.ceil((shown - low) / ((high - low) or 1.0) * (len(_BLOCKS) - 2)).astype(int) + 1
    blocks = "".join(_BLOCKS[step] for step in steps.tolist())
    return Text.assemble(
        ("loss", "bold"), f"  {blocks}  {_significant(float(losses[0]))} to {_significant(float(losses[-1]))}"
    )


def _summary_lines(summary: Mapping[str, Any]) -> Iterator[Text]:
    keys = [printable(key) for key in summary]
    width = max(map(cell_len, keys))
    for key, value in zip(keys, summary.values(), strict=True):
        text = printable(_significant(scalar_to_python(value)))
        yield Text.assemble((key, "bold"), " " * (width - cell_len(key) + 2), text)


def _add_column(table: Table, name: str, *, is_number: bool) -> None:
    table.add_column(Text(printable(name)), justify="right" if is_number else "left")


def _is_number(column: Column) -> bool:
    """Tell whether a column holds numbers, apart from what does not apply to a row."""
    if column.dtype == object:
        values = [value for value in column if value is not None]
        return bool(values) and all(isinstance(value, int | float) and not isinstance(value, bool) for value in values)
    return column.dtype.kind in "iuf"


def _cells(column: Column) -> list[str]:
    """Return a column as printable text; the floats of one column share their decimals."""
    values = to_python(column)
    if _is_number(column) and column.dtype == object:
        shown = iter(_cells(np.asarray([value for value in values if value is not None])))
        return ["" if value is None else next(shown) for value in values]
    if column.dtype.kind != "f":
        # None is what does not apply to this row
        return ["" if value is None else printable(_significant(value)) for value in values]
    finite = [abs(value) for value in values if math.isfinite(value)]
    decimals = min(_decimals(max(finite, default=0)), _DECIMALS)
    return [_decimal(value, decimals) for value in values]


def _decimal(value: float, decimals: int) -> str:
    if math.isnan(value):
        return "undefined"
    # a small number keeps its digits, and a huge one does not look exact
    if value and not 10.0 ** (1 - decimals) <= abs(value) < 1e15:
        return f"{value:.4g}"
    return f"{value + 0.0:.{decimals}f}"


def _decimals(value: float) -> int:
    """Return how many decimals show `value` with six significant digits."""
    return max(0, _DIGITS - 1 - math.floor(math.log10(value))) if value else _DECIMALS


def _significant(value: Any) -> str:
    if not isinstance(value, float) or math.isnan(value):
        return text_of(value)
    if not 1e-4 <= abs(value) < 1e15:
        return f"{value:.6g}"
    text = f"{value:.{_decimals(abs(value))}f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def _shades(scores: Column) -> list[Style]:
    """Return a background per score: blue at the low end, red at the high end, both sides of zero alike."""
    finite = scores[np.isfinite(scores)].astype(float)
    low, high = (float(finite.min()), float(finite.max())) if len(finite) else (0.0, 0.0)
    if low < 0 < high:
        low, high = -max(-low, high), max(-low, high)
    span = high - low or 1.0
    return [
        _shade((score - low) / span) if math.isfinite(score) else Style() for score in scores.astype(float).tolist()
    ]


def _shade(share: float) -> Style:
    start, end, way = (_COLD, _MIDDLE, 2 * share) if share < 0.5 else (_MIDDLE, _WARM, 2 * share - 1)
    red, green, blue = (round(a + (b - a) * way) for a, b in zip(start, end, strict=True))
    is_light = 0.299 * red + 0.587 * green + 0.114 * blue > 140
    return Style(color="#000000" if is_light else "#ffffff", bgcolor=f"#{red:02x}{green:02x}{blue:02x}")
