"""Misspelt names: what was most likely meant, by edit distance. Imports nothing heavy."""

from collections.abc import Iterable


def closest(name: str, choices: Iterable[str]) -> str:
    """Return the member of `choices` that `name` was most likely meant to be, or "".

    Args:
        name: what was typed.
        choices: an iterable of known names.

    Example:
        >>> closest("thresold", ["metric", "thresholds_out", "threshold"])
        'threshold'
    """
    return next(iter(closest_few(name, choices, 1)), "")


def closest_few(name: str, choices: Iterable[str], most: int, *, parts: bool = True) -> list[str]:
    """Return the members of `choices` that `name` may have been meant to be, the likeliest first.

    These are the names at the fewest edits (a letter left out, added or changed, or two neighbours swapped): at most
    one edit per three letters and three in all. Without any, those of which one begins or ends with the other.
    Case, dashes and underscores do not count.

    Args:
        name: what was typed.
        choices: an iterable of known names.
        most: how many to return.
        parts: whether names of which one begins or ends with the other count.

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
    found = [choice for choice, text in known.items() if parts and (_is_part(typed, text) or _is_part(text, typed))]
    return sorted(found, key=len)[:most]


def _folded(name: str) -> str:
    return name.casefold().replace("_", "").replace("-", "")


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
