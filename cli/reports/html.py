"""A result as one page of HTML that needs nothing else: no network, no framework, less than a megabyte.

Accepted: any result; text of inputs stays text.
Lost: rows, and other lines, beyond what a page has room for; it says how many.
"""

import platform
import shlex
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from importlib.metadata import version
from typing import Any

from simtool import __version__
from simtool.errors import without_secrets
from simtool.io import embedded, watched
from simtool.plots import sweep_curves, swept
from simtool.results import Grid, Result, Verdict, curve_figures, histogram_figures, scalar_to_python

from ..option_names import as_option
from ..output.cells import cells_of, is_number, significant
from ..output.fitted_columns import TextColumn
from ..output.moved import moved_since
from ..output.shades import shades
from ..output.table import beside_rows, column_title, headline
from .page import ROOM, page, section, table, text, within
from .pictures import curve_pictures, drift_pictures

MOST_ROWS = 500


def html_report(result: Result, verdicts: Sequence[Verdict]) -> Iterator[str]:
    """Yield the parts of the page, the verdict first."""
    title = f"simtool {result.command}"
    failed = sum(not verdict.passed for verdict in verdicts)
    histograms = (each for histogram in result.histograms for each in histogram_figures(histogram))
    body = [
        f"<h1>{text(title)}</h1>",
        *_gates(verdicts, failed),
        *section("Summary", _summary(result)),
        *section("Against the baseline", _against(result)),
        *section("Rows", _rows(result)),
        *section("Matrix", map(_grid, result.grids)),
        *section("Curves", curve_pictures(result)),
        *section("Drift", drift_pictures(result)),
        *section("Distributions", histograms),
        *section("Sweep", curve_figures(sweep_curves(result)) if swept(result) else ()),
        *section("History", () if result.history is None else curve_figures(result.history)),
        *section("Notes", _notes(result)),
        *section("Command", [f"<pre>{text(_command_line())}</pre>"]),
        *section("Inputs", _inputs(result)),
        *section("Parameters", _facts("parameter", _given(result.parameters))),
        *section("Versions", _facts("program", _versions())),
    ]
    yield from page(f"FAILED: {title}" if failed else title, body, embedded(result))


def _gates(verdicts: Sequence[Verdict], failed: int) -> Iterator[str]:
    if not verdicts:
        return
    count = f"{len(verdicts)} gate{'s' * (len(verdicts) > 1)}"
    kind, said = ("failed", f"FAILED: {failed} of {count}") if failed else ("passed", f"Passed: {count}")
    worst_first = sorted(verdicts, key=lambda verdict: verdict.passed)
    lines = [f"<li>{text(verdict.sentence())}</li>" for verdict in worst_first]
    shown = within(lines, ROOM)
    yield f'<section class="{kind}"><h2>{said}</h2><ul>{"".join(shown)}</ul></section>'


def _summary(result: Result) -> Iterator[str]:
    """Yield the percentage, and the numbers that the rows do not hold too."""
    if "percent" in result.summary:
        yield f"<p><strong>{text(headline(result))}</strong></p>"
    yield from _facts("number", beside_rows(result))


def _against(result: Result) -> Iterator[str]:
    if result.baseline is not None:
        moved, said = moved_since(result, result.baseline)
        yield f"<p>{text(result.baseline.source)}</p>"
        if moved:
            yield table([TextColumn(name, cells_of(each), is_number(each)) for name, each in moved.items()])
        yield from (f"<p>{text(sentence)}</p>" for sentence in said)


def _facts(name: str, facts: Mapping[str, Any]) -> Iterator[str]:
    """Yield a table of names and values."""
    if facts:
        values = [significant(scalar_to_python(value)) for value in facts.values()]
        yield table([TextColumn(name, list(facts)), TextColumn("value", values)])


def _inputs(result: Result) -> Iterator[str]:
    """Yield a table of the inputs, and one of the files that were read with what tells their content."""
    yield from _facts("input", result.inputs)
    if read := {name: f"{each.size:,} bytes, {each.digest}" for name, each in watched().items()}:
        yield from _facts("file", read)
        yield "<p>Digests are of the first and the last 64 KiB of a file.</p>"


def _given(parameters: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in parameters.items() if value is not None}


def _rows(result: Result) -> Iterator[str]:
    if result.rows.names:
        read = result.rows.read(0, min(len(result.rows), MOST_ROWS))
        columns = [
            TextColumn(column_title(name, result), cells_of(each), is_number(each)) for name, each in read.items()
        ]
        yield table(columns, total=len(result.rows), sortable=True)


def _grid(grid: Grid) -> str:
    """Return the shown corner of a matrix, shaded as on a terminal."""
    count = len(grid.column_ids)
    cells, styles = cells_of(grid.scores.reshape(-1)), shades(grid.scores.reshape(-1))
    columns = [TextColumn("id", cells_of(grid.row_ids))]
    columns += [
        TextColumn(name, cells[place::count], True, styles[place::count])
        for place, name in enumerate(cells_of(grid.column_ids))
    ]
    rows, across = grid.scores.shape
    batch = "" if grid.batch is None else f"batch {grid.batch}: "
    of = f"{batch}{rows:,} × {across:,} of {grid.shape[0]:,} × {grid.shape[1]:,}"
    return f"<p>{of}</p>{table(columns)}"


def _notes(result: Result) -> Iterator[str]:
    sentences = (*dict.fromkeys(result.provenance.values()), *result.spelled_notes(as_option))
    sentences += tuple(f"wrote {path}{f' ({content})' if content else ''}" for path, content in result.written.items())
    yield from (f"<p>{text(sentence)}</p>" for sentence in sentences)


def _command_line() -> str:
    """Return what was typed, as a shell takes it, without the secrets of addresses."""
    return shlex.join(["simtool", *map(without_secrets, sys.argv[1:])])


def _versions() -> dict[str, str]:
    return {"simtool": __version__, "Python": platform.python_version(), **_installed(("numpy", "torch"))}


def _installed(names: Iterable[str]) -> dict[str, str]:
    """Return the versions of the libraries that the command has loaded."""
    return {name: version(name) for name in names if name in sys.modules}
