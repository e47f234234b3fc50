"""Small pictures as SVG, in the colour of the text around them: histograms and curves, with axes and a text for those
who cannot see them."""

from collections.abc import Iterator
from html import escape

import numpy as np

from .records import Column, Columns, Histogram

_WIDTH, _HEIGHT, _LEFT, _BELOW, _ABOVE = 360, 90, 56, 22, 8  # of the plot and of the space around it, in pixels
_POINTS = 300  # of a curve that are drawn
_TEXT = 'font-size="11" fill="currentColor"'


def histogram_figures(histogram: Histogram) -> Iterator[str]:
    """Yield a picture of each group that has values, over one range, its bars as high as the highest of its own."""
    used = np.flatnonzero(sum(histogram.counts.values()))
    for group, counts in histogram.counts.items():
        if counts.any():
            part = slice(int(used[0]), int(used[-1]) + 1)
            yield _bars(histogram.name, group, histogram.edges[part.start : part.stop + 1], counts[part])


def curve_figures(curves: Columns) -> Iterator[str]:
    """Yield a picture of each column over the first one; a column without any number has none."""
    x_name, *names = curves.names
    for name in names:
        finite = np.flatnonzero(np.isfinite(curves.columns[name]))
        if len(finite):
            drawn = finite[np.linspace(0, len(finite) - 1, min(len(finite), _POINTS)).round().astype(int)]
            yield _line(x_name, name, curves.columns[x_name][drawn], curves.columns[name][drawn])


def _bars(name: str, group: str, edges: Column, counts: Column) -> str:
    width, most = _WIDTH / len(counts), int(counts.max())
    bars = "".join(
        f'<rect x="{_LEFT + place * width:.2f}" y="{_ABOVE + _HEIGHT - height:.2f}" width="{width:.2f}" '
        f'height="{height:.2f}" fill="currentColor" fill-opacity="0.6"/>'
        for place, height in enumerate((counts / most * _HEIGHT).tolist())
    )
    low, high = f"{edges[0]:.4g}", f"{edges[-1]:.4g}"
    fullest = int(counts.argmax())
    said = (
        f"{name}: {group}. {int(counts.sum()):,} values from {low} to {high}, "
        f"most of them, {most:,}, between {edges[fullest]:.4g} and {edges[fullest + 1]:.4g}"
    )
    return _figure(f"{name}: {group}", said, bars, (low, name, high), ("0", f"{most:,}"))


def _line(x_name: str, name: str, x: Column, y: Column) -> str:
    low, high = float(y.min()), float(y.max())
    across = (x - x[0]) / ((x[-1] - x[0]) or 1) * _WIDTH + _LEFT
    down = _ABOVE + (high - y) / ((high - low) or 1.0) * _HEIGHT
    points = " ".join(f"{a:.1f},{b:.1f}" for a, b in zip(across.tolist(), down.tolist(), strict=True))
    line = f'<polyline points="{points}" fill="none" stroke="currentColor" stroke-width="1.5"/>'
    said = f"{name} by {x_name}, from {y[0]:.4g} at {x[0]} to {y[-1]:.4g} at {x[-1]}"
    return _figure(name, said, line, (str(x[0]), x_name, str(x[-1])), (f"{low:.4g}", f"{high:.4g}"))


def _figure(title: str, said: str, drawn: str, below: tuple[str, str, str], beside: tuple[str, str]) -> str:
    """Return a picture with its axes: what stands below it from left to right, and beside it from the bottom up."""
    right, bottom = _LEFT + _WIDTH, _ABOVE + _HEIGHT
    axes = f'<path d="M{_LEFT} {_ABOVE}V{bottom}H{right}" fill="none" stroke="currentColor"/>'
    places = zip(below, (_LEFT, _LEFT + _WIDTH / 2, right), ("start", "middle", "end"), strict=True)
    texts = [
        *(
            f'<text x="{x}" y="{bottom + 16}" text-anchor="{to}" {_TEXT}>{escape(text)}</text>'
            for text, x, to in places
        ),
        *(
            f'<text x="{_LEFT - 6}" y="{y}" text-anchor="end" {_TEXT}>{escape(text)}</text>'
            for text, y in zip(beside, (bottom, _ABOVE + 8), strict=True)
        ),
    ]
    size = f'viewBox="0 0 {right + 8} {bottom + _BELOW}" width="{right + 8}" height="{bottom + _BELOW}"'
    picture = f'<svg role="img" aria-label="{escape(said)}" {size}>{drawn}{axes}{"".join(texts)}</svg>'
    return f'<figure style="margin:0">{picture}<figcaption>{escape(title)}</figcaption></figure>'
