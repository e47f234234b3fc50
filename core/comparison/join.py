"""Which rows of two sets belong together: by id where both have ids, else by number."""

from dataclasses import dataclass

import numpy as np

from ..checks import plural
from ..engine import Input
from ..errors import DataError, ShapeError
from ..io.vectors import name_rows
from ..results import Column

SHOWN = 3


@dataclass(frozen=True)
class Joined:
    """Rows that belong together.

    Args:
        a: their numbers in A, ascending; None for all rows in order.
        b: the number in B of the partner of each.
        notes: what is left out.
    """

    a: Column | None = None
    b: Column | None = None
    notes: tuple[str, ...] = ()


def join(a: Input, b: Input) -> Joined:
    """Return which row of B belongs to which row of A.

    Raises:
        DataError: an id that comes twice, or no id that both sides have.
        ShapeError: sets without ids that differ in length, or that have lost rows.
    """
    where = f"{a.vectors.name}, {b.vectors.name}"
    if a.vectors.ids is None or b.vectors.ids is None:
        return _by_number(a, b, where)
    places = [_places(side) for side in (a, b)]
    order = [place for name, place in places[0].items() if name in places[1]]
    if not order:
        firsts = [str(side.ids[0]) for side in (a, b)]
        what = f"no id of A is in B: A begins with {firsts[0]!r}, B with {firsts[1]!r}"
        raise DataError(what, where, "«ids_a» and «ids_b» name ids that both share")
    names = [name for name in places[0] if name in places[1]]
    notes = []
    for side, own, other in (("A", *places), ("B", *places[::-1])):
        alone = [name for name in own if name not in other]
        if alone:
            listed = ", ".join(map(repr, alone[:SHOWN])) + (", …" if len(alone) > SHOWN else "")
            missing = f"{plural(len(alone), 'id')} of {side} {'is' if len(alone) == 1 else 'are'} not on the other side"
            notes.append(f"{missing} and left out: {listed}; {len(order):,} are on both")
    return Joined(np.asarray(order), np.asarray([places[1][name] for name in names]), tuple(notes))


def _by_number(a: Input, b: Input, where: str) -> Joined:
    if any(side.rows.shape != side.vectors.shape for side in (a, b)):
        raise ShapeError("rows that were left out break the pairs", where, "leave them out of both files first")
    n, m = len(a.rows), len(b.rows)
    if n != m:
        what = f"row i of A belongs to row i of B, but A has {n} rows and B has {m}"
        hint = "give both sides ids, or match sets of different length with «aggregates=argmax»"
        raise ShapeError(what, where, hint)
    return Joined()


def _places(side: Input) -> dict[str, int]:
    """Return the row of each id."""
    names = list(map(str, side.ids.tolist()))
    places = {name: row for row, name in reversed(list(enumerate(names)))}
    if len(places) != len(names):
        first = next(row for row, name in enumerate(names) if places[name] != row)
        twice = len(names) - len(places)
        what = f"ids must be unique to join by them: {name_rows([first], np.asarray(names, dtype=object))} came before"
        more = f"{plural(twice, 'row')} of {len(names)} repeat an id"
        raise DataError(
            f"{what}; {more}", side.vectors.name, "leave the repeats out, or name other ids with «ids_a» or «ids_b»"
        )
    return {name: places[name] for name in names}
