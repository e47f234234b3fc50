"""A result as a table: its rows one by one, by number and by column, and as tables of other libraries."""

from collections.abc import Iterator, Mapping
from copy import copy
from typing import TYPE_CHECKING, Any, Self, overload

import numpy as np

from ..errors import ColumnError, closest
from .records import Column, Columns, Rows, Scalar, in_batches
from .values import to_python

if TYPE_CHECKING:
    import pandas
    import polars


class Tabular:
    """What has rows, and a summary where there are none by nature."""

    command: str
    summary: Mapping[str, Scalar]
    rows: Rows

    @property
    def table(self) -> Rows:
        """The rows; where there are none by nature, the summary as the only one."""
        if self.rows.names:
            return self.rows
        values = {key: float("nan") if value is None else value for key, value in self.summary.items()}
        return Columns(
            {key: np.array([value], dtype=object if isinstance(value, str) else None) for key, value in values.items()}
        )

    def __len__(self) -> int:
        return len(self.rows)

    def __bool__(self) -> bool:
        return True  # a result without rows is one too

    def __iter__(self) -> Iterator[dict[str, Any]]:
        """Yield each row as a dict."""
        for columns in in_batches(self.rows):
            values = map(to_python, columns.values())
            yield from (dict(zip(columns, row, strict=True)) for row in zip(*values, strict=True))

    @overload
    def __getitem__(self, index: int) -> dict[str, Any]: ...

    @overload
    def __getitem__(self, index: slice) -> Self: ...

    @overload
    def __getitem__(self, index: str) -> Column: ...

    def __getitem__(self, index: int | slice | str) -> "dict[str, Any] | Self | Column":
        """Return a row as a dict, the result with some of its rows, or a column as an array.

        Raises:
            ColumnError: there is no such column; a KeyError.
            IndexError: there is no such row.
        """
        if isinstance(index, str):
            if index not in self.rows.names:
                raise self._no_column(index)
            return self.rows.read(0, len(self.rows))[index]
        rows = range(len(self.rows))[index]
        if isinstance(rows, int):
            return {name: to_python(column)[0] for name, column in self.rows.read(rows, rows + 1).items()}
        if not rows:
            return self._with_rows(Columns(self.rows.read(0, 0)))
        low, high = min(rows[0], rows[-1]), max(rows[0], rows[-1]) + 1
        read = self.rows.read(low, high)
        return self._with_rows(Columns({name: column[np.asarray(rows) - low] for name, column in read.items()}))

    def to_arrow(self) -> Any:  # pyarrow has no types: its table would be unknown to strict checkers
        """Return the rows as an Arrow table, or the summary where there are none by nature."""
        from .arrow import arrow_table

        return arrow_table(self.table)

    def to_pandas(self) -> "pandas.DataFrame":
        """Return the rows as a pandas DataFrame.

        Raises:
            ResourceError: pandas is not installed.
        """
        from .arrow import pandas_frame

        return pandas_frame(self.table)

    def to_polars(self) -> "polars.DataFrame":
        """Return the rows as a polars DataFrame.

        Raises:
            ResourceError: polars is not installed.
        """
        from .arrow import polars_frame

        return polars_frame(self.table)

    def _with_rows(self, rows: Rows) -> Self:
        same = copy(self)
        object.__setattr__(same, "rows", rows)
        return same

    def _no_column(self, name: str) -> ColumnError:
        """Return the error that names the columns there are."""
        guess = closest(name, self.rows.names)
        columns = ", ".join(self.rows.names) or "none; its numbers are in result.summary"
        hint = f"{f'did you mean {guess}? ' if guess else ''}columns: {columns}"
        return ColumnError(f"the result of {self.command} has no column {name!r}", "", hint)
