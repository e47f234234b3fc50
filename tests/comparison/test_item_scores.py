"""The nulls of two lists of sets are those of their definitions."""

import numpy as np
import pytest

from simtool import compare
from simtool.backend import choose_backend
from simtool.catalogue import find
from simtool.errors import ParameterError
from simtool.statistics.permutation import permutations

NUMPY = choose_backend("numpy")
RNG = np.random.default_rng(1)
DRAWS = 40


def score(name, *sets, **options):
    value = find("aggregate", name).load()(*sets, backend=NUMPY, **options)
    return getattr(value, "score", value)


def test_the_null_of_items_pairs_them_with_others():
    a, b = RNG.normal(size=(2, 7, 5, 3))
    for name in ("argmax", "mean", "optimal", "energy"):
        found = compare(a, b, aggregates=[name], null=DRAWS, seed=6)
        means = np.asarray(
            [np.mean([score(name, a[i], b[j]) for i, j in enumerate(order)]) for order in permutations(7, DRAWS, 6)]
        )
        closer = find("aggregate", name).larger_is_closer
        as_good = means >= found.summary[name] - 1e-12 if closer else means <= found.summary[name] + 1e-12
        assert found.summary[f"{name}.baseline"] == pytest.approx(means.mean(), abs=1e-12)
        assert found.summary[f"{name}.sd"] == pytest.approx(means.std(ddof=1), abs=1e-12)
        assert found.summary[f"{name}.p"] == pytest.approx((1 + as_good.sum()) / (1 + DRAWS))
    based = compare(a, b, aggregates=["mean"], null=DRAWS, seed=6, percent="baseline").summary
    expected = max(0, (based["mean"] - based["mean.baseline"]) / (1 - based["mean.baseline"]))
    assert based["percent"] == pytest.approx(100 * expected)
    with pytest.raises(ParameterError, match="one item has no other"):
        compare(a[:1], b[:1], null=5)
