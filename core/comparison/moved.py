"""How far each id moved: the cosine and the distance of its old and new vector, and the neighbours that it keeps."""

from collections.abc import Sequence

import numpy as np

from ..aggregates.record import AggregateRequest, Evaluator
from ..checks import check_same_width
from ..errors import ParameterError, SimtoolError
from ..joining import Joined
from ..metrics import metric_of
from ..results import Column
from .compared_sets import ComparisonInputs
from .report import CompareSpec

BLOCK = 1 << 20  # numbers that are widened at a time


def check_moved(inputs: ComparisonInputs, requests: Sequence[AggregateRequest]) -> Joined:
    """Return the rows that belong together.

    Raises:
        ParameterError: lists of sets.
        ShapeError: spaces of different width, and no aggregate tells of each id what became of it.
        DataError: ids that come twice, or none that both sides have.
    """
    if inputs.nested:
        raise ParameterError("items of tokens have no vector of their own", "«per_id»", "compare two sets (n, d)")
    if not any(request.record.of_each for request in requests):
        a, b = (side.vectors for side in inputs.sides)
        hint = (
            "only within one space is there a distance: «aggregates=knn-overlap» lists the neighbours that each keeps"
        )
        check_same_width(a, b, a.shape[-1], b.shape[-1], hint)
    if isinstance(inputs.joined, SimtoolError):
        raise inputs.joined
    return inputs.joined


def moved_rows(inputs: ComparisonInputs, spec: CompareSpec, top: int | None) -> dict[str, Column]:
    """Return `id`, `cosine` and `euclidean` of the rows that belong together, the least cosine first.

    An aggregate that has a value of each item is a further column, and of spaces of different width the only one.

    Args:
        spec: the aggregates, eps and the backend.
        top: how many; None for all.
    """
    joined, (a, b) = check_moved(inputs, spec.requests), inputs.sides
    rows_a, rows_b = (np.arange(len(a.rows)) if part is None else part for part in (joined.a, joined.b))
    found: dict[str, Column] = {}
    if a.rows.shape[1] == b.rows.shape[1]:
        found = _distances(a.rows, b.rows, rows_a, rows_b, spec.eps)
    job = Evaluator(spec.requests, inputs.sets, inputs.same(spec.requests), spec.eps, spec.backend, spec.progress)
    kept = {each.name: each.record.of_each(job, each.parameters) for each in spec.requests if each.record.of_each}
    order = np.lexsort([-found["euclidean"], found["cosine"]] if found else list(kept.values())[::-1])[:top]
    named, part = (a, rows_a) if a.named or not b.named else (b, rows_b)
    listed = {"id": named.ids[part], **found, **kept}
    columns = {name: column[order] for name, column in listed.items()}
    return columns | a.carried(rows_a[order], "a") | b.carried(rows_b[order], "b")


def _distances(a: Column, b: Column, rows_a: Column, rows_b: Column, eps: float) -> dict[str, Column]:
    """Return the cosine and the distance of some rows of A and their partners in B."""
    measures = {"cosine": metric_of("cosine", eps=eps), "euclidean": metric_of("euclidean")}
    found: dict[str, Column] = {name: np.empty(len(rows_a)) for name in measures}
    step = max(1, BLOCK // a.shape[1])
    for start in range(0, len(rows_a), step):
        here = slice(start, start + step)
        x, y = (rows[part[here]].astype(np.float64) for rows, part in ((a, rows_a), (b, rows_b)))
        for name, measure in measures.items():
            found[name][here] = measure(x, y)
    return found
