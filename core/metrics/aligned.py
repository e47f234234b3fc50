"""Names that other rooms import from here until they import them from the front."""

from .metric import score_rows
from .numerics import EPS, TURN, is_rounded, magnitude, needs_scale, row_dots

__all__ = ["EPS", "TURN", "is_rounded", "magnitude", "needs_scale", "row_dots", "score_rows"]
