"""The distributions behind a summary."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from ..results import Result
from .style import LINES, SIZE, Drawing, title_of

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure


def histogram_drawing(result: Result) -> Drawing:
    """Return a panel for each histogram: how many values of each group lie in each bin."""

    def draw(figure: "Figure") -> None:
        panels: Sequence[Axes] = np.ravel(figure.subplots(len(result.histograms), 1)).tolist()
        for axes, histogram in zip(panels, result.histograms, strict=True):
            for number, (name, counts) in enumerate(histogram.counts.items()):
                color, style = LINES[number % len(LINES)]
                axes.stairs(counts, histogram.edges, fill=True, color=color, alpha=0.25)
                label = f"{int(counts.sum()):,} {name}"
                axes.stairs(counts, histogram.edges, color=color, linestyle=style, linewidth=1.6, label=label)
            for name, value in histogram.marks.items():
                axes.axvline(value, color="black", linewidth=1.4, linestyle="-.", label=f"{name} {value:.4g}")
            axes.set_xlabel(histogram.name)
            axes.set_ylabel("values in each bin")
            axes.legend(loc="best")
        panels[0].set_title(f"{result.command}: {title_of(result.inputs)}")

    return Drawing(draw, (SIZE[0], SIZE[1] * (1 + 0.6 * (len(result.histograms) - 1))))
