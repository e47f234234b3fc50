"""A matrix of scores as a heat map."""

from typing import TYPE_CHECKING, Any

import numpy as np

from ..engine import MatrixRows, MeanCells
from ..errors import ParameterError
from ..results import Column, HeatMap, Result
from .style import Drawing, shortened, text_color, title_of

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.axis import Axis
    from matplotlib.figure import Figure

MOST = 1000  # rows and columns of the picture
WRITTEN = 12  # rows and columns of which each cell has its number
NAMED = 40  # rows and columns of which each has its name
LONGEST = 20  # characters of a name
HEIGHT, TALL = 5.6, 9.0  # inches; the taller one has a pixel for each of 1000 cells
COARSE = 600  # rows or columns that the lower one shows


def heat_drawing(result: Result) -> Drawing:
    """Return the heat map of a matrix.

    The colours are those of the table on a terminal: blue is the least score and red the largest, and where scores have
    both signs the light middle is at zero.
    """
    heat_map = result.heat_map or _means(result)
    rows, columns = heat_map.shape
    ratio = min(max(columns / rows, 0.5), 2.0)
    height = HEIGHT if max(heat_map.scores.shape) <= COARSE else TALL

    def draw(figure: "Figure") -> None:
        axes = figure.subplots()
        image = _image(axes, heat_map)
        _label(axes.yaxis, "A", rows, heat_map.row_ids, turned=0)
        _label(axes.xaxis, "B" if "b" in result.inputs else "A", columns, heat_map.column_ids, turned=90)
        axes.set_title(f"{title_of(result.inputs)}\n{rows:,} × {columns:,} scores")
        bar = figure.colorbar(image, ax=axes, shrink=0.9)
        measure = str(result.parameters.get("metric") or result.parameters["aggregates"][0])
        bar.set_label(_meaning(measure, heat_map))

    return Drawing(draw, (height * ratio + 1.2, height))


def _means(result: Result) -> HeatMap:
    """Return a matrix in memory in means, without the cells that are no rows of the result."""
    rows, array = result.rows, result.array
    assert isinstance(rows, MatrixRows)
    if array is None or array.ndim != 2:
        raise ParameterError("a heat map shows one matrix, and this is a batch of them", "kind", "select one of them")
    means = MeanCells(rows.matrix.shape, MOST, excluded=rows.cells.excluded)
    means.take(0, rows.matrix)
    return means.means(rows.cells.a, rows.cells.b)


def _image(axes: "Axes", heat_map: HeatMap) -> Any:
    import matplotlib as mpl

    rows, columns = heat_map.shape
    finite = heat_map.scores[np.isfinite(heat_map.scores)]
    low, high = (float(finite.min()), float(finite.max())) if len(finite) else (0.0, 0.0)
    if low < 0 < high:
        low, high = -max(-low, high), max(-low, high)
    colors = mpl.colormaps["coolwarm"]
    # the last range may be shorter than the others, and its cells go beyond the frame
    right, bottom = (int(edges[1]) * (len(edges) - 1) - 0.5 for edges in (heat_map.column_edges, heat_map.row_edges))
    image = axes.imshow(
        np.ma.masked_invalid(heat_map.scores),
        cmap=colors.with_extremes(bad="white"),
        vmin=low,
        vmax=high,
        extent=(-0.5, right, bottom, -0.5),
        aspect="equal" if 0.5 <= columns / rows <= 2 else "auto",
    )
    axes.set(xlim=(-0.5, columns - 0.5), ylim=(rows - 0.5, -0.5))
    axes.grid(visible=False)
    for spine in axes.spines.values():
        spine.set_visible(True)
    if max(rows, columns) <= WRITTEN:
        _write(axes, heat_map.scores, image)
    return image


def _write(axes: "Axes", scores: Column, image: Any) -> None:
    """Write each score into its cell, dark on light and light on dark."""
    for place in zip(*np.nonzero(np.isfinite(scores)), strict=True):
        red, green, blue, _ = image.cmap(image.norm(scores[place]))
        color = text_color(red, green, blue)
        axes.text(place[1], place[0], f"{scores[place]:.2f}", ha="center", va="center", color=color, fontsize=8)


def _label(axis: "Axis", name: str, count: int, ids: Column, *, turned: int) -> None:
    """Name every row where there are few and each has its cell, else number some."""
    from matplotlib.ticker import MaxNLocator

    if count > NAMED or len(ids) < count:
        axis.set_label_text(f"row number in {name}")
        axis.set_major_locator(MaxNLocator(integer=True, steps=[1, 2, 5, 10]))
        return
    axis.set_label_text(f"row of {name}")
    names = [shortened(str(each), LONGEST) for each in ids.tolist()]
    is_long = max(map(len, names)) > 2
    axis.set_ticks(np.arange(count), labels=names, fontsize=8 if count <= 20 else 6, rotation=turned * is_long)


def _meaning(metric: str, heat_map: HeatMap) -> str:
    height, width = (int(edges[1]) for edges in (heat_map.row_edges, heat_map.column_edges))
    binned = f"mean {metric} of {height} × {width} cells" if max(height, width) > 1 else metric
    return f"{binned} (white: left out)" if not np.isfinite(heat_map.scores).all() else binned
