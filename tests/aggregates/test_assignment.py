"""Assignment against all permutations and POT."""

from itertools import permutations
from math import fsum

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simtool.aggregates import assignment
from simtool.aggregates.assignment import optimal
from simtool.backend import choose_backend
from simtool.errors import ResourceError

NUMPY = {"backend": choose_backend("numpy")}
TORCH = {"backend": choose_backend("torch")}
X, Y = np.cos(1.0 + 1.7 * np.arange(12).reshape(4, 3)), np.sin(2.0 + 1.3 * np.arange(15).reshape(5, 3))


def cosines(x, y):
    x, y = (v.astype(float) for v in (x, y))
    x, y = (v / np.maximum(np.linalg.norm(v, axis=1, keepdims=True), 1e-8) for v in (x, y))
    return x @ y.T


@settings(max_examples=40, deadline=None)
@given(
    seed=st.integers(0, 2**32 - 1),
    sizes=st.tuples(st.integers(1, 5), st.integers(1, 6)),
    d=st.integers(1, 4),
    dtype=st.sampled_from(["f2", "f4", "f8", "i1"]),
    turned=st.booleans(),
    options=st.sampled_from([NUMPY, TORCH]),
)
def test_the_assignment_is_the_best_of_all(seed, sizes, d, dtype, turned, options):
    n, m = sizes if sizes[0] <= sizes[1] else sizes[::-1]
    rng = np.random.default_rng(seed)
    x, y = (rng.integers(-2, 3, (rows, d)).astype(dtype) for rows in (n, m))
    matrix = cosines(x, y)
    best = max(fsum(matrix[i, j] for i, j in enumerate(chosen)) for chosen in permutations(range(m), n)) / n
    found = optimal(y, x, **options) if turned else optimal(x, y, **options)
    assert found.mean == found.score == pytest.approx(best, abs=1e-12)
    shares = (found.matched_a, found.matched_b, found.unmatched_a, found.unmatched_b)
    assert shares == ((n / m, 1.0, m - n, 0) if turned else (1.0, n / m, 0, m - n))
    rows, columns = (found.columns, found.rows) if turned else (found.rows, found.columns)
    assert sorted(rows.tolist()) == list(range(n))
    assert len(set(columns.tolist())) == n
    np.testing.assert_allclose(found.scores, matrix[rows, columns], rtol=0, atol=1e-12)


def test_an_assignment_of_pot():
    # POT 0.9.5: ot.emd2 of uniform marginals with the cost 1 - cosine
    assert optimal(X, Y[:4], **NUMPY).mean == pytest.approx(1 - 0.1665083145539613, abs=1e-12)


def test_an_assignment_that_greedy_matching_misses():
    x, y = np.asarray([[1.0, 0], [1, 0.1]]), np.asarray([[1.0, 0], [0, 1]])
    found = optimal(x, y, **NUMPY)
    assert (found.rows.tolist(), found.columns.tolist()) == ([0, 1], [0, 1])


def test_an_assignment_of_too_many_rows_is_refused(monkeypatch):
    with pytest.raises(ResourceError, match="5,000 x 4,000 rows, at most 16,777,216 pairs") as refused:
        optimal(np.ones((5000, 2)), np.ones((4000, 2)), **NUMPY)
    assert "«aggregates=argmax» or sinkhorn" in refused.value.hint
    monkeypatch.setattr(assignment, "ASSIGNED", 6)
    assert optimal(np.eye(2), np.ones((3, 2)), **NUMPY).unmatched_b == 1
    with pytest.raises(ResourceError):
        optimal(np.eye(2), np.ones((4, 2)), **NUMPY)
