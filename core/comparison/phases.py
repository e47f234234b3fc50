"""What a comparison will do, told before it."""

from collections.abc import Sequence
from dataclasses import replace
from math import prod

from ..aggregates.record import AggregateRequest
from ..engine import Budget, Phase, tiles_phase
from .compared_sets import BEST

SHARED = "best matches"  # which several aggregates take from one pass


def comparison_phases(
    requests: Sequence[AggregateRequest],
    shapes: Sequence[tuple[int, ...]],
    budget: Budget,
    *,
    matching: str | None,
    cross: bool,
) -> list[Phase]:
    """Return the pass of each aggregate; best matches are searched once for all that take them.

    An aggregate that reads each row for itself takes two operations for each number; one of pairs the products of all
    rows of A and B, or of all tokens of the items that are compared. One of two spaces takes those within each.

    Args:
        cross: whether every item is compared with every item.
    """
    phases: dict[str, Phase] = {}
    for request in requests:
        shared = request.record.matched is not None or request.record.crossed or request.record.depth is not None
        name = SHARED if shared else request.name
        phases.setdefault(name, _phase(name, request, shapes, budget, everyone=cross or matching == BEST))
    written = 8 * shapes[0][0] * shapes[1][0] if cross else 0
    return [replace(phase, bytes_written=written) for phase in phases.values()]


def _phase(
    name: str, request: AggregateRequest, shapes: Sequence[tuple[int, ...]], budget: Budget, *, everyone: bool
) -> Phase:
    (*a, dims), (*b, others) = shapes
    if request.record.in_one_pass:
        numbers = sum(prod(rows) * width for rows, width in ((a, dims), (b, others)))
        return Phase(name, flop=2 * numbers)
    items = 1 if len(a) == 1 else a[0] * b[0] if everyone else a[0]
    shape = a[-1], b[-1], dims if not request.record.any_dims else (dims + others) // 2
    return tiles_phase(name, shape, budget, batches=items)
