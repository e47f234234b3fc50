"""Which rows go to which of several files: by id or group, so that no two files share one.

Accepted: shares that add up to 1. A group, or an id where there are no groups, falls to a part by its hash and the
seed alone: it stays where it is when rows come or go, in any order and any format. Rows without either fall by a
permutation, as many to each part as its share says.
Refused: a part of no row; a row without a group.
"""

from collections.abc import Mapping
from hashlib import blake2b
from math import isnan

import numpy as np

from ..errors import DataError, ParameterError
from .vectors import Array, name_rows

PLAIN = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-.")


def check_shares(shares: Mapping[str, float]) -> None:
    """Refuse shares that do not add up to 1, and names that are none for a file.

    Raises:
        ParameterError: they are such.
    """
    form = "as in «split=train=0.9,test=0.1»"
    if len(shares) < 2:
        raise ParameterError("a split has two parts or more", "«split»", form)
    for name, share in shares.items():
        if not name or not PLAIN.issuperset(name):
            raise ParameterError(f"{name[:40]!r} is no name of a part: letters, digits, - and _", "«split»", form)
        if not 0 < share < 1:
            raise ParameterError(f"the share of {name} is {share:g}, expected more than 0 and less than 1", "«split»")
    if not abs(sum(shares.values()) - 1) < 1e-9:
        raise ParameterError(f"the shares add up to {sum(shares.values()):g}, expected 1", "«split»", form)


def split_rows(shares: Mapping[str, float], keys: Array | None, rows: int, seed: int, where: str) -> Array:
    """Return (rows,) the number of the part of each row.

    Args:
        shares: part -> its share; checked by the caller.
        keys: (rows,) the group or id of each row, or None.
        seed: of the hash, or of the permutation.

    Raises:
        DataError: a part gets no row, or a row has no group.
    """
    ends = np.cumsum(list(shares.values()))[:-1]
    if keys is None:
        parts = np.empty(rows, np.int64)
        places = np.searchsorted(np.round(ends * rows), np.arange(rows), side="right")
        parts[np.random.default_rng(seed).permutation(rows)] = places
    else:
        parts = np.searchsorted(ends, _fractions(keys, seed, where), side="right")
    for number, name in enumerate(shares):
        if not (parts == number).any():
            of = "" if keys is None else f" of {len(set(map(str, keys.tolist()))):,} ids or groups"
            hint = "take another «seed», or larger shares"
            raise DataError(f"no row{of} falls to the part {name}: there are {rows:,} rows", where, hint)
    return parts


def _fractions(keys: Array, seed: int, where: str) -> Array:
    """Return a number from 0 to 1 for each key, the same for the same text and seed."""
    values = keys.tolist()
    missing = [row for row, value in enumerate(values) if value is None or (isinstance(value, float) and isnan(value))]
    if missing:
        what = f"{name_rows(missing, None)} {'has' if len(missing) == 1 else 'have'} no group"
        raise DataError(what, where, "«where=COLUMN is not null» leaves them out")
    found = {text: _fraction(text, seed) for text in set(map(str, values))}
    return np.fromiter((found[str(value)] for value in values), np.float64, len(values))


def _fraction(text: str, seed: int) -> float:
    digest = blake2b(f"{seed}:{text}".encode("utf-8", "surrogatepass"), digest_size=8).digest()
    return int.from_bytes(digest, "little") / 2**64
