"""What simtool says when it cannot go on. Imports nothing heavy, so that every layer may raise these."""

from .addresses import without_secrets
from .characters import UNSAFE, printable
from .placeholders import as_argument, spelled
from .suggestions import closest

__all__ = [
    "UNSAFE",
    "ColumnError",
    "DataError",
    "InputNotFoundError",
    "LabelError",
    "OutputError",
    "ParameterError",
    "ResourceError",
    "ShapeError",
    "SimtoolError",
    "closest",
    "printable",
    "spelled",
    "without_secrets",
]


class SimtoolError(Exception):
    """An error that the caller can understand and mend.

    Args:
        what: one line: what was expected, what was found, in which row.
        where: the file, column or option it was found in, or "".
        hint: what to type or change next, or "".

    Addresses lose their users, passwords and queries. Parameters stand in all three as placeholders, «top_k»; `str`
    spells them as arguments.
    """

    exit_code = 2

    def __init__(self, what: str, where: str = "", hint: str = "") -> None:
        super().__init__(without_secrets(what))
        self.what, self.where, self.hint = map(without_secrets, (what, where, hint))

    def __str__(self) -> str:
        return spelled("\n".join(line for line in (self.what, self.where, self.hint) if line), as_argument)


class ShapeError(SimtoolError, ValueError):
    """Shapes, ranks, dims or lengths do not fit together."""


class ParameterError(SimtoolError, ValueError):
    """An option or argument is outside its range, misspelt, or does not go with another."""


class ColumnError(ParameterError, KeyError):
    """A result has no column of that name."""


class DataError(SimtoolError, ValueError):
    """The content of an input is refused: damaged, of a wrong type, ragged, or not finite."""


class LabelError(SimtoolError, ValueError):
    """Labels do not follow the convention that the operation needs."""


class InputNotFoundError(SimtoolError, FileNotFoundError):
    """A file, column or member is not there."""


class OutputError(SimtoolError, OSError):
    """An output file may not be written: it exists, it is an input, or its suffix is unknown."""


class ResourceError(SimtoolError, RuntimeError):
    """It cannot be done here: not enough memory or disk, or the device is missing."""

    exit_code = 3
