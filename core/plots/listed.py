"""What a table lists: few rows each with its name and its interval, many by their rank with the least ones named."""

from typing import TYPE_CHECKING

import numpy as np

from ..results import Column, Result
from .style import BLUE, GREY, SIZE, Drawing, shortened, title_of

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

COMMANDS = ("compare", "channels", "loss")
SCORES = ("loss", "score", "cosine")  # columns that are drawn; of others the second one
FEW, NAMED, LONGEST = 40, 5, 24  # rows with a name each; of many, those with one; characters of a name
HEIGHT = 0.24  # inches of a row


def listed(result: Result) -> str | None:
    """Return the column that a picture is of; None where the rows are no list of scores."""
    names = result.rows.names
    if result.command not in COMMANDS or len(names) < 2 or not len(result.rows):
        return None
    column = next((name for name in SCORES if name in names), names[1])
    return column if result.rows.read(0, 1)[column].dtype.kind in "fiuO" else None


def listed_drawing(result: Result) -> Drawing:
    """Return a picture of the scores that are listed."""
    column = listed(result)
    assert column is not None
    columns = result.rows.read(0, len(result.rows))
    values = _numbers(columns[column])
    names = columns["b"] if "b" in columns and "a" in columns else columns[result.rows.names[0]]
    few = len(values) <= FEW
    labels = [shortened(str(name), LONGEST) for name in names.tolist()] if few else []

    def draw(figure: "Figure") -> None:
        axes = figure.subplots()
        if few:
            _dots(
                axes, labels, values, *(_numbers(columns[end]) if end in columns else None for end in ("low", "high"))
            )
            axes.set_xlabel(_title(result, column))
        else:
            _ranks(axes, names, values)
            axes.set_xlabel(f"rank among {len(values):,}, the least first")
            axes.set_ylabel(_title(result, column))
        axes.set_title(f"{result.command}: {title_of(result.inputs)}")

    return Drawing(draw, (SIZE[0], max(2.0, 1.2 + HEIGHT * len(values))) if few else SIZE)


def _dots(axes: "Axes", labels: list[str], values: Column, low: Column | None, high: Column | None) -> None:
    places = np.arange(len(values))
    if low is not None and high is not None:
        axes.hlines(places, low, high, color=GREY, linewidth=1.6, label="95 % interval")
        axes.legend(loc="best")
    axes.plot(values, places, "o", color=BLUE)
    axes.set_yticks(places, labels=labels)
    axes.invert_yaxis()


def _ranks(axes: "Axes", names: Column, values: Column) -> None:
    order = np.argsort(values, kind="stable")
    axes.plot(np.arange(1, len(values) + 1), values[order], color=BLUE)
    least = ", ".join(shortened(str(names[row]), LONGEST) for row in order[:NAMED].tolist())
    axes.text(0.02, 0.97, f"least: {least}", transform=axes.transAxes, va="top", fontsize=9)


def _numbers(column: Column) -> Column:
    return np.asarray([np.nan if value is None else value for value in column.tolist()], dtype=float)


def _title(result: Result, column: str) -> str:
    return str(result.parameters.get("metric") or column) if column == "score" else column
