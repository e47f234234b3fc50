"""Which rows of two inputs belong together by id."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from .checks import check_choice, plural
from .errors import DataError
from .io import RaggedVectors, Table, Vectors, select, with_ids
from .io.listed_columns import has_ids
from .io.selected import SelectedTable
from .io.table import join_name
from .io.vectors import name_rows
from .results import Column, Result
from .suggestions import closest

JOINS = ("row", "id")
SHOWN = 3


@dataclass(frozen=True)
class Joined:
    """Rows that belong together.

    Args:
        a: their numbers in A, ascending; None for all rows in order.
        b: the number in B of the partner of each.
        notes: what is left out, or that ids of one side alone joined nothing.
    """

    a: Column | None = None
    b: Column | None = None
    notes: tuple[str, ...] = ()


def check_join(join: str) -> bool:
    """Say whether rows are joined by id.

    Raises:
        ParameterError: they are joined by nothing that there is.
    """
    check_choice("join", join, JOINS)
    return join == "id"


def by_number(sides: Sequence[Vectors | RaggedVectors], noun: str = "rows") -> tuple[str, ...]:
    """Return a note where rows belong together by number because only some inputs have ids.

    Example:
        >>> from simtool.io import as_vectors
        >>> a = as_vectors(np.eye(2), "a.npy")
        >>> by_number([a, with_ids(a, np.asarray([7, 8]))])
        ('rows are paired by row number: a.npy has no ids',)
    """
    without = [side.name for side in sides if not has_ids(side)]
    if not 0 < len(without) < len(sides) or len({side.shape[0] for side in sides}) > 1:
        return ()
    verb = "has" if len(without) == 1 else "have"
    return (f"{noun} are paired by {noun[:-1]} number: {' and '.join(without)} {verb} no ids",)


def join_ids(a: Column, b: Column, names: tuple[str, str]) -> Joined:
    """Return which row of B belongs to which row of A, in the order of A.

    Raises:
        DataError: an id that comes twice, or no id that both sides have.
    """
    places = [_places(ids, name) for ids, name in zip((a, b), names, strict=True)]
    both = [name for name in places[0] if name in places[1]]
    if not both:
        what = f"no id of A is in B: A begins with {str(a[0])!r}, B with {str(b[0])!r}"
        raise DataError(what, ", ".join(names), "«ids_a» and «ids_b» name ids that both share")
    notes = []
    for side, own, other in (("A", *places), ("B", *places[::-1])):
        alone = [name for name in own if name not in other]
        if alone:
            listed = ", ".join(map(repr, alone[:SHOWN])) + (", …" if len(alone) > SHOWN else "")
            missing = f"{plural(len(alone), 'id')} of {side} {'is' if len(alone) == 1 else 'are'} not on the other side"
            notes.append(f"{missing} and left out: {listed}; {len(both):,} are on both")
    order_a, order_b = (np.asarray([own[name] for name in both]) for own in places)
    return Joined(order_a, order_b, tuple(notes))


def join_rows(a: Vectors, b: Vectors) -> tuple[Vectors, Vectors, Joined]:
    """Return the rows whose id is on both sides, in the order of A, and which they are.

    Raises:
        DataError: a side has no ids, or as `join_ids`.
    """
    for side in (a, b):
        if not has_ids(side):
            hint = "«ids_a» and «ids_b» name ids, or leave «join» out: row i belongs to row i"
            raise DataError("rows are joined by id, and this input has no ids", side.name, hint)
    assert a.ids is not None
    assert b.ids is not None
    joined = join_ids(a.ids, b.ids, (a.name, b.name))
    assert joined.a is not None
    assert joined.b is not None
    ids = a.ids[joined.a]
    return with_ids(_taken(a, joined.a), ids), with_ids(_taken(b, joined.b), ids), joined


def rows_by_id(vectors: Vectors, table: Table, column: str) -> Column:
    """Return the row of each id in a column of a table; of vectors without ids the column holds row numbers.

    Raises:
        DataError: an id that is not there, or comes twice.
    """
    wanted = table.values(column)
    ids = np.arange(vectors.shape[0]) if vectors.ids is None else vectors.ids
    place: dict[str, int] = {}
    for row, name in enumerate(map(str, ids.tolist())):
        if name in place:
            raise DataError(f"the id {name!r} comes twice, in rows {place[name]} and {row}", vectors.name)
        place[name] = row
    rows = np.asarray([place.get(str(name), -1) for name in wanted.tolist()], dtype=np.int64)
    missing = np.flatnonzero(rows < 0)
    if len(missing):
        first = str(wanted[missing[0]])
        kind = "ids" if has_ids(vectors) else "row numbers, as there are no ids,"
        match = closest(first, list(place)[:10_000])
        missing = table.index[missing] if isinstance(table, SelectedTable) and table.index is not None else missing
        what = f"{name_rows(missing, None)}: {first!r} is not among the {len(ids)} {kind} of {vectors.name}"
        hint = f"did you mean {match}?" if match else f"they are such as {', '.join(list(place)[:3])}"
        raise DataError(what, join_name(table.name, column), hint)
    return rows


def looked_up(vectors: Vectors, table: Table, column: str) -> Vectors:
    """Return the row of each id in a column of a table; of vectors without ids the column holds row numbers.

    Raises:
        DataError: as `rows_by_id`.
    """
    return select(vectors, rows_by_id(vectors, table, column))


def stated(result: Result, *, by_id: bool) -> Result:
    """Return a result that says so where rows were joined by id."""
    return replace(result, parameters={**result.parameters, "join": "id"}) if by_id else result


def _taken(vectors: Vectors, numbers: Column) -> Vectors:
    in_order = len(numbers) == vectors.shape[0] and bool((numbers == np.arange(len(numbers))).all())
    return vectors if in_order else select(vectors, numbers)


def _places(ids: Column, where: str) -> dict[str, int]:
    """Return the row of each id."""
    names = list(map(str, ids.tolist()))
    places = {name: row for row, name in reversed(list(enumerate(names)))}
    if len(places) != len(names):
        first = next(row for row, name in enumerate(names) if places[name] != row)
        twice = len(names) - len(places)
        what = f"ids must be unique to join by them: {name_rows([first], np.asarray(names, dtype=object))} came before"
        more = f"{plural(twice, 'row')} of {len(names)} repeat an id"
        hint = "leave the repeats out, or name other ids with «ids_a» or «ids_b»"
        raise DataError(f"{what}; {more}", where, hint)
    return {name: places[name] for name in names}
