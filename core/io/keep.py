"""The columns that a listing is to carry beside ids and scores, as they were asked for."""

from dataclasses import dataclass, field

from ..errors import InputNotFoundError
from ..suggestions import closest
from .table import Table


@dataclass
class Keep:
    """The columns that a listing carries, from whichever inputs have them.

    Args:
        names: as they were typed.
        inputs: how many are still to be opened; a name that none of them has is refused.
    """

    names: tuple[str, ...]
    inputs: int = 1
    found: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:  # ::NAME is NAME
        self.names = tuple(name.removeprefix("::") for name in self.names)

    def of(self, table: Table) -> list[str]:
        """Return those that a table has."""
        self.inputs -= 1
        mine = [name for name in self.names if name in table.columns]
        self.found.update(mine)
        missing = [name for name in self.names if name not in self.found]
        if missing and self.inputs <= 0:
            listed = [name for name in table.columns if name]
            match = closest(missing[0], listed)
            hint = f"did you mean {match}?" if match else f"columns: {', '.join(listed[:20]) or 'none'}"
            raise InputNotFoundError(f"no column {missing[0]!r}, which «keep_columns» names", table.name, hint)
        return mine
