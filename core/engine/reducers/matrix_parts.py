"""The whole matrix in parts that lie elsewhere: of some rows each, computed in any order and by any process."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from ...results import Column
from ..plan import Span
from .base import PartialResult
from .full_matrix import Full

CORNER = 20  # rows and columns that are kept for a person


class MatrixParts(Full):
    """Every score of the matrix, of which moments alone are kept, and the corner.

    Args:
        given: as for `Full`, whose `take_rows` gets the corner alone.
        write: takes the number of the first row of a part, and its scores in pieces of whole rows; returns its mark.
        has: tells whether the part of some rows is there, with its mark.
        named: as for `Full`.
    """

    in_parts = True

    def __init__(
        self,
        *given: Any,
        write: Callable[[int, Sequence[Column]], str],
        has: Callable[[Span, str], bool],
        **named: Any,
    ) -> None:
        super().__init__(*given, **named)
        self.write, self.has = write, has

    def stands(self, rows: Span, kept: Any) -> bool:
        """Tell whether the part of some rows is there as it was written."""
        return self.has(rows, kept[2])

    def kept(self, rows: Span, part: PartialResult) -> Any:
        """Write the scores, and return what they are like."""
        pieces = super().kept(rows, part)
        mark = self.write(rows.start, pieces)
        assert isinstance(part.reducer, Full)
        corner = np.concatenate([piece[:CORNER, :CORNER] for piece in pieces[:CORNER]])
        return part.reducer.parts, corner[: max(0, CORNER - rows.start)], mark

    def restore(self, rows: Span, kept: Any) -> None:
        """Take over what the scores are like."""
        moments, corner, _ = kept
        self.parts += moments
        self.take_rows(rows.start, corner)
