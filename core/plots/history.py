"""The picture of a training run: the loss by epoch, and the score for early stopping."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from ..results import Result
from .style import BLUE, GREY, ORANGE, Drawing, title_of

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure


def history_drawing(result: Result) -> Drawing:
    """Return the loss by epoch, below it the score for early stopping where there is one."""
    assert result.history is not None
    columns = result.history.read(0, len(result.history))
    lines = [("loss", "mean training loss", BLUE, "-"), ("score", "score for early stopping", ORANGE, "--")]
    lines = [line for line in lines if np.isfinite(columns[line[0]]).any()]
    best = result.summary["best_epoch"] if result.parameters.get("patience") is not None else None

    def draw(figure: "Figure") -> None:
        from matplotlib.ticker import MaxNLocator

        panels: Sequence[Axes] = np.ravel(figure.subplots(len(lines), 1, sharex=True)).tolist()
        for axes, (name, label, color, style) in zip(panels, lines, strict=True):
            marker = "o" if len(columns["epoch"]) == 1 else ""
            axes.plot(columns["epoch"], columns[name], color=color, linestyle=style, marker=marker)
            axes.set_ylabel(label)
            if isinstance(best, int):
                axes.axvline(best, color=GREY, linestyle=":", label=f"best epoch {best}")
        panels[0].set_title(f"{result.parameters['kind']}, {title_of(result.inputs)}")
        panels[-1].set_xlabel("epoch")
        panels[-1].xaxis.set_major_locator(MaxNLocator(integer=True, steps=[1, 2, 5, 10]))
        if best is not None:
            panels[0].legend(loc="best")

    return Drawing(draw)
