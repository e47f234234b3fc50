"""Which row of a group is kept: the rows of an input in the order in which they are preferred."""

from dataclasses import dataclass
from typing import Self

import numpy as np

from ..checks import check_choice
from ..errors import DataError, ParameterError
from ..results import Column

OF_ROWS = ("first", "last", "medoid", "random")
OF_COLUMNS = ("longest", "max", "min")


@dataclass(frozen=True)
class KeepRule:
    """A rule that says which row of a group is kept; of equals it is the first.

    Args:
        rule: `first`, `last`, `random`, `medoid` (the closest to the others on average), or of a column the `longest`
            text, the `max` or the `min`.
        column: the column, or None.
    """

    rule: str
    column: str | None = None

    @classmethod
    def of(cls, text: str) -> Self:
        """Read `RULE` or `RULE:COLUMN`.

        Raises:
            ParameterError: the rule is unknown, or a column is missing or needless.

        Example:
            >>> KeepRule.of("longest:text")
            KeepRule(rule='longest', column='text')
        """
        rule, _, column = text.partition(":")
        check_choice("keep", rule, (*OF_ROWS, *OF_COLUMNS))
        if (rule in OF_COLUMNS) != bool(column):
            what = f"{rule} needs a column" if rule in OF_COLUMNS else f"{rule} takes no column"
            raise ParameterError(what, f"«keep={text}»", f"«keep={rule}{':COLUMN' if rule in OF_COLUMNS else ''}»")
        return cls(rule, column or None)

    def order(self, count: int, values: Column | None, seed: int, where: str) -> Column:
        """Return the numbers of the rows, most preferred first.

        Args:
            count: of rows.
            values: (count,) those of the column, or None.
            where: the column, for messages.

        Raises:
            DataError: the longest of what is no text.
        """
        if self.rule == "random":
            return np.random.default_rng(seed).permutation(count)
        if self.rule == "last":
            return np.arange(count)[::-1]
        if values is None:
            return np.arange(count)
        if self.rule == "longest":
            if values.dtype != object:
                raise DataError(f"expected text, got {values.dtype.name}", where, "«keep=max:COLUMN» is for numbers")
            values = np.asarray([len(text) for text in values.tolist()])
        ascending = np.argsort(values, kind="stable")
        if self.rule != "min":  # a stable order from the end, so that of equals the first stays first
            ascending = (count - 1 - np.argsort(values[::-1], kind="stable"))[::-1]
        missing = np.zeros(count, dtype=bool) if values.dtype.kind != "f" else np.isnan(values)
        return ascending[np.argsort(missing[ascending], kind="stable")]
