"""Histograms and curves as lines of blocks."""

from collections.abc import Iterator

import numpy as np
from rich.cells import cell_len
from rich.text import Text

from simtool.results import Columns, Histogram

from .cells import decimal, significant

_BLOCKS = " ▁▂▃▄▅▆▇█"
_CURVE = 60  # epochs of a curve that are shown


def histogram_lines(histogram: Histogram, room: int) -> Iterator[Text]:
    """Yield one line of blocks per group, of the bins between the first and the last that hold something.

    Where a line has no room for all of them, a block is of two bins, or of four, and so on.
    """
    used = np.flatnonzero(sum(counts for counts in histogram.counts.values()))
    if not len(used):
        return
    part = slice(int(used[0]), int(used[-1]) + 1)
    low, high = (decimal(float(histogram.edges[edge]), 2) for edge in (part.start, part.stop))
    width = max(map(cell_len, (*histogram.counts, histogram.name, *histogram.marks)))
    merged = 1
    while merged < part.stop - part.start and width + 2 + -(-(part.stop - part.start) // merged) > room:
        merged *= 2
    starts = np.arange(part.start, part.stop, merged)
    ruler = f"{low}{high:>{max(len(starts) - len(low), len(high) + 1)}}"
    yield Text.assemble((f"{histogram.name:<{width}}", "bold"), "  ", (ruler, "dim"))
    for name, counts in histogram.counts.items():
        shown = np.add.reduceat(counts[: part.stop], starts)
        steps = np.ceil(shown / max(1, shown.max()) * (len(_BLOCKS) - 1)).astype(int)
        blocks = "".join(_BLOCKS[step] for step in steps.tolist()).rstrip()
        yield Text.assemble((f"{name:<{width}}", "bold"), "  ", blocks)
    for name, value in histogram.marks.items():
        place = (int(np.searchsorted(histogram.edges, value, side="right")) - 1 - part.start) // merged
        if 0 <= place < len(starts):
            number = significant(float(value))
            after = width + 4 + place + len(number) <= room
            mark = f"{' ' * place}▲ {number}" if after else f"{number} ▲".rjust(place + 1)
            yield Text.assemble((f"{name:<{width}}", "bold"), "  ", mark)


def history_line(history: Columns) -> Text:
    """Return the loss of each epoch, or of some of many, as one line of blocks between its extremes."""
    losses = history.columns["loss"]
    shown = losses[np.linspace(0, len(losses) - 1, min(len(losses), _CURVE)).round().astype(int)]
    low, high = float(shown.min()), float(shown.max())
    steps = np.ceil((shown - low) / ((high - low) or 1.0) * (len(_BLOCKS) - 2)).astype(int) + 1
    blocks = "".join(_BLOCKS[step] for step in steps.tolist())
    return Text.assemble(
        ("loss", "bold"), f"  {blocks}  {significant(float(losses[0]))} to {significant(float(losses[-1]))}"
    )
