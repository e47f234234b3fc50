"""Which rows of two sets belong together: by id where both have ids, else by number in their files."""

import numpy as np

from ..engine import Input
from ..errors import ShapeError
from ..joining import Joined, by_number, join_ids


def join(a: Input, b: Input) -> Joined:
    """Return which row of B belongs to which row of A.

    Raises:
        DataError: as `join_ids`.
        ShapeError: sets without ids that differ in length or hold other rows, or that have lost rows.
    """
    # of two selections without ids, the ids are numbers of rows
    if a.named == b.named and a.vectors.ids is not None and b.vectors.ids is not None:
        return join_ids(a.ids, b.ids, (a.vectors.name, b.vectors.name))
    where = f"{a.vectors.name}, {b.vectors.name}"
    if any(side.rows.shape != side.vectors.shape for side in (a, b)):
        raise ShapeError("rows that were left out break the pairs", where, "leave them out of both files first")
    n, m = len(a.rows), len(b.rows)
    if n != m:
        what = f"row i of A belongs to row i of B, but A has {n} rows and B has {m}"
        hint = "give both sides ids, or match sets of different length with «aggregates=argmax»"
        raise ShapeError(what, where, hint)
    if not np.array_equal(a.places, b.places):
        what = "row i of A belongs to row i of B, and rows with other numbers are selected of A than of B"
        raise ShapeError(what, where, "select the same rows of both, or give both sides ids")
    return Joined(notes=by_number([a.vectors, b.vectors]))
