"""Which picture a result has: by what it holds, or the one that was asked for."""

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

from ..engine import MatrixRows
from ..errors import ParameterError, closest
from ..results import Result
from .curves import ALL, KINDS, curve_drawing
from .heat_map import heat_drawing
from .histograms import histogram_drawing
from .history import history_drawing
from .listed import listed, listed_drawing
from .style import Drawing, check_matplotlib, plain_style
from .sweep import sweep_drawing, swept

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def figure_of(result: Result, kind: str | None = None) -> "Figure":
    """Return a picture of a result, as `Result.plot` explains it."""
    drawing = drawing_of(result, kind)
    check_matplotlib("plot")
    with plain_style():
        return drawing.figure()


def drawing_of(result: Result, kind: str | None = None) -> Drawing:
    """Return what draws a picture of a result: of a kind, or the one that is usual for what it holds.

    Raises:
        ParameterError: there is nothing to draw, or no such picture.
    """
    known = _drawings(result)
    if not known:
        what = f"there is nothing to draw of this result of {result.command}"
        raise ParameterError(what, "plot", "matrices, evaluations, sweeps, histograms and training runs have pictures")
    chosen = next(iter(known)) if kind is None else kind
    if chosen not in known:
        guess = closest(chosen, known)
        hint = f"did you mean {guess}?" if guess else f"there is {', '.join(known)}"
        raise ParameterError(f"no picture of this result is called {kind!r}", "kind", hint)
    return known[chosen]()


def _drawings(result: Result) -> dict[str, Callable[[], Drawing]]:
    """Return the pictures that a result has by name, the usual one first."""
    found: dict[str, Callable[[], Drawing]] = {}
    if swept(result):
        found["sweep"] = partial(sweep_drawing, result)
    if result.counts:
        found |= {kind: partial(curve_drawing, result, kind) for kind in (*KINDS, ALL)}
    if result.heat_map is not None or isinstance(result.rows, MatrixRows):
        found["heat-map"] = partial(heat_drawing, result)
    if result.history is not None:
        found["history"] = partial(history_drawing, result)
    if result.histograms:
        found["histogram"] = partial(histogram_drawing, result)
    if listed(result):
        found["listed"] = partial(listed_drawing, result)
    return found
