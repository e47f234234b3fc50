"""Lists of sets for tests: items of different lengths, and the score of two of them by the function itself."""

from math import nan

import numpy as np

from simtool.backend import choose_backend
from simtool.catalogue import find

NUMPY = choose_backend("numpy")


def padded(seed, count, tokens, d=4, least=1):
    """Items of different lengths, filled up with zero rows at the end."""
    rng = np.random.default_rng(seed)
    rows = rng.normal(size=(count, tokens, d))
    for item in rows:
        item[rng.integers(least, tokens + 1) :] = 0
    return rows


def score(name, x, y, **options):
    x, y = x[x.any(axis=1)], y[y.any(axis=1)]
    if not len(x) or not len(y):
        return nan
    value = find("aggregate", name).load()(x, y, backend=NUMPY, **options)
    return getattr(value, "score", value)
