"""What simtool says when it cannot go on. Imports nothing heavy, so that every layer may raise these."""

from collections.abc import Iterable

from .placeholders import as_argument, spelled


class SimtoolError(Exception):
    """An error that the caller can understand and mend.

    Args:
        what: one line: what was expected, what was found, in which row.
        where: the file, column or option it was found in, or "".
        hint: what to type or change next, or "".

    Parameters stand in all three as placeholders, «top_k»; `str` spells them as arguments.
    """

    exit_code = 2

    def __init__(self, what: str, where: str = "", hint: str = "") -> None:
        super().__init__(what)
        self.what = what
        self.where = where
        self.hint = hint

    def __str__(self) -> str:
        return spelled("\n".join(line for line in (self.what, self.where, self.hint) if line), as_argument)


class ShapeError(SimtoolError, ValueError):
    """Shapes, ranks, dims or lengths do not fit together."""


class ParameterError(SimtoolError, ValueError):
    """An option or argument is outside its range, misspelt, or does not go with another."""


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


def closest(name: str, choices: Iterable[str]) -> str:
    """Return the member of `choices` that `name` was most likely meant to be, or "".

    Args:
        name: what was typed.
        choices: an iterable of known names.

    Example:
        >>> closest("«thresold»", ["«metric»", "«thresholds_out»", "«threshold»"])
        '«threshold»'
    """
    return next(iter(closest_few(name, choices, 1)), "")


def closest_few(name: str, choices: Iterable[str], most: int) -> list[str]:
    """Return the members of `choices` that `name` may have been meant to be, the likeliest first.

    These are the names at the fewest edits (a letter left out, added or changed, or two neighbours swapped): at most
    one edit per three letters and three in all. Without any, those of which one begins or ends with the other.
    Case, leading dashes, and whether a dash or an underscore joins two words, do not count.

    Args:
        name: what was typed.
        choices: an iterable of known names.
        most: how many to return.

    Example:
        >>> closest_few("eps", ["epsilon", "scale"], 1)
        ['epsilon']
    """
    typed = _folded(name)
    known = {choice: _folded(choice) for choice in choices}
    edits = {choice: _edits(typed, text) for choice, text in known.items()}
    near = [choice for choice, text in known.items() if edits[choice] <= _allowed(typed, text)]
    if near:
        return sorted(near, key=lambda choice: edits[choice])[:most]
    parts = [choice for choice, text in known.items() if _is_part(typed, text) or _is_part(text, typed)]
    return sorted(parts, key=len)[:most]


def _folded(name: str) -> str:
    return name.lstrip("-").casefold().replace("_", "-")


def _allowed(a: str, b: str) -> int:
    return min(3, max(len(a), len(b)) // 3)


def _is_part(short: str, long: str) -> bool:
    return len(short) >= 3 and (long.startswith(short) or long.endswith(short))


def _edits(a: str, b: str) -> int:
    """Return the optimal string alignment distance, or some larger number than is allowed."""
    most = _allowed(a, b)
    if abs(len(a) - len(b)) > most:
        return most + 1
    older: list[int] = []
    last = list(range(len(b) + 1))
    for i in range(1, len(a) + 1):
        row = [i] + [most + 1] * len(b)
        for j in range(max(1, i - most), min(len(b), i + most) + 1):
            row[j] = min(last[j] + 1, row[j - 1] + 1, last[j - 1] + (a[i - 1] != b[j - 1]))
            if i > 1 and j > 1 and a[i - 2 : i] == b[j - 1] + b[j - 2]:
                row[j] = min(row[j], older[j - 2] + 1)
        if min(row) > most:
            return most + 1
        older, last = last, row
    return last[-1]
