"""The closest rows as arrays: of small sets from one product, of larger ones from a sweep, and the same."""

import numpy as np
import pytest

from simtool.backend import choose_backend
from simtool.engine.matches import nearest, nearest_both, nearest_others
from simtool.errors import ParameterError

NUMPY = choose_backend()


@pytest.mark.parametrize("small", [0, 1 << 30])
@pytest.mark.parametrize("repeats", [1, 4])
@pytest.mark.parametrize("k", [1, 3])
def test_both_directions_are_those_of_a_stable_sort(monkeypatch, small, repeats, k):
    monkeypatch.setattr("simtool.engine.matches.SMALL", small)
    rng = np.random.default_rng(1)
    x, y = (np.tile(rng.integers(-2, 3, (n, 3)).astype(float), (repeats, 1)) for n in (20, 30))
    distances = np.sqrt(((x[:, None] - y[None]) ** 2).sum(axis=2))
    order = np.argsort(distances, axis=1, kind="stable")[:, :k]
    found = nearest_both(x, y, k=k, metric="euclidean", backend=NUMPY)
    assert found.forward.neighbours.tolist() == order[:, 0].tolist()
    np.testing.assert_allclose(found.forward.best, np.take_along_axis(distances, order, axis=1), atol=1e-12)
    np.testing.assert_array_equal(found.forward.scores, found.forward.best[:, 0])
    assert found.backward.neighbours.tolist() == distances.argmin(axis=0).tolist()
    alone = nearest(x, y, k=k, metric="euclidean", backend=NUMPY)
    np.testing.assert_array_equal(alone.best, found.forward.best)


def test_the_closest_others_leave_a_row_itself_out_and_keep_its_equals():
    rows = np.repeat(np.random.default_rng(2).normal(size=(15, 4)), 2, axis=0)
    neighbours, scores = nearest_others(rows, k=4, metric="dot", backend=NUMPY)
    dots = rows @ rows.T
    np.fill_diagonal(dots, -np.inf)
    ordered = np.argsort(-dots.round(12), axis=1, kind="stable")[:, :4]
    assert neighbours.tolist() == ordered.tolist()
    np.testing.assert_allclose(scores, np.take_along_axis(dots, ordered, axis=1), rtol=1e-12)


def test_no_neighbours_are_no_question():
    with pytest.raises(ParameterError, match="at least 1"):
        nearest(np.eye(2), np.eye(2), k=0, backend=NUMPY)
