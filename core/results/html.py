"""A result in a notebook: its summary, its first rows, and its histograms."""

from collections.abc import Iterable, Sequence
from html import escape
from typing import TYPE_CHECKING, Any

import numpy as np

from .records import Histogram
from .values import scalar_to_python, to_python

if TYPE_CHECKING:
    from .result import Result

ROWS = 20
_WIDTH, _HEIGHT = 360, 60  # of a histogram, in pixels


def html(result: "Result") -> str:
    """Return tables that a notebook shows; whatever an id holds stays text."""
    rows = result.rows.read(0, min(ROWS, len(result.rows)))
    cells = zip(*map(to_python, rows.values()), strict=True)
    left = len(result.rows) - ROWS
    inputs = ", ".join(f"{role} {name}" for role, name in result.inputs.items())
    parts = [
        f"<b>{escape(result.command)}</b> {escape(inputs)}",
        _table(("", ""), result.summary.items()),
        *map(_histogram, result.histograms),
        _table(tuple(rows), cells) if rows else "",
        f"<p>{left:,} more rows</p>" if left > 0 else "",
    ]
    return f"<div>{''.join(parts)}</div>"


def _table(names: Sequence[str], rows: Iterable[Sequence[Any]]) -> str:
    head = "".join(f"<th>{escape(name)}</th>" for name in names)
    body = "".join(f"<tr>{''.join(map(_cell, row))}</tr>" for row in rows)
    return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"


def _cell(value: Any) -> str:
    value = scalar_to_python(value)
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    text = f"{value:.6g}" if isinstance(value, float) else "" if value is None else str(value)
    return f'<td style="text-align:{"right" if is_number else "left"}">{escape(text)}</td>'


def _histogram(histogram: Histogram) -> str:
    """Return the bars of each group, each as high as the highest of its own."""
    return "".join(
        _bars(f"{histogram.name}: {name}", histogram.edges, counts) for name, counts in histogram.counts.items()
    )


def _bars(name: str, edges: Any, counts: Any) -> str:
    used = np.flatnonzero(counts)
    if not len(used):
        return ""
    first, last = int(used[0]), int(used[-1]) + 1
    shown, width = counts[first:last], _WIDTH / (last - first)
    heights = (shown / shown.max() * _HEIGHT).tolist()
    bars = "".join(
        f'<rect x="{place * width:.2f}" y="{_HEIGHT - height:.2f}" width="{width:.2f}" height="{height:.2f}"/>'
        for place, height in enumerate(heights)
    )
    said = f"{name}, {edges[first]:.4g} to {edges[last]:.4g}"
    picture = f'<svg role="img" aria-label="{escape(said)}" width="{_WIDTH}" height="{_HEIGHT}">{bars}</svg>'
    return f'<figure style="margin:0" fill="currentColor">{picture}<figcaption>{escape(said)}</figcaption></figure>'
