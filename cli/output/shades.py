"""The colours of a matrix on a terminal: the coolwarm map of Moreland 2009.

Its middle is light, its ends are dark, and neither red nor green decides.
"""

import math

import numpy as np
from rich.style import Style

from simtool.plots import text_color
from simtool.results import Column

_COLD, _MIDDLE, _WARM = (59, 76, 192), (221, 221, 221), (180, 4, 38)


def shades(scores: Column) -> list[Style]:
    """Return a background per score: blue at the low end, red at the high end, both sides of zero alike."""
    finite = scores[np.isfinite(scores)].astype(float)
    low, high = (float(finite.min()), float(finite.max())) if len(finite) else (0.0, 0.0)
    if low < 0 < high:
        low, high = -max(-low, high), max(-low, high)
    span = high - low or 1.0
    return [
        _shade((score - low) / span) if math.isfinite(score) else Style() for score in scores.astype(float).tolist()
    ]


def _shade(share: float) -> Style:
    start, end, way = (_COLD, _MIDDLE, 2 * share) if share < 0.5 else (_MIDDLE, _WARM, 2 * share - 1)
    red, green, blue = (round(a + (b - a) * way) for a, b in zip(start, end, strict=True))
    color = text_color(red / 255, green / 255, blue / 255)
    return Style(color=color, bgcolor=f"#{red:02x}{green:02x}{blue:02x}")
