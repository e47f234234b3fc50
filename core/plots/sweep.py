"""A sweep: what becomes of a loss, or of the measures of an evaluation, as parameters change."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from ..results import Column, Columns, Result
from .style import GREY, LINES, SIZE, Drawing, title_of

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

# the first column after those that are swept, by command and first column
FIRST = {("loss", "kind"): "loss", ("evaluate", "truncate"): "bytes", ("evaluate", "quantize"): "bytes"}
MOST = 3  # measures that are drawn


def swept(result: Result) -> tuple[str, ...]:
    """Return the columns that a sweep goes through, the innermost last; none where there is no sweep."""
    names = result.rows.names
    first = FIRST.get((result.command, names[0])) if names else None
    found = names[: names.index(first)] if first in names and len(result.rows) > 1 else ()
    return () if found == ("kind",) else found


def sweep_curves(result: Result) -> Columns:
    """Return the curves of a sweep: what they go over, then a column for each measure of each group; NaN between them.

    Measures of an evaluation go over the bytes of a vector, a group for each precision.
    """
    lines = _lines(result)
    x = np.unique(np.concatenate([line[0] for groups in lines.values() for line in groups.values()]))
    columns = {_over(result): x}
    for measure, groups in lines.items():
        for group, (own, values) in groups.items():
            column = columns[f"{measure}, {group}" if group else measure] = np.full(len(x), np.nan)
            column[np.searchsorted(x, own)] = values
    return Columns(columns)


def sweep_drawing(result: Result) -> Drawing:
    """Return a panel for each measure, with a line for each group, and one for the full vectors of an evaluation."""
    lines, over = _lines(result), _over(result)

    def draw(figure: "Figure") -> None:
        panels: Sequence[Axes] = np.ravel(figure.subplots(len(lines), 1, sharex=True)).tolist()
        for axes, (measure, groups) in zip(panels, lines.items(), strict=True):
            for number, (group, (x, y)) in enumerate(groups.items()):
                color, style = LINES[number % len(LINES)]
                axes.plot(x, y, style, color=color, marker="o", label=group)
            full = result.summary.get(measure)
            if over == "bytes" and isinstance(full, float):
                axes.axhline(full, color=GREY, linestyle=":", label="full vectors")
            axes.set_ylabel(measure)
        if len(panels[0].lines) > 1:
            panels[0].legend(loc="best")
        panels[-1].set_xlabel("bytes of a vector" if over == "bytes" else over)
        if over == "bytes":
            panels[-1].set_xscale("log", base=2)
            panels[-1].xaxis.set_major_formatter("{x:.0f}")
        panels[0].set_title(f"{result.command}: {title_of(result.inputs)}")

    return Drawing(draw, (SIZE[0], SIZE[1] * (1 + 0.5 * (len(lines) - 1))))


def _over(result: Result) -> str:
    """Return the column that curves go over: the bytes, or the parameter that has most values."""
    if result.command == "evaluate":
        return "bytes"
    columns = result.rows.read(0, len(result.rows))
    return max(swept(result), key=lambda name: len(set(columns[name].tolist())))


def _lines(result: Result) -> dict[str, dict[str, tuple[Column, Column]]]:
    """Return by measure and group the points of a line, in the order of what it goes over."""
    columns, over = result.rows.read(0, len(result.rows)), _over(result)
    others = [name for name in swept(result) if name not in (over, "truncate")]
    groups = list(zip(*(columns[name].tolist() for name in others), strict=True)) or [()] * len(result.rows)
    lines: dict[str, dict[str, tuple[Column, Column]]] = {name: {} for name in _measures(result)}
    for group in dict.fromkeys(groups):
        mine = np.flatnonzero([each == group for each in groups])
        mine = mine[np.argsort(columns[over][mine], kind="stable")]
        for measure, found in lines.items():
            found[", ".join(map(str, group))] = columns[over][mine], columns[measure][mine]
    return lines


def _measures(result: Result) -> list[str]:
    """Return the columns that are drawn."""
    if result.command == "loss":
        return [name for name in ("loss", "active_share", "gradient_norm") if name in result.rows.names]
    names = result.rows.names[len(swept(result)) + 1 :]
    return [name for name in names if "." not in name][:MOST]
