"""How far each id moved: the cosine and the distance of its old and its new vector, the furthest first."""

import numpy as np

from ..checks import check_same_width
from ..errors import ParameterError, SimtoolError
from ..joining import Joined
from ..metrics import metric_of
from ..results import Column
from .compared_sets import ComparisonInputs

BLOCK = 1 << 20  # numbers that are widened at a time


def check_moved(inputs: ComparisonInputs) -> Joined:
    """Return the rows that belong together.

    Raises:
        ParameterError: lists of sets.
        ShapeError: spaces of different width.
        DataError: ids that come twice, or none that both sides have.
    """
    if inputs.nested:
        raise ParameterError("items of tokens have no vector of their own", "«per_id»", "compare two sets (n, d)")
    a, b = (side.vectors for side in inputs.sides)
    check_same_width(a, b, a.shape[-1], b.shape[-1], "only within one space is there a distance: leave «per_id» out")
    if isinstance(inputs.joined, SimtoolError):
        raise inputs.joined
    return inputs.joined


def moved_rows(inputs: ComparisonInputs, eps: float, top: int | None) -> dict[str, Column]:
    """Return `id`, `cosine` and `euclidean` of the rows that belong together, the least cosine first.

    Args:
        inputs: two sets of one width.
        eps: the least norm that a cosine divides by.
        top: how many; None for all.
    """
    joined, (a, b) = check_moved(inputs), inputs.sides
    rows_a, rows_b = (np.arange(len(a.rows)) if part is None else part for part in (joined.a, joined.b))
    measures = {"cosine": metric_of("cosine", eps=eps), "euclidean": metric_of("euclidean")}
    found: dict[str, Column] = {name: np.empty(len(rows_a)) for name in measures}
    step = max(1, BLOCK // a.rows.shape[1])
    for start in range(0, len(rows_a), step):
        here = slice(start, start + step)
        x, y = (side.rows[part[here]].astype(np.float64) for side, part in ((a, rows_a), (b, rows_b)))
        for name, measure in measures.items():
            found[name][here] = measure(x, y)
    order = np.lexsort((-found["euclidean"], found["cosine"]))[:top]
    named, part = (a, rows_a) if a.named or not b.named else (b, rows_b)
    listed = {"id": named.ids[part], **found}
    columns = {name: column[order] for name, column in listed.items()}
    return columns | a.carried(rows_a[order], "a") | b.carried(rows_b[order], "b")
