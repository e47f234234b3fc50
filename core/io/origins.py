"""Where vectors come from: the columns that they were put together from, and the file and the row that a row was."""

from collections.abc import Mapping
from typing import Any

from .selected_vectors import SelectedVectors
from .vectors import Vectors


def provenance(sides: Mapping[str, Vectors | None]) -> dict[str, str]:
    """Return, by role, which columns vectors were put together from, of those that were."""
    found = {role: _formed_from(side) for role, side in sides.items()}
    return {role: text for role, text in found.items() if text}


def place_of(vectors: Any, row: int) -> str:
    """Return the name of vectors for a message about a row: with the file and the number there, if these are others."""
    base, number = vectors, row
    while hasattr(base, "base") or hasattr(base, "origin"):
        if hasattr(base, "origin"):
            base, number = base.origin(number)
        else:
            number = int(base.index[number]) if isinstance(base, SelectedVectors) else number
            base = base.base
    if base.name == vectors.name and number == row:
        return str(vectors.name)
    return f"{base.name}, row {number} there"


def _formed_from(vectors: Vectors | None) -> str:
    if isinstance(vectors, SelectedVectors):
        return "; ".join(filter(None, (_formed_from(vectors.base), vectors.said)))
    base: Vectors | None = getattr(vectors, "base", None)
    return _formed_from(base) if base is not None else str(getattr(vectors, "provenance", ""))
