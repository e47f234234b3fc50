"""Deals of mixed rows: parts and means of one matrix against every deal by itself."""

import numpy as np
import pytest
from scipy.spatial.distance import cdist

from simtool.aggregates.mixed import MixedSets
from simtool.aggregates.record import Evaluator, Sets
from simtool.backend import choose_backend
from simtool.engine import budget_of, spending
from simtool.errors import ResourceError
from simtool.statistics.permutation import permutations

RNG = np.random.default_rng(0)
X, Y = RNG.normal(size=(6, 3)), RNG.normal(size=(4, 3)) + 1
ALL = np.concatenate([X, Y])
DEALS = [np.arange(10), *permutations(10, 5, 3)]


def mixed():
    return MixedSets(Evaluator([], Sets(X, Y), None, 1e-8, choose_backend()), 5, 3)


def test_parts_and_discrepancies_are_those_of_every_deal():
    sets, distances = mixed(), cdist(ALL, ALL)
    np.testing.assert_allclose(sets.distances, distances, atol=1e-12)
    expected = [distances[np.ix_(deal[:6], deal[6:])].max() for deal in DEALS]
    assert sets.of_parts(sets.distances, lambda part: float(part.max())).tolist() == pytest.approx(expected, abs=1e-12)
    one = [
        distances[np.ix_(deal[:6], deal[:6])].mean()
        + distances[np.ix_(deal[6:], deal[6:])].mean()
        - 2 * distances[np.ix_(deal[:6], deal[6:])].mean()
        for deal in DEALS
    ]
    assert sets.discrepancies(distances).tolist() == pytest.approx(one, abs=1e-12)


def test_matrices_are_those_of_all_rows():
    sets, unit = mixed(), ALL / np.linalg.norm(ALL, axis=1, keepdims=True)
    near = ALL - ALL.mean(axis=0)
    for found, rows in ((sets.cosines, unit), (sets.dots, ALL), (sets.centred_dots, near)):
        np.testing.assert_allclose(found, rows @ rows.T, atol=1e-12)
    assert sets.dims == 3
    assert not sets.distances.diagonal().any()


def test_what_does_not_fit_is_refused():
    MixedSets.check((100, 8), (100, 8))
    with spending(budget_of("300M")), pytest.raises(ResourceError, match="mixing 40,000 rows"):
        MixedSets.check((20_000, 8), (20_000, 8))
