"""Which rows and columns of an input are wanted, and what of it is carried along.

A `Selection` is what was typed for the input, and so goes wherever a source goes; its file is opened whole, and what is
read of it are the rows that are wanted. Rows are chosen by number first, then by condition, then at random; rows of
another input may follow: row i of both stays one pair.
"""

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Self

import numpy as np

from ..argument_types import check_types
from ..errors import DataError, ParameterError
from ..labels import SelectedName
from ..suggestions import closest
from .in_memory import HeldTable, as_table
from .keep import Keep
from .ragged import MayBeRagged
from .table import Table
from .vectors import Array

if TYPE_CHECKING:
    from .selected import SelectedTable

RANGE = re.compile(r"\s*(-?\d+)?\s*:\s*(-?\d+)?\s*")


class Selection(str):
    """A source, PATH[::NAME], with the rows and columns of it that are wanted."""

    where: str | None
    rows: str | None
    sample: int | None
    seed: int
    query: tuple[str, ...]
    columns: tuple[str, ...]
    keep: Keep
    along: "Selection | None"
    same: "Selection | None"
    ending: str
    whole: Table | None
    opened: "SelectedTable | None"
    held: HeldTable | None

    def __new__(
        cls,
        source: Any,
        *,
        where: str | None = None,
        rows: str | None = None,
        sample: int | None = None,
        seed: int = 0,
        query: str | Sequence[str] = (),
        columns: str | Sequence[str] = (),
        keep: str | Sequence[str] | Keep = (),
        along: "Selection | None" = None,
        same: "Selection | None" = None,
        ending: str = "",
    ) -> Self:
        """Select rows and columns of a source.

        Args:
            source: PATH, PATH::NAME or `-`; or a table or an array in memory.
            where: a condition on its columns, as in `lang = 'en'`.
            rows: START:STOP, numbers from 0 of which the last is not included; either may be left out.
            sample: so many rows at random, in their order.
            seed: of the sample.
            query: ids, or without ids numbers, of the rows.
            columns: patterns, as in `dim_*`, of the columns of numbers that make the vectors.
            keep: columns that a listing carries.
            along: the input whose row i belongs to row i of this one: the same rows are selected of both.
            same: another selection of this source, opened before, so that it is opened once.
            ending: of the names of what selects rows in messages, as `_b` for the second of two inputs.

        Raises:
            ParameterError: a range that is none, or a sample of no rows.
        """
        check_types(cls.__new__, locals())
        source = as_table(source, "table")
        self = super().__new__(cls, source)
        if rows is not None and not RANGE.fullmatch(rows):
            raise ParameterError(f"expected a range of rows, got {rows[:40]!r}", f"«rows{ending}»", "as in 0:1000")
        if sample is not None and sample < 1:
            raise ParameterError(f"a sample of {sample} rows, expected at least 1", f"«sample{ending}»")
        if seed < 0:
            raise ParameterError(f"seed is {seed}, expected at least 0", "«seed»")
        self.where, self.rows, self.sample, self.seed = where, rows, sample, seed
        self.query, self.columns, self.along = _names(query), _names(columns), along
        self.keep = keep if isinstance(keep, Keep) else Keep(_names(keep))
        self.same, self.ending, self.whole, self.opened = same, ending, None, None
        self.held = getattr(source, "held", None)
        return self

    def renamed(self, source: str) -> "Selection":
        """Return the same selection under another source, as without its ::NAME."""
        other = str.__new__(Selection, source)
        other.__dict__ = self.__dict__
        return other

    @property
    def picks_rows(self) -> bool:
        """Whether some rows may be left out."""
        if self.along is not None:
            return self.along.picks_rows
        return any(wanted is not None for wanted in (self.where, self.rows, self.sample)) or bool(self.query)

    def applied(self, table: Table, most: int) -> Table:
        """Return what is selected of an open table.

        Args:
            most: how many bytes its reader may hold.

        Raises:
            ParameterError, InputNotFoundError: the condition, an id or a column is none of this table.
            DataError: no row is left.
            ShapeError: it has not as many rows as the input that it goes along with.
        """
        from .selected import SelectedTable

        self.whole, keep = table, self.keep.of(table)
        index, said = self._index(table) if self.picks_rows else (None, "")
        if index is None and not keep:
            return table
        selected = SelectedTable(table, index, said, tuple(keep), most)
        self.opened = selected
        return selected

    def taken(self, values: Array) -> Array:
        """Return those of a file of one value per row that belong to the rows that are selected."""
        if self.along is None or not self.picks_rows:
            return values
        selected = self.along.opened_table()
        selected.check_rows(len(values), str(self))
        return selected.taken(values)

    def opened_table(self) -> "SelectedTable":
        """Return the table that is selected from, opened where it is not yet."""
        if self.opened is None:
            from .opening import open_table
            from .table_opening import split_source

            open_table(split_source(self)[0])
        assert self.opened is not None
        return self.opened

    def _index(self, table: Table) -> tuple[Array, str]:
        """Return the numbers of the rows that are selected, and a sentence about them."""
        if self.along is not None:
            followed = self.along.opened_table()
            followed.check_rows(table.rows, table.name)
            assert followed.index is not None
            return followed.index, ""
        total = _count(table)
        rows, said = np.arange(total), list[str]()
        if self.rows is not None:
            start, stop = (int(end) if end.strip() else None for end in self.rows.split(":"))
            rows, said = rows[start:stop], [f"rows {self.rows.strip()}"]
        if self.where is not None:
            rows, said = self._matching(table, rows), [*said, f"where {self.where}"]
        if self.query:
            rows = np.intersect1d(rows, _rows_of(table, self.query), assume_unique=True)
            said.append(f"query {', '.join(self.query)}")
        if self.sample is not None:
            drawn = np.random.default_rng(self.seed).permutation(len(rows))[: self.sample]
            rows, said = rows[np.sort(drawn)], [*said, f"sample {self.sample} with seed {self.seed}"]
        how = ", ".join(said)
        if not len(rows):
            raise DataError(f"none of {total:,} rows is left: {how}", table.name, "select less strictly")
        return rows, f"{len(rows):,} of {total:,} rows of {table.name}: {how}"

    def _matching(self, table: Table, rows: Array) -> Array:
        """Return those of the rows for which the condition holds."""
        import pyarrow as pa

        from .buffers import arrow_values, numpy_values
        from .pieces import piece_types, read_pieces
        from .where import read_condition

        condition = read_condition(self.where or "", piece_types(table), table.name, f"«where{self.ending}»")
        found, first, last = [np.empty(0, np.int64)], 0, int(rows[-1]) + 1 if len(rows) else 0
        for piece in read_pieces(table, condition.columns):
            numbers = pa.chunked_array([arrow_values(np.arange(first, first + len(piece)))])
            found.append(numpy_values(numbers.filter(condition.holds(piece))))
            first += len(piece)
            if first >= last:
                break
        return np.intersect1d(np.concatenate(found), rows, assume_unique=True)


