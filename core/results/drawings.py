"""Small pictures as SVG, in the colour of the text around them: histograms and curves, with axes and a text for those
who cannot see them."""

from collections.abc import Iterator, Mapping
from html import escape

import numpy as np

from .records import Column, Columns, Histogram

_WIDTH, _HEIGHT, _LEFT, _BELOW, _ABOVE = 360, 90, 56, 22, 14  # of the plot and of the space around it, in pixels
_SIDE = 240  # of a square one
_POINTS = 300  # of a curve that are drawn
Mark = tuple[float, float, str]
_TEXT = 'font-size="11" fill="currentColor"'


def histogram_figures(histogram: Histogram) -> Iterator[str]:
    """Yield a picture of each group that has values, over one range, its bars as high as the highest of its own."""
    used = np.flatnonzero(sum(histogram.counts.values()))
    for group, counts in histogram.counts.items():
        if counts.any():
            part = slice(int(used[0]), int(used[-1]) + 1)
            edges = histogram.edges[part.start : part.stop + 1]
            yield _bars(histogram.name, group, edges, counts[part], histogram.marks)


def curve_figures(curves: Columns) -> Iterator[str]:
    """Yield a picture of each column over the first one; a column without any number has none."""
    x_name, *names = curves.names
    for name in names:
        finite = np.flatnonzero(np.isfinite(curves.columns[name]))
        if len(finite):
            drawn = finite[np.linspace(0, len(finite) - 1, min(len(finite), _POINTS)).round().astype(int)]
            yield _line(x_name, name, curves.columns[x_name][drawn], curves.columns[name][drawn])


def plane_figure(
    title: str,
    axes: tuple[str, str],
    lines: Mapping[str, tuple[Column, Column]],
    mark: Mark,
    ends: tuple[str, str] = ("0", "1"),
) -> str:
    """Return a square picture of lines between 0 and 1, and of a point on them.

    Args:
        title: what it is.
        axes: what lies across and what up.
        lines: name -> where its points are; the first one is drawn through, others are dashed.
        mark: the point, and what it says.
        ends: what both axes begin and end with.
    """
    drawn = ""
    for number, (x, y) in enumerate(lines.values()):
        places = np.stack([_LEFT + x * _SIDE, _ABOVE + (1 - y) * _SIDE], axis=1).round(1)
        moved = np.concatenate([[True], (np.diff(places, axis=0) != 0).any(axis=1)])
        points = " ".join(f"{a:g},{b:g}" for a, b in places[moved].tolist())
        dashes = ' stroke-dasharray="5 3"' if number else ""
        drawn += f'<polyline points="{points}" fill="none" stroke="currentColor" stroke-width="1.5"{dashes}/>'
    across, up, said = mark
    place = f'cx="{_LEFT + across * _SIDE:.1f}" cy="{_ABOVE + (1 - up) * _SIDE:.1f}"'
    drawn += f'<circle {place} r="4" fill="none" stroke="currentColor" stroke-width="2"/>'
    caption = f"{title}: {axes[1]} over {axes[0]}"
    text = f"{caption}; {', '.join(lines)}; {said}"
    return _figure(f"{caption}\n{said}", text, drawn, (ends[0], axes[0], ends[1]), ends, (_SIDE, _SIDE))


def _bars(name: str, group: str, edges: Column, counts: Column, marks: Mapping[str, float]) -> str:
    width, most = _WIDTH / len(counts), int(counts.max())
    bars = "".join(
        f'<rect x="{_LEFT + place * width:.2f}" y="{_ABOVE + _HEIGHT - height:.2f}" width="{width:.2f}" '
        f'height="{height:.2f}" fill="currentColor" fill-opacity="0.6"/>'
        for place, height in enumerate((counts / most * _HEIGHT).tolist())
    )
    marked = ""
    for mark, value in marks.items():
        x = _LEFT + (value - float(edges[0])) / float(edges[-1] - edges[0]) * _WIDTH
        if edges[0] <= value <= edges[-1]:
            line = f'<path d="M{x:.1f} {_ABOVE}V{_ABOVE + _HEIGHT}" stroke="currentColor" stroke-dasharray="5 3"/>'
            to = "start" if x < _LEFT + _WIDTH / 2 else "end"
            label = f"{mark} {value:.4g}"
            marked += f'{line}<text x="{x:.1f}" y="{_ABOVE - 2}" text-anchor="{to}" {_TEXT}>{escape(label)}</text>'
    low, high = f"{edges[0]:.4g}", f"{edges[-1]:.4g}"
    fullest = int(counts.argmax())
    said = (
        f"{name}: {group}. {int(counts.sum()):,} values from {low} to {high}, "
        f"most of them, {most:,}, between {edges[fullest]:.4g} and {edges[fullest + 1]:.4g}"
    )
    said += "".join(f"; {mark} {value:.4g}" for mark, value in marks.items())
    return _figure(f"{name}: {group}", said, bars + marked, (low, name, high), ("0", f"{most:,}"))


def _line(x_name: str, name: str, x: Column, y: Column) -> str:
    low, high = float(y.min()), float(y.max())
    across = (x - x[0]) / ((x[-1] - x[0]) or 1) * _WIDTH + _LEFT
    down = _ABOVE + (high - y) / ((high - low) or 1.0) * _HEIGHT
    points = " ".join(f"{a:.1f},{b:.1f}" for a, b in zip(across.tolist(), down.tolist(), strict=True))
    line = f'<polyline points="{points}" fill="none" stroke="currentColor" stroke-width="1.5"/>'
    said = f"{name} by {x_name}, from {y[0]:.4g} at {x[0]} to {y[-1]:.4g} at {x[-1]}"
    return _figure(name, said, line, (str(x[0]), x_name, str(x[-1])), (f"{low:.4g}", f"{high:.4g}"))


def _figure(
    title: str,
    said: str,
    drawn: str,
    below: tuple[str, str, str],
    beside: tuple[str, str],
    size: tuple[int, int] = (_WIDTH, _HEIGHT),
) -> str:
    """Return a picture with its axes: what stands below it from left to right, and beside it from the bottom up."""
    right, bottom = _LEFT + size[0], _ABOVE + size[1]
    axes = f'<path d="M{_LEFT} {_ABOVE}V{bottom}H{right}" fill="none" stroke="currentColor"/>'
    places = zip(below, (_LEFT, (_LEFT + right) / 2, right), ("start", "middle", "end"), strict=True)
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
    box = f'viewBox="0 0 {right + 8} {bottom + _BELOW}" width="{right + 8}" height="{bottom + _BELOW}"'
    picture = f'<svg role="img" aria-label="{escape(said)}" {box}>{drawn}{axes}{"".join(texts)}</svg>'
    caption = escape(title).replace("\n", "<br>")
    return f'<figure style="margin:0">{picture}<figcaption>{caption}</figcaption></figure>'
