"""A sweep: what becomes of a loss, or of the measures of an evaluation, as parameters change."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from ..results import Column, Result
from .style import LINES, SIZE, Drawing, title_of

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


def sweep_drawing(result: Result) -> Drawing:
    """Return a panel for each measure, over the parameter that has most values, with a line for each of the others.

    Args:
        result: of a sweep.
    """
    columns = result.rows.read(0, len(result.rows))
    names = sorted(swept(result), key=lambda name: len(set(columns[name].tolist())))
    *others, over = names
    groups = list(zip(*(columns[name].tolist() for name in others), strict=True)) or [()] * len(result.rows)
    measures = _measures(result)

    def draw(figure: "Figure") -> None:
        panels: Sequence[Axes] = np.ravel(figure.subplots(len(measures), 1, sharex=True)).tolist()
        for axes, measure in zip(panels, measures, strict=True):
            for number, group in enumerate(dict.fromkeys(groups)):
                mine = np.asarray([each == group for each in groups])
                color, style = LINES[number % len(LINES)]
                x, y = _values(columns[over][mine]), columns[measure][mine]
                axes.plot(x, y, style, color=color, marker="o", label=", ".join(map(str, group)))
            axes.set_ylabel(measure)
            if len(set(groups)) > 1:
                axes.legend(loc="best")
        panels[-1].set_xlabel(over)
        panels[0].set_title(f"{result.command}: {title_of(result.inputs)}")

    return Drawing(draw, (SIZE[0], SIZE[1] * (1 + 0.5 * (len(measures) - 1))))


def _measures(result: Result) -> list[str]:
    """Return the columns that are drawn."""
    if result.command == "loss":
        return [name for name in ("loss", "active_share", "gradient_norm") if name in result.rows.names]
    names = result.rows.names[len(swept(result)) + 1 :]
    return [name for name in names if not name.endswith(".loss")][:MOST]


def _values(column: Column) -> Column:
    """Return numbers as they are, and anything else as text, which has an axis of its own."""
    return column if column.dtype.kind in "iuf" else column.astype(str)
