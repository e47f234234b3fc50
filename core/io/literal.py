"""A vector that is typed: `[0, 1, 0.5]`.

Accepted: a JSON list of numbers.
Refused: anything else between brackets and with a comma that is no file.
Lost: nothing; integers stay integers.
"""

import json
import os

import numpy as np

from ..errors import DataError
from .vectors import ArrayVectors

SHOWN = 60  # characters of a vector in a result


def literal_vector(typed: str) -> ArrayVectors | None:
    """Return the vector (d,) that is typed; None for what is a path or a pattern.

    Raises:
        DataError: it is a list of something else than numbers.

    Example:
        >>> literal_vector("[3, 4]").array.tolist()
        [3, 4]
    """
    text = typed.strip()
    if not (text.startswith("[") and text.endswith("]")) or os.path.lexists(typed):
        return None
    try:
        found = json.loads(text)
        numbers = [float(value) for value in found if not isinstance(value, bool | str)]
    except (ValueError, TypeError, OverflowError, RecursionError):
        found, numbers = None, []
    if not numbers or len(numbers) != len(found):
        if "," not in text:
            return None  # a pattern such as [ab].npy
        raise DataError("expected a vector as a list of numbers", text[:SHOWN], "as in '[0, 1, 0.5]'")
    whole = all(isinstance(value, int) and abs(value) < 2**63 for value in found)
    name = text if len(text) <= SHOWN else f"{text[: SHOWN - 2]} …"
    return ArrayVectors(name, np.asarray(found if whole else numbers))