def of_selected(name: str, source: Any) -> str:
    """Return what messages call values of the rows of a source, with their numbers where some rows are selected."""
    index = source.opened_table().index if isinstance(source, Selection) and source.picks_rows else None
    return name if index is None else SelectedName(name, index)


def beside(values: Any, source: Any) -> Any:
    """Return a source of one value per row, as labels are, with the rows that are selected of the input it is for."""
    if isinstance(values, Selection) or not isinstance(values, str) or values.startswith("::"):
        return values
    return Selection(values, along=source) if isinstance(source, Selection) and source.picks_rows else values


def _names(given: str | Sequence[str]) -> tuple[str, ...]:
    return (given,) if isinstance(given, str) else tuple(given)


def _count(table: Table) -> int:
    """Return how many rows a table has, or items, where each is a member of an npz."""
    if hasattr(table, "batches") or not isinstance(table, MayBeRagged) or len(table.vector_columns) < 2:
        return table.rows
    items = table.ragged(None)
    return table.rows if items is None else items.shape[0]


def _rows_of(table: Table, wanted: Sequence[str]) -> Array:
    """Return the row of each id; without ids the number is the id."""
    ids = table.ids()
    names = np.arange(table.rows) if ids is None else ids
    places: dict[str, list[int]] = {name: [] for name in wanted}
    for row, name in enumerate(map(str, names.tolist())):
        if name in places:
            places[name].append(row)
    missing = next((name for name in wanted if not places[name]), None)
    if missing is not None:
        if ids is None:
            what = f"{missing!r} is not among the row numbers, as there are no ids"
            raise DataError(what, table.name, f"rows are 0 to {table.rows - 1}")
        match = closest(missing, map(str, names[:100_000].tolist()))
        what, hint = f"{missing!r} is not among the {table.rows:,} ids", f"ids are as {str(names[0])!r}"
        raise DataError(what, table.name, f"did you mean {match}?" if match else hint)
    return np.unique(np.concatenate([np.asarray(rows, dtype=np.int64) for rows in places.values()]))
